import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { judge } from '../../../functions/health/judge.ts';
import type { Observation } from '../../../functions/health/observation.ts';
import { NODES, type SiteState } from '../../../functions/shared/operations-table.ts';
import { serves } from '../../../functions/shared/sight.ts';
import { intent, siteState } from '../support/site.ts';
import { at, iso } from '../support/time.ts';

const NOW = at('12:00');
const minute = fc
  .constantFrom('07:06', '11:50', '11:54', '11:56', '11:59')
  .map((time) => iso(time));
const maybe = <T>(one: fc.Arbitrary<T>) => fc.option(one, { nil: undefined });
/** Any object of these fields, each there or not: what AWS and hosts may leave out. */
const some = <T extends object>(fields: { [K in keyof T]: fc.Arbitrary<T[K]> }) =>
  fc.record(fields, { requiredKeys: [] }) as fc.Arbitrary<Partial<T>>;

const said = fc.constantFrom(
  'connect ECONNREFUSED',
  'connect ETIMEDOUT',
  'certificate has expired',
);
const port = { trusted: fc.boolean(), fingerprint: maybe(fc.constant('AA:01')), said: maybe(said) };
const status = maybe(fc.constantFrom(200, 403, 500, 502, 503, 504));
const sight = fc.oneof(
  fc.constant({
    at: iso('12:00'),
    web: { trusted: true, fingerprint: 'AA:01', status: 200 },
    dicom: { trusted: true, fingerprint: 'AA:01', echo: true },
  }),
  fc.record({
    at: fc.constant(iso('12:00')),
    web: fc.record({ ...port, status, orthanc: status }),
    dicom: fc.record({ ...port, echo: maybe(fc.boolean()) }),
  }),
);
const host = fc
  .record({
    verdict: fc.constantFrom(
      'serves',
      'disk-full',
      'nginx-down',
      'docker-down',
      'orthanc-hung',
      'database-silent',
      'storage-failing',
      'certificate-mismatch',
      'drained',
      'a word of tomorrow',
    ),
    disk: maybe(
      fc.constantFrom(12, 86).map((usedPercent) => ({ usedPercent, inodesUsedPercent: 1 })),
    ),
    clock: maybe(fc.constantFrom(0, -2, 1200).map((offsetSeconds) => ({ offsetSeconds }))),
  })
  .map((word) => ({
    at: iso('12:00'),
    serves: word.verdict === 'serves' || word.verdict === 'disk-full',
    reason: 'as it says',
    ...word,
  }));
const check = fc.constantFrom('ok', 'impaired', 'initializing');
const instance = fc.record({
  instanceId: fc.constant('i-1'),
  state: fc.constantFrom(
    'running',
    'running',
    'running',
    'pending',
    'stopped',
    'terminated',
    'missing',
  ),
  launchedAt: maybe(minute),
  names: fc.constant([]),
});
const node = some({
  instance,
  checks: fc.record({ system: check, instance: check, volume: maybe(check) }),
  online: fc.boolean(),
  sight,
  host,
  busy: fc.constantFrom(undefined, undefined, 'clinic-update'),
});
const observation = fc.record({
  nodes: fc.record({ a: node, b: node }),
  database: some({
    status: fc.constantFrom('available', 'stopped', 'modifying', 'a word of tomorrow'),
    sight: fc.record({
      at: fc.constant(iso('12:00')),
      reached: fc.constantFrom('reached', 'refused', 'silent'),
    }),
  }),
  storage: maybe(fc.record({ ok: fc.boolean() })),
  blind: maybe(fc.constant('the probe was not run')),
  unanswered: fc.constantFrom([], ['EC2: RequestLimitExceeded']),
}) as fc.Arbitrary<Observation>;

/** Nobody is blind who sees something, as a look has it. */
const looked = observation.map(({ blind, ...of }): Observation => {
  if (!blind) return of;
  const { sight: _a, ...a } = of.nodes.a;
  const { sight: _b, ...b } = of.nodes.b;
  const { sight: _d, ...database } = of.database;
  return { ...of, nodes: { a, b }, database, blind };
});

const wish = maybe(
  fc.record({ wish: fc.constantFrom('running', 'running', 'stopped'), reachedAt: maybe(minute) }),
);
const incident = maybe(
  fc.record({
    openedAt: maybe(minute),
    goodSince: maybe(minute),
    closedAt: maybe(minute),
  }),
);
const site: fc.Arbitrary<SiteState> = fc
  .record({
    a: wish,
    b: wish,
    open: fc.record({ a: incident, database: incident, storage: incident }),
  })
  .map(({ a, b, open }) =>
    siteState(
      Object.fromEntries([
        ...[['INTENT#a', a] as const, ['INTENT#b', b] as const].flatMap(([key, value]) =>
          value ? [[key, intent(value as Parameters<typeof intent>[0])]] : [],
        ),
        ...Object.entries(open).flatMap(([subject, value]) =>
          value ? [[`INCIDENT#${subject}`, { subject, ...value }]] : [],
        ),
      ]),
    ),
  );

const always = (promise: (of: Observation, record: SiteState) => void): void =>
  fc.assert(fc.property(looked, site, promise), { numRuns: 3000 });

describe('whatever is seen, and left out, and recorded', () => {
  it('it is judged, and twice the same, from no more than what was handed over', () => {
    always((of, record) => {
      const before = structuredClone({ of, record });

      const once = judge(record, of, NOW);

      expect(judge(record, of, NOW)).toEqual(once);
      expect({ of, record }).toEqual(before);
    });
  });

  it('a node that is planned has no trouble of its own, and makes none of what both share', () => {
    always((of, record) => {
      const { nodes, troubles } = judge(record, of, NOW);
      const planned = NODES.filter((name) => nodes[name].standing === 'planned');
      for (const name of planned) expect(troubles[name]).toBeUndefined();
      if (planned.length === NODES.length) expect(troubles).toEqual({});
    });
  });

  it('a node that serves a client is not called sick, but for images that it cannot store', () => {
    always((of, record) => {
      const { nodes, troubles } = judge(record, of, NOW);
      for (const name of NODES) {
        const { sight: view, host: word } = of.nodes[name];
        if (!view || !serves(view) || nodes[name].standing === 'planned') continue;
        if (of.storage?.ok === false || word?.verdict === 'storage-failing') continue;
        expect(nodes[name].standing).toBe('serves');
        expect(troubles[name]?.class ?? 'degraded').toBe('degraded');
      }
    });
  });

  it('a node is called sick only by who has seen it: a client, its host, or EC2', () => {
    always((of, record) => {
      const { troubles } = judge(record, of, NOW);
      for (const name of NODES) {
        if (troubles[name]?.class !== 'node') continue;
        const { sight: view, host: word, instance: machine } = of.nodes[name];
        expect(view ?? word ?? (machine?.state !== 'running' ? machine : undefined)).toBeDefined();
      }
    });
  });

  it('what the database explains is not told of a node as well', () => {
    always((of, record) => {
      const { troubles, withheld } = judge(record, of, NOW);
      if (!troubles.database) return;
      for (const name of NODES) {
        const cause = troubles[name]?.class === 'node' ? troubles[name].cause : undefined;
        expect(['way-to-database', 'orthanc-down', 'orthanc-hung', 'dicom']).not.toContain(cause);
      }
      expect(NODES.some((name) => withheld.includes(name))).toBe(true);
    });
  });

  it('what the bucket explains is not told of a node as well', () => {
    always((of, record) => {
      const { troubles } = judge(record, of, NOW);
      if (!troubles.storage) return;
      for (const name of NODES) {
        if (troubles[name]?.class === 'node')
          expect(troubles[name].cause).not.toBe('way-to-storage');
      }
    });
  });

  it('who cannot see says so for as long as a node is meant to serve', () => {
    always((of, record) => {
      const { nodes, troubles } = judge(record, of, NOW);
      const isMeant = NODES.some((name) => nodes[name].standing !== 'planned');
      if (of.blind) expect(troubles.observer?.class).toBe(isMeant ? 'blind' : undefined);
    });
  });

  it('each node that fails is explained, or left as it was told', () => {
    always((of, record) => {
      const { nodes, troubles, withheld } = judge(record, of, NOW);
      for (const name of NODES) {
        if (nodes[name].standing !== 'fails') continue;
        expect(troubles[name] !== undefined || withheld.includes(name)).toBe(true);
      }
    });
  });

  it('each reason is a sentence, with no gap in it', () => {
    always((of, record) => {
      const { nodes, troubles } = judge(record, of, NOW);
      for (const { reason } of Object.values(troubles)) {
        expect(reason).toMatch(/^[A-Za-z].{10,}$/);
        expect(reason).not.toMatch(/undefined|NaN|\[object/);
      }
      for (const { reason } of Object.values(nodes)) expect(reason).not.toMatch(/undefined/);
    });
  });
});
