import { describe, expect, it } from 'vitest';
import {
  type Condition,
  expiryOf,
  needOf,
  type Rules,
  signerOf,
} from '../../../functions/certificate/plan.ts';
import type { Inspection } from '../../../functions/certificate/run.ts';
import {
  authority,
  inspection,
  left,
  namesOf,
  newOf,
  oldOf,
  record,
  sight,
} from '../support/certificate.ts';
import { at, iso, secondsAfter } from '../support/time.ts';

const NOW = at('12:00');
const condition = (more: Partial<Condition> = {}): Condition => ({
  inspection: inspection('a'),
  sight: sight('12:00', oldOf('a')),
  record: record(),
  names: namesOf('a'),
  ...more,
});
const rules = (more: Partial<Rules> = {}): Rules => ({
  authorities: [authority()],
  signer: 1,
  force: false,
  now: NOW,
  ...more,
});

const pair = { fingerprint: oldOf('a'), notAfter: left(60), names: namesOf('a') };
const host = (more: Partial<Inspection>): Partial<Condition> => ({
  inspection: inspection('a', more),
});
const ending = (seconds: number) =>
  host({ pair: { ...pair, notAfter: secondsAfter(NOW, seconds).toISOString() } });
const HOUR = 3600;
const DAY = 86_400;

describe('a node whose certificate is as it is to be', () => {
  it('needs nothing, and it is said how long that lasts', () => {
    const need = needOf(condition(), rules());

    expect(need).toEqual({ due: false, urgent: false, reason: '60 days are left' });
  });

  it('needs nothing, too, where nobody could look: nothing is known against it', () => {
    const unknown = { inspection: undefined, sight: undefined, record: undefined };

    const need = needOf(condition(unknown), rules());

    expect(need).toEqual({ due: false, urgent: false, reason: 'not seen' });
  });
});

describe('the time that is left', () => {
  it.each([
    ['one second more than 30 days', 30 * DAY + 1, false, false, '30 days are left'],
    ['30 days', 30 * DAY, true, false, '30 days are left'],
    ['48 hours', 48 * HOUR, true, false, '2 days are left'],
    ['one second less than 48 hours', 48 * HOUR - 1, true, true, '47 hours are left'],
    ['one second', 1, true, true, '0 hours are left'],
    ['none', 0, true, true, 'it has run out'],
    ['less than none', -DAY, true, true, 'it has run out'],
  ])('makes a renewal due and urgent or not: %s', (_, seconds, due, urgent, reason) => {
    const need = needOf(condition(ending(seconds)), rules());

    expect(need).toEqual({ due, urgent, reason });
  });

  it('is that of the pair on the host, or else of what clients are shown, or was seen last', () => {
    const shown = sight('12:00', 'x', { web: { notAfter: left(3) }, dicom: { notAfter: left(2) } });
    const noWeb = { ...shown, web: { trusted: false } };
    const served = { fingerprint: 'x', notAfter: left(1), names: [] };
    const found = [
      condition({ sight: shown }),
      condition({ inspection: undefined, sight: shown }),
      condition({ inspection: undefined, sight: noWeb }),
      condition({ inspection: undefined, sight: undefined, record: record({ served }) }),
    ].map(expiryOf);

    expect(found).toEqual([left(60), left(3), left(2), left(1)]);
  });

  it('is that of what clients are shown where the host does not say it', () => {
    const silent = host({ pair: { ...pair, notAfter: '' } });
    const shown = sight('12:00', oldOf('a'), { web: { notAfter: left(20) } });

    const need = needOf(condition({ ...silent, sight: shown }), rules());

    expect(need).toEqual({ due: true, urgent: false, reason: '20 days are left' });
  });
});

describe('a host whose own probe says that clients cannot use its certificate', () => {
  const said = { verdict: 'certificate-mismatch', reason: 'nginx shows another.' };

  it.each(['web', 'dicom'])('urgently needs another one if its %s port shows none', (port) => {
    const dark = host({ ...said, [port]: '' });
    const unseen = sight('12:00', oldOf('a'), {
      web: { trusted: false },
      dicom: { trusted: false },
    });
    const blind = { web: { trusted: false }, dicom: { trusted: false } };

    const needs = [
      { ...dark, sight: { ...unseen, ...blind } },
      { ...dark, sight: undefined },
    ].map((more) => needOf(condition(more), rules()));

    for (const need of needs) {
      expect(need).toEqual({
        due: true,
        urgent: true,
        reason: 'nginx shows clients no certificate',
      });
    }
  });

  it('needs none where clients are shown it and trust it, and what its host says is passed on', () => {
    const needs = [host({ ...said, web: '' }), host(said)].map((more) =>
      needOf(condition(more), rules()),
    );

    for (const need of needs) {
      expect(need).toEqual({
        due: false,
        urgent: false,
        reason: '60 days are left, and yet its host says: nginx shows another.',
      });
    }
  });
});

describe('what a node is called', () => {
  const lacking = (name: string) =>
    host({ pair: { ...pair, names: pair.names.filter((one) => one !== name) } });

  it('is to be in its certificate: urgently what clients are to use', () => {
    const [first, second] = ['a.example', '10.0.0.1'].map((name) =>
      needOf(condition(lacking(name)), rules()),
    );

    expect(first).toEqual({ due: true, urgent: true, reason: 'it does not name a.example' });
    expect(second).toEqual({ due: true, urgent: false, reason: 'it does not name 10.0.0.1' });
  });

  it('may be less than what the certificate names', () => {
    const need = needOf(condition({ names: ['a.example'] }), rules());

    expect(need.due).toBe(false);
  });
});

describe('the gravest reason', () => {
  const refused = sight('12:00', oldOf('a'), { dicom: { trusted: false, said: 'self-signed' } });
  const reasons: [Partial<Condition>, Partial<Rules>, string, boolean][] = [
    [{ inspection: withoutPair() }, {}, 'key and certificate do not fit on the host', true],
    [ending(-1), {}, 'it has run out', true],
    [host({ pair: { ...pair, names: [] } }), {}, 'it does not name a.example', true],
    [{ sight: refused }, {}, 'clients refuse it: self-signed', true],
    [host({ dicom: 'other' }), {}, 'nginx does not serve what is live', false],
    [ending(HOUR), {}, '1 hours are left', true],
    [ending(DAY * 20), {}, '20 days are left', false],
    [
      host({ authorities: [] }),
      {},
      'the host does not publish the authorities that clients are to trust',
      false,
    ],
    [{}, { signer: 2 }, 'another authority signs from now on', false],
    [{}, { force: true }, 'somebody has asked for it', false],
  ];

  it.each(reasons)('is one of these: %#', (more, others, reason, urgent) => {
    const alone = needOf(condition(more), rules(others));

    expect(alone).toEqual({ due: true, urgent, reason });
  });

  it('counts: what is worth a renewal whatever the peer does comes before all else', () => {
    const wrong = { ...pair, names: [] as string[], notAfter: left(-1) };
    const host = { dicom: 'other', authorities: [] as string[] };
    const mended: [object, string, boolean][] = [
      [{ pair: undefined }, 'key and certificate do not fit on the host', true],
      [{ pair: wrong }, 'it has run out', true],
      [{ pair: { ...wrong, notAfter: left(1) } }, 'it does not name a.example', true],
      [
        { pair: { ...wrong, notAfter: left(1), names: ['a.example'] } },
        'clients refuse it: self-signed',
        true,
      ],
      [{ sight: undefined }, '24 hours are left', true],
      [
        { pair: { ...wrong, notAfter: left(20), names: ['a.example'] } },
        'it does not name 203.0.113.1',
        false,
      ],
      [{ pair: { ...pair, notAfter: left(20) } }, 'nginx does not serve what is live', false],
      [{ dicom: oldOf('a') }, '20 days are left', false],
      [{ pair }, 'the host does not publish the authorities that clients are to trust', false],
      [{ authorities: ['CA:01'] }, 'another authority signs from now on', false],
      [{ signer: 1 }, 'somebody has asked for it', false],
      [{ force: false }, '60 days are left', false],
    ];

    let state: Record<string, unknown> = { ...host, sight: refused, signer: 2, force: true };
    for (const [mend, reason, urgent] of mended) {
      state = { ...state, ...mend };
      const { sight: seen, signer, force, ...said } = state;
      const one = { inspection: inspection('a', said), sight: seen } as Partial<Condition>;
      const need = needOf(condition(one), rules({ signer, force } as Partial<Rules>));

      expect(need).toMatchObject({ urgent, reason });
    }
  });

  function withoutPair(): Inspection {
    const { pair: _none, ...rest } = inspection('a', { verdict: 'certificate-mismatch' });
    return rest;
  }
});

describe('what a client sees', () => {
  it('is a refusal only where it is shown a certificate', () => {
    const silent = sight('12:00', oldOf('a'));
    const unreachable = { trusted: false, said: 'Connection refused' };

    const need = needOf(
      condition({ sight: { ...silent, web: unreachable, dicom: unreachable } }),
      rules(),
    );

    expect(need.due).toBe(false);
  });

  it('counts where the agent on the host does not answer', () => {
    const refused = sight('12:00', oldOf('a'), { web: { trusted: false } });

    const need = needOf(condition({ inspection: undefined, sight: refused }), rules());

    expect(need).toEqual({ due: true, urgent: true, reason: 'clients refuse it: not trusted' });
  });

  it('is not held against a port of the host that shows nothing', () => {
    const { web: _web, dicom: _dicom, ...mute } = inspection('a');

    const need = needOf(condition({ inspection: mute }), rules());

    expect(need.due).toBe(false);
  });
});

describe('the authorities that a host publishes', () => {
  const [one, two, anew] = [authority(1), authority(2), authority(1, { fingerprint: 'CA:1B' })];

  it.each([
    ['all of them, in any order', ['CA:02', 'CA:01'], [one, two], false],
    ['one too few', ['CA:01'], [one, two], true],
    ['one too many', ['CA:01', 'CA:02'], [one], true],
    ['one as it was before it was signed anew', ['CA:01'], [anew], true],
  ])('are to be those of the site: %s', (_, authorities, ofSite, due) => {
    const need = needOf(condition(host({ authorities })), rules({ authorities: ofSite }));

    expect(need).toMatchObject({ due, urgent: false });
  });
});

describe('another authority that signs', () => {
  const byOther = (fingerprint: string) => record({ issued: { fingerprint, authority: 2 } });

  it('makes due what is live and was signed by the former one', () => {
    const need = needOf(condition({ record: byOther(oldOf('a')) }), rules());

    expect(need.reason).toBe('another authority signs from now on');
  });

  it.each([
    ['what was issued is not what is live', { record: byOther(newOf('a')) }, {}],
    ['nobody knows who signed what is live', { record: undefined }, {}],
    ['none may sign now', { record: byOther(oldOf('a')) }, { signer: undefined }],
  ])('does not where %s', (_, more, others) => {
    const need = needOf(condition(more), rules(others));

    expect(need.due).toBe(false);
  });
});

describe('the authority that is to sign', () => {
  const [one, two] = [authority(1), authority(2)];
  const by = (number: number, published: Record<string, string> = {}) =>
    record({ issued: { fingerprint: 'x', authority: number }, published });
  const signer = (
    authorities: Parameters<typeof signerOf>[0],
    records: Parameters<typeof signerOf>[1],
    force = false,
  ) => signerOf(authorities, records, force, NOW).authority?.number;
  const daysAgo = (days: number) => secondsAfter(NOW, -days * DAY).toISOString();

  it('is the first of the list at a site that has issued nothing yet', () => {
    expect(signer([one], [undefined, undefined])).toBe(1);
    expect(signer([two, one], [record({ issued: undefined as never }), undefined])).toBe(2);
  });

  it('is one that has signed for some host, however it was signed anew itself', () => {
    const anew = authority(1, { fingerprint: 'CA:1B' });

    expect(signer([anew], [by(1), undefined])).toBe(1);
  });

  it('stays the former one until both hosts have published the next for 180 days', () => {
    const since = (a: number, b: number) => [by(1, { 2: daysAgo(a) }), by(1, { 2: daysAgo(b) })];

    const signers = [since(179, 180), since(180, 179.999), since(180, 180)].map((records) =>
      signer([two, one], records),
    );

    expect(signers).toEqual([1, 1, 2]);
  });

  it('stays the former one while one host alone publishes the next', () => {
    expect(signer([two, one], [by(1, { 2: daysAgo(300) }), by(1)])).toBe(1);
    expect(signer([two, one], [by(1, { 2: daysAgo(300) }), undefined])).toBe(1);
  });

  it('is the next one where somebody says by force that clients know it, if both publish it', () => {
    const known = [by(1, { 2: daysAgo(1) }), by(1, { 2: daysAgo(1) })];

    expect(signer([two, one], known, true)).toBe(2);
    expect(signer([two, one], [by(1, { 2: daysAgo(1) }), by(1)], true)).toBe(1);
  });

  it('is none where clients know none of the list, and that is said', () => {
    const { authority: none, reason } = signerOf([two], [by(1), by(1)], false, NOW);

    expect(none).toBeUndefined();
    expect(reason).toMatch(/^authority 2 has not been published by both hosts for 180 days, /);
  });

  it('is any that is left where somebody asks for it by force, as when a key is lost', () => {
    expect(signer([two], [by(1), by(1)], true)).toBe(2);
  });

  it('is none where the site has none', () => {
    const found = signerOf([], [undefined, undefined], true, NOW);

    expect(found).toEqual({ reason: 'the site has no authority: deploy it again' });
  });

  it('is not a time that nobody can read', () => {
    expect(signer([two, one], [by(1, { 2: '' }), by(1, { 2: iso('12:00') })])).toBe(1);
  });
});
