import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Observation } from '../../../functions/health/observation.ts';
import type { Incident } from '../../../functions/shared/incident.ts';
import {
  database,
  MUTE,
  NO_DATABASE,
  nodeSeen,
  ORTHANC_DEAD,
  ORTHANC_HUNG,
  REFUSED,
  SILENT,
  seen,
  UNTRUSTED,
  unlooked,
  wellSeen,
  word,
} from '../support/health.ts';
import { judged, OPEN, standings, troubles } from '../support/judged.ts';
import { intents, reached, siteState } from '../support/site.ts';
import { iso } from '../support/time.ts';

const CLOSED = { a: 'stopped', b: 'stopped', database: 'stopped' } as const;
const ONE = { a: 'running', b: 'stopped', database: 'running' } as const;

const instance = (state: string) => ({ ...nodeSeen('a').instance, state, names: [] });
/** Nobody looks at what does not run. */
const ended = (state: string) => ({ instance: instance(state), sight: undefined });
const impaired = (which: 'system' | 'instance' | 'volume') => ({
  checks: { system: 'ok', instance: 'ok', volume: 'ok', [which]: 'impaired' },
});
const both = (sight: object) => ({ a: { sight }, b: { sight } }) as Parameters<typeof seen>[0];

describe('what is seen is called by its name', () => {
  it.each<[string, Observation, string[], string]>([
    ['all is well', seen(), [], 'serves serves'],
    // One node.
    ['nginx is dead', seen({ a: { sight: REFUSED } }), ['a node nginx'], 'fails serves'],
    [
      'nginx hangs, and its host says so',
      seen({ a: { sight: MUTE, host: word('nginx-down') } }),
      ['a node nginx'],
      'fails serves',
    ],
    [
      'nothing is heard of a node, nor of its agent',
      seen({ a: { sight: SILENT, online: false } }),
      ['a node unreachable'],
      'fails serves',
    ],
    [
      'Orthanc is dead',
      seen({ a: { sight: ORTHANC_DEAD } }),
      ['a node orthanc-down'],
      'fails serves',
    ],
    [
      'Orthanc hangs',
      seen({ b: { sight: ORTHANC_HUNG } }),
      ['b node orthanc-hung'],
      'serves fails',
    ],
    [
      'Orthanc is dead, the host says so',
      seen({ a: { sight: ORTHANC_DEAD, host: word('orthanc-down') } }),
      ['a node orthanc-down'],
      'fails serves',
    ],
    [
      'Docker is dead',
      seen({ a: { sight: ORTHANC_DEAD, host: word('docker-down') } }),
      ['a node docker'],
      'fails serves',
    ],
    [
      'DICOM alone does not answer',
      seen({ a: { sight: wellSeen({ dicom: { echo: false, said: 'C-ECHO: rejected' } }) } }),
      ['a node dicom'],
      'fails serves',
    ],
    [
      'a certificate is not trusted',
      seen({ a: { sight: UNTRUSTED } }),
      ['a node certificate'],
      'fails serves',
    ],
    [
      'a host is drained by hand',
      seen({ a: { sight: REFUSED, host: word('drained') } }),
      ['a node drained'],
      'fails serves',
    ],
    [
      'hardware fails',
      seen({ a: { sight: SILENT, ...impaired('system') } }),
      ['a node system'],
      'fails serves',
    ],
    [
      'a disk is gone',
      seen({ a: { sight: SILENT, ...impaired('volume') } }),
      ['a node volume'],
      'fails serves',
    ],
    [
      'a kernel has panicked',
      seen({ a: { sight: SILENT, online: false, ...impaired('instance') } }),
      ['a node unreachable'],
      'fails serves',
    ],
    [
      'an instance was stopped by hand',
      seen({ a: ended('stopped') }),
      ['a node stopped'],
      'fails serves',
    ],
    [
      'an instance is being stopped by hand',
      seen({ a: ended('stopping') }),
      ['a node stopped'],
      'fails serves',
    ],
    ['an instance is gone', seen({ b: ended('terminated') }), ['b node missing'], 'serves fails'],
    ['there is no instance', seen({ b: ended('missing') }), ['b node missing'], 'serves fails'],
    [
      'one host has no way to the database',
      seen({ a: { sight: NO_DATABASE, host: word('database-silent') } }),
      ['a node way-to-database'],
      'fails serves',
    ],
    [
      'one node gets no answer from the database',
      seen({ a: { sight: NO_DATABASE } }),
      ['a node way-to-database'],
      'fails serves',
    ],
    [
      'one host alone cannot write into the bucket',
      seen({ a: { host: word('storage-failing') } }),
      ['a node way-to-storage'],
      'fails serves',
    ],
    [
      'one host has a wrong clock',
      seen({ a: { host: word('storage-failing', { clock: { offsetSeconds: 1200 } }) } }),
      ['a node clock'],
      'fails serves',
    ],
    // Both.
    ['both are dead', seen(both(REFUSED)), ['a node nginx', 'b node nginx'], 'fails fails'],
    [
      'both are silent, and the database is heard',
      seen({ a: { sight: SILENT, online: false }, b: { sight: SILENT, online: false } }),
      ['a node unreachable', 'b node unreachable'],
      'fails fails',
    ],
    // What they share.
    [
      'the database refuses',
      seen({ ...both(NO_DATABASE), database: database('available', 'refused') }),
      ['database shared database'],
      'fails fails',
    ],
    [
      'the database is silent',
      seen({ ...both(ORTHANC_HUNG), database: database('available', 'silent') }),
      ['database shared database'],
      'fails fails',
    ],
    [
      'Orthanc ends for want of a database',
      seen({ ...both(ORTHANC_DEAD), database: database('stopped', 'refused') }),
      ['database shared database'],
      'fails fails',
    ],
    [
      'the database is full',
      seen({ ...both(NO_DATABASE), database: database('storage-full', 'reached') }),
      ['database shared database'],
      'fails fails',
    ],
    [
      'the database greets, and neither node gets an answer',
      seen(both(NO_DATABASE)),
      ['database shared database'],
      'fails fails',
    ],
    [
      'the database is away, and only one node has noticed',
      seen({ a: { sight: NO_DATABASE }, database: database('rebooting', 'refused') }),
      ['database shared database'],
      'fails serves',
    ],
    [
      'the database is away, and one node is dead by itself',
      seen({
        a: { sight: REFUSED },
        b: { sight: NO_DATABASE },
        database: database('available', 'silent'),
      }),
      ['a node nginx', 'database shared database'],
      'fails fails',
    ],
    [
      'who looks does not reach the database, and nodes do',
      seen({ database: database('available', 'silent') }),
      [],
      'serves serves',
    ],
    [
      'the bucket takes nothing',
      seen({ storage: { ok: false, said: 'AccessDenied' } }),
      ['storage shared storage'],
      'fails fails',
    ],
    [
      'the bucket takes ours, and nothing of either host',
      seen({ a: { host: word('storage-failing') }, b: { host: word('storage-failing') } }),
      ['storage shared storage'],
      'fails fails',
    ],
    [
      'the bucket takes nothing, and one node is dead',
      seen({ a: { sight: REFUSED }, storage: { ok: false } }),
      ['a node nginx', 'storage shared storage'],
      'fails fails',
    ],
    // Who looks.
    ['the probe is not run', unlooked(), ['observer blind observer'], 'unseen unseen'],
    [
      'nothing is heard of anything',
      seen({ ...both(SILENT), database: database('available', 'silent') }),
      ['observer blind observer'],
      'unseen unseen',
    ],
    [
      'a silent node says that it serves',
      seen({ a: { sight: SILENT, host: word() } }),
      ['observer blind observer'],
      'unseen serves',
    ],
    [
      'both silent nodes say that they serve',
      seen({ a: { sight: SILENT, host: word() }, b: { sight: SILENT, host: word() } }),
      ['observer blind observer'],
      'unseen unseen',
    ],
    [
      'EC2 gives no answer',
      { ...seen({ unanswered: ['EC2: RequestLimitExceeded'] }), nodes: { a: {}, b: {} } },
      ['observer unknown unanswered'],
      'unseen unseen',
    ],
    [
      'RDS gives no answer',
      seen({
        database: { sight: database('', 'reached').sight ?? never() },
        unanswered: ['RDS: Throttling'],
      }),
      [],
      'serves serves',
    ],
    // Something is to be mended.
    ['an agent is away', seen({ a: { online: false } }), ['a degraded agent'], 'serves serves'],
    [
      'a disk fills',
      seen({ b: { host: word('serves', { disk: { usedPercent: 86, inodesUsedPercent: 3 } }) } }),
      ['b degraded disk-filling'],
      'serves serves',
    ],
    [
      'a disk has few inodes left',
      seen({ b: { host: word('serves', { disk: { usedPercent: 6, inodesUsedPercent: 91 } }) } }),
      ['b degraded disk-filling'],
      'serves serves',
    ],
    [
      'a disk is full',
      seen({ a: { host: word('disk-full') } }),
      ['a degraded disk'],
      'serves serves',
    ],
    [
      'a clock drifts',
      seen({ a: { host: word('serves', { clock: { offsetSeconds: -1.5 } }) } }),
      ['a degraded clock-drift'],
      'serves serves',
    ],
    [
      'EC2 finds fault with a node that serves',
      seen({ a: impaired('instance') }),
      [],
      'serves serves',
    ],
  ])('%s', (_, of, expected, standing) => {
    const judgement = judged(of);

    expect(troubles(judgement).sort()).toEqual(expected);
    expect(standings(judgement)).toBe(standing);
  });
});

function never(): never {
  throw new Error('there is one');
}

describe('what is planned is no trouble', () => {
  const dead = seen(both(REFUSED));
  it.each([
    ['nothing is recorded yet', siteState(), dead, [], 'planned planned'],
    ['the site is to be closed', siteState(reached(CLOSED)), dead, [], 'planned planned'],
    ['the start is not complete', siteState(intents()), dead, [], 'planned planned'],
    [
      'one node stays, and serves',
      siteState(reached(ONE)),
      seen({ b: { sight: SILENT } }),
      [],
      'serves planned',
    ],
    ['one node stays, and fails', siteState(reached(ONE)), dead, ['a node nginx'], 'fails planned'],
    [
      'the one that stays loses the database',
      siteState(reached(ONE)),
      seen({ ...both(NO_DATABASE), database: database('available', 'refused') }),
      ['database shared database'],
      'fails planned',
    ],
    [
      'a person updates a host',
      OPEN,
      seen({ a: { sight: REFUSED, busy: 'clinic-update' } }),
      [],
      'planned serves',
    ],
    [
      'an instance has just been started by somebody else',
      OPEN,
      seen({
        a: {
          sight: SILENT,
          instance: {
            ...nodeSeen('a').instance,
            state: 'running',
            names: [],
            launchedAt: iso('11:56'),
          },
        },
      }),
      [],
      'planned serves',
    ],
    [
      'an instance has been started five minutes ago',
      OPEN,
      seen({
        a: {
          sight: SILENT,
          online: false,
          instance: {
            ...nodeSeen('a').instance,
            state: 'running',
            names: [],
            launchedAt: iso('11:55'),
          },
        },
      }),
      ['a node unreachable'],
      'fails serves',
    ],
  ] as const)('%s', (_, site, of, expected, standing) => {
    const judgement = judged(of as Observation, site);

    expect(troubles(judgement)).toEqual(expected);
    expect(standings(judgement)).toBe(standing);
  });

  it('a start that follows a trouble that was told does not hush it', () => {
    const booting = {
      ...nodeSeen('a').instance,
      state: 'running',
      names: [],
      launchedAt: iso('11:56'),
    };
    const site = siteState({
      ...reached(),
      'INCIDENT#a': incident('a', { openedAt: iso('11:50') }),
    });

    expect(
      troubles(judged(seen({ a: { sight: SILENT, online: false, instance: booting } }), site)),
    ).toEqual(['a node unreachable']);
  });
});

const incident = (subject: Incident['subject'], more: Partial<Incident> = {}): Incident => ({
  id: `20261123T115000Z-${subject}`,
  subject,
  class: 'shared',
  cause: subject,
  reason: 'it was so',
  firstBadAt: iso('11:50'),
  reminders: 0,
  relapses: 0,
  findings: [],
  timeline: [],
  ...more,
});

describe('after the database has come back', () => {
  const backFrom = (more: Partial<Incident>) =>
    siteState({
      ...reached(),
      'INCIDENT#database': incident('database', { openedAt: iso('11:50'), ...more }),
    });
  const hung = seen({ a: { sight: ORTHANC_HUNG } });

  it('a node that still fails is given five minutes', () => {
    const judgement = judged(hung, backFrom({ goodSince: iso('11:56') }));

    expect(troubles(judgement)).toEqual([]);
    expect([...judgement.withheld].sort()).toEqual(['a', 'database']);
  });

  it('then its failure is its own', () => {
    expect(troubles(judged(hung, backFrom({ goodSince: iso('11:54') })))).toEqual([
      'a node orthanc-hung',
    ]);
  });

  it('the first good look of the database counts, though a node has not come back', () => {
    expect(judged(hung, backFrom({})).withheld).toEqual(['a']);
  });

  it('what has nothing to do with it is told at once', () => {
    const judgement = judged(
      seen({ a: { sight: REFUSED } }),
      backFrom({ goodSince: iso('11:58') }),
    );

    expect(troubles(judgement)).toEqual(['a node nginx']);
  });
});

it('while both wait for the database, nothing is said of a node that had its own trouble', () => {
  const site = siteState({ ...reached(), 'INCIDENT#a': incident('a', { openedAt: iso('11:50') }) });
  const of = seen({ ...both(NO_DATABASE), database: database('storage-full', 'reached') });

  expect([...judged(of, site).withheld].sort()).toEqual(['a', 'b']);
});

it('while nobody can see, nothing is said of nodes, database and bucket', () => {
  expect([...judged(unlooked()).withheld].sort()).toEqual(['a', 'b', 'database']);
});

const sights = [
  wellSeen(),
  REFUSED,
  SILENT,
  MUTE,
  ORTHANC_DEAD,
  ORTHANC_HUNG,
  NO_DATABASE,
  UNTRUSTED,
];
const verdicts = [
  'serves',
  'nginx-down',
  'orthanc-hung',
  'database-silent',
  'storage-failing',
  'drained',
];
const nodes = fc.record(
  {
    sight: fc.constantFrom(...sights),
    host: fc.constantFrom(...verdicts).map((verdict) => word(verdict)),
    online: fc.boolean(),
    busy: fc.constant('clinic-update'),
    checks: fc.constantFrom(nodeSeen('a').checks, impaired('system').checks),
  },
  { requiredKeys: [] },
) as fc.Arbitrary<object>;
const observations = fc
  .record({
    a: nodes,
    b: nodes,
    status: fc.constantFrom('available', 'stopped', 'modifying'),
    reached: fc.constantFrom('reached', 'refused', 'silent'),
    ok: fc.boolean(),
    isBlind: fc.boolean(),
  })
  .map(({ a, b, status, reached: how, ok, isBlind }) =>
    isBlind
      ? unlooked({ storage: { ok } })
      : seen({ a, b, database: database(status, how as 'reached'), storage: { ok } }),
  );

describe('whatever is seen', () => {
  it('no node is called sick that a client is served by, or that nobody has looked at', () => {
    fc.assert(
      fc.property(observations, (of) => {
        const { troubles: found, nodes: is } = judged(of);
        for (const node of ['a', 'b'] as const) {
          if (found[node]?.class !== 'node') continue;
          expect(is[node].standing).toBe('fails');
          expect(of.blind && !of.nodes[node].host).toBeFalsy();
        }
      }),
      { numRuns: 2000 },
    );
  });

  it('each node that fails has a trouble that says why: its own, or what both share', () => {
    fc.assert(
      fc.property(observations, (of) => {
        const { troubles: found, nodes: is } = judged(of);
        for (const node of ['a', 'b'] as const) {
          if (is[node].standing !== 'fails') continue;
          expect(found[node] ?? found.database ?? found.storage).toBeDefined();
        }
      }),
      { numRuns: 2000 },
    );
  });

  it('a node that is unseen is told to be so, and its incident is left alone', () => {
    fc.assert(
      fc.property(observations, (of) => {
        const { troubles: found, nodes: is, withheld } = judged(of);
        for (const node of ['a', 'b'] as const) {
          if (is[node].standing !== 'unseen') continue;
          expect(found.observer).toBeDefined();
          expect(withheld).toContain(node);
        }
      }),
      { numRuns: 2000 },
    );
  });

  it('what is planned is called neither sick nor well', () => {
    fc.assert(
      fc.property(observations, (of) => {
        const judgement = judged(of, siteState(reached(CLOSED)));
        expect(standings(judgement)).toBe('planned planned');
        expect(judgement.troubles).toEqual({});
      }),
    );
  });
});
