import { describe, expect, it } from 'vitest';
import { afterwards, type Ending } from '../../../functions/certificate/record.ts';
import type { Progress } from '../../../functions/certificate/run.ts';
import type { CertificateRecord } from '../../../functions/shared/operations-table.ts';
import {
  authority,
  EXECUTION,
  inspection,
  left,
  namesOf,
  newOf,
  OTHER,
  oldOf,
  record,
  renewed,
  run,
  sight,
} from '../support/certificate.ts';
import { at, iso, secondsAfter } from '../support/time.ts';

type More = Partial<Omit<Ending, 'run'>> & {
  readonly progress?: Partial<Progress>;
  readonly run?: Parameters<typeof run>[0];
};

/** The end, at noon, of a run that has looked at node a. */
const end = ({ progress, run: about, ...more }: More = {}) =>
  afterwards({
    run: run({
      ...about,
      progress: {
        inspections: { a: inspection('a') },
        seen: { a: sight('12:00', oldOf('a')) },
        ...progress,
      },
    }),
    node: 'a',
    failure: undefined,
    before: record(),
    wish: 'running',
    now: at('12:00'),
    ...more,
  });

const due = { a: { due: true, urgent: false, reason: '20 days are left' } };
const idle = { a: { due: false, urgent: false, reason: '60 days are left' } };
const broken = (more: object = {}): Progress['failure'] => ({
  node: 'a',
  stage: 'request',
  reason: 'the disk is full',
  passing: true,
  restored: null,
  ...more,
});
const failing = (more: Partial<NonNullable<CertificateRecord['failing']>> = {}) => ({
  since: iso('11:00'),
  attempts: 1,
  notBefore: iso('11:05'),
  reason: 'before',
  ...more,
});

describe('a node that was looked at', () => {
  it('has on record when, what is live on it, and nothing of a run at it', () => {
    const before = record({ run: EXECUTION });

    const { record: after, failing: told } = end({ before, progress: { plan: idle } });

    expect(after).toEqual({
      ...record(),
      checkedAt: iso('12:00'),
      served: { fingerprint: oldOf('a'), notAfter: left(60), names: namesOf('a') },
    });
    expect(told).toBeUndefined();
  });

  it('is at rest, too, after a run that died while it was at it', () => {
    const { record: after } = end({ before: record({ run: OTHER }) });

    expect(after).not.toHaveProperty('run');
  });

  it('no longer waits, and fails no longer, once nothing is due', () => {
    const before = record({ failing: failing(), wanted: { since: iso('11:00'), reason: 'x' } });

    const { record: after } = end({ before, progress: { plan: idle } });

    expect(after).not.toHaveProperty('wanted');
    expect(after).not.toHaveProperty('failing');
  });

  it('goes on waiting and failing while it is due, as after a run that changes nothing', () => {
    const wanted = { since: iso('11:00'), reason: 'x' };
    const before = record({ failing: failing(), wanted });

    const { record: after } = end({ before, progress: { plan: due } });

    expect(after).toMatchObject({ failing: failing(), wanted });
  });
});

describe('a node that the run had nothing to do with', () => {
  it('keeps its record', () => {
    expect(end({ node: 'b' })).toEqual({});
  });

  it('is at rest again where the run was at it', () => {
    const { record: after } = end({ node: 'b', before: record({ run: EXECUTION }) });

    expect(after).toEqual(record());
  });
});

describe('a node that was looked for and does not run', () => {
  it('is not looked for again at once: power looks at it when it starts it', () => {
    const before = record({ failing: failing(), wanted: { since: iso('11:00'), reason: 'x' } });
    const away = { b: { due: false, urgent: false, reason: 'it is stopped' } };

    const { record: after } = end({ node: 'b', before, progress: { plan: away } });

    expect(after).toEqual({ ...record(), checkedAt: iso('12:00') });
  });
});

describe('a node that was renewed', () => {
  it('has on record what was issued, by whom, and that both authorities are published', () => {
    const about = { signer: 2, authorities: [authority(2), authority(1)] };
    const before = record({ failing: failing(), wanted: { since: iso('11:00'), reason: 'x' } });
    const progress = { plan: due, renewed: { a: renewed('a', '11:59') } };

    const { record: after } = end({ before, run: about, progress });

    expect(after).toEqual({
      checkedAt: iso('12:00'),
      served: { fingerprint: newOf('a'), notAfter: left(90), names: namesOf('a') },
      renewedAt: iso('11:59'),
      issued: { fingerprint: newOf('a'), authority: 2 },
      published: { 1: iso('2026-01-01T00:00'), 2: iso('12:00') },
    });
  });
});

describe('since when an authority is published', () => {
  const published = (authorities: string[], of: ReturnType<typeof authority>[], before?: object) =>
    end({
      progress: { inspections: { a: inspection('a', { authorities }) } },
      run: { authorities: of },
      before: record({ published: { ...before } }),
    }).record?.published;
  const long = iso('2026-01-01T00:00');

  it('is when it was first seen on the host', () => {
    const found = published(['CA:01', 'CA:02'], [authority(1), authority(2)], { 1: long });

    expect(found).toEqual({ 1: long, 2: iso('12:00') });
  });

  it('is not known of one that the host does not publish', () => {
    expect(published(['CA:01'], [authority(1), authority(2)])).toEqual({ 1: iso('12:00') });
  });

  it('stays, where it is signed anew with the same key: to clients it is the same', () => {
    const anew = authority(1, { fingerprint: 'CA:1B' });

    expect(published(['CA:01'], [anew], { 1: long })).toEqual({ 1: long });
  });

  it('is forgotten of one that the site no longer has', () => {
    expect(published(['CA:02'], [authority(2)], { 1: long, 2: long })).toEqual({ 2: long });
  });
});

describe('a series of failures', () => {
  it('pauses for 5 min, 15 min, 1 h, 6 h, and then a day each', () => {
    let before: CertificateRecord | undefined = record();
    let now = at('12:00');
    const pauses = [1, 2, 3, 4, 5, 6].map(() => {
      const { record: after } = end({ before, now, progress: { plan: due, failure: broken() } });
      const notBefore = new Date(after?.failing?.notBefore ?? '');
      const seconds = (notBefore.getTime() - now.getTime()) / 1000;
      before = after;
      now = notBefore;
      return seconds;
    });

    expect(pauses).toEqual([300, 900, 3600, 21_600, 86_400, 86_400]);
    expect(before.failing).toMatchObject({ since: iso('12:00'), attempts: 6 });
  });

  it('has on record why it failed last', () => {
    const { record: after } = end({
      before: record({ failing: failing() }),
      progress: { plan: due, failure: broken() },
    });

    expect(after?.failing).toEqual({
      since: iso('11:00'),
      attempts: 2,
      notBefore: iso('12:15'),
      reason: 'the disk is full',
    });
  });

  it('begins anew after a success', () => {
    const { record: well } = end({
      before: record({ failing: failing({ attempts: 4, toldAt: iso('11:30') }) }),
      progress: { plan: due, renewed: { a: renewed('a') } },
    });
    const { record: after } = end({ before: well, progress: { plan: due, failure: broken() } });

    expect(after?.failing).toMatchObject({ since: iso('12:00'), attempts: 1 });
  });

  it('keeps a start waiting', () => {
    const wanted = { since: iso('11:00'), reason: 'x' };

    const { record: after } = end({
      before: record({ wanted }),
      progress: { plan: due, failure: broken() },
    });

    expect(after).toMatchObject({ wanted, failing: { attempts: 1 } });
  });

  it('is that of the node alone that failed', () => {
    const { record: after, failing: told } = end({
      progress: { plan: due, failure: broken({ node: 'b', passing: false }) },
    });

    expect(after).not.toHaveProperty('failing');
    expect(told).toBeUndefined();
  });
});

describe('the operator', () => {
  const lasting = broken({ passing: false, restored: true, reason: 'nginx refuses it' });
  const days = (number: number) => {
    const web = { notAfter: left(number) };
    return { seen: { a: sight('12:00', oldOf('a'), { web }) } };
  };
  const told = (more: More) => end(more).failing;

  it('is told at once what time does not mend, with what is left and what is served', () => {
    const { record: after, failing: notice } = end({
      progress: { ...days(20.5), plan: due, failure: lasting },
    });

    expect(notice).toEqual({
      node: 'a',
      stage: 'request',
      reason: 'nginx refuses it',
      since: iso('12:00'),
      notBefore: iso('12:05'),
      daysLeft: 20,
      restored: true,
    });
    expect(after?.failing?.toldAt).toBe(iso('12:00'));
  });

  it('is told once per series', () => {
    const again = end({
      before: record({ failing: failing({ toldAt: iso('11:30') }) }),
      progress: { plan: due, failure: lasting },
    });

    expect(again.failing).toBeUndefined();
    expect(again.record?.failing?.toldAt).toBe(iso('11:30'));
  });

  it.each([
    ['one second less than a day', 86_399, 60, false],
    ['a day', 86_400, 60, true],
    ['no time, with 14 days left', 0, 14, false],
    ['no time, with less than 14 days left', 0, 13.999, true],
    ['no time, with none left', 0, -1, true],
  ])('is told what time may mend only in need: it has lasted %s', (_, seconds, number, tells) => {
    const since = secondsAfter(at('12:00'), -seconds).toISOString();

    const notice = told({
      before: record({ failing: failing({ since }) }),
      progress: { ...days(number), plan: due, failure: broken() },
    });

    expect(notice !== undefined).toBe(tells);
    if (notice) expect(notice.daysLeft).toBe(Math.max(0, Math.floor(number)));
  });

  it('is told at once where nobody knows what is left', () => {
    const unknown = { inspections: {}, seen: {}, plan: due, failure: broken() };
    const silent = inspection('a', {
      pair: { fingerprint: oldOf('a'), notAfter: '', names: [] },
    });

    const notices = [unknown, { ...unknown, inspections: { a: silent } }].map((progress) =>
      told({ before: undefined, progress }),
    );

    for (const notice of notices) expect(notice).toMatchObject({ daysLeft: undefined });
  });
});

describe('what broke the workflow itself', () => {
  const failure = { reason: 'States.Timeout: ', passing: true };

  it.each([
    ['sign', null],
    ['install', false],
    ['verify', false],
    ['soak', false],
  ] as const)('is a failure of the node at work at its %s', (stage, restored) => {
    const progress = { plan: { ...due, b: due.a }, node: 'a', stage } as const;
    const lasting = { ...failure, passing: false };

    const { failing: told } = end({ failure: lasting, progress });
    const other = end({ failure: lasting, progress, node: 'b' });

    expect(told).toMatchObject({ node: 'a', reason: 'States.Timeout: ', restored });
    expect(other.failing).toBeUndefined();
    expect(other.record).not.toHaveProperty('failing');
  });

  it('is not heard over what had gone wrong with a node before', () => {
    const { record: after } = end({ failure, progress: { plan: due, failure: broken() } });

    expect(after?.failing?.reason).toBe('the disk is full');
  });

  it('is, before it is known what is due, a failure of each node that was to run', () => {
    const nothing = { inspections: {}, seen: {} };
    const asked = { wanted: { nodes: ['a' as const] } };

    const [a, b, stopped, notAsked] = [
      end({ failure, progress: nothing }),
      end({ failure, progress: nothing, node: 'b' }),
      end({ failure, progress: nothing, wish: 'stopped' }),
      end({ failure, progress: nothing, node: 'b', run: asked }),
    ];

    expect(a?.record).toEqual({
      ...record(),
      failing: expect.objectContaining({ attempts: 1, notBefore: iso('12:05') }),
    });
    expect(b?.record?.failing).toMatchObject({ attempts: 1 });
    expect([stopped, notAsked]).toEqual([{}, {}]);
  });

  it('is no failure of a node that was found to need nothing, or has been renewed', () => {
    const plan = { ...idle, b: { ...due.a } };
    const progress = { plan, renewed: { b: renewed('b') } };

    const both = [end({ failure, progress }), end({ failure, progress, node: 'b' })];

    for (const { record: after } of both) expect(after).not.toHaveProperty('failing');
  });
});
