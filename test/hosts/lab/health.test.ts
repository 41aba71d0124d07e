import { expect, it } from 'vitest';
import { judge } from '../../../functions/health/judge.ts';
import type { HostWord, Observation } from '../../../functions/health/observation.ts';
import type { Probed } from '../../../functions/health/probe.ts';
import type { Intent, SiteState } from '../../../functions/shared/operations-table.ts';
import { serves } from '../../../functions/shared/sight.ts';
import { killed, signalled } from '../support/break.ts';
import { ProbeOfClient } from '../support/probe-of-client.ts';
import { runningLab } from '../support/running-lab.ts';
import { until } from '../support/until.ts';

const { lab, on, send } = await runningLab();
const probe = await ProbeOfClient.of(lab);

/** What is seen of a node, without its certificate. */
interface Seen {
  readonly web: string;
  readonly dicom: string;
}

const SERVES: Seen = { web: '200', dicom: 'echo' };
const SILENT: Seen = { web: 'no answer within 8 s', dicom: 'no answer within 8 s' };
const REFUSED: Seen = {
  web: expect.stringMatching(/^connect ECONNREFUSED .*:443$/),
  dicom: expect.stringMatching(/^connect ECONNREFUSED .*:11112$/),
};

/** `503, Orthanc alone 200`, or why nothing was said. */
function seenOf({ nodes, database }: Probed) {
  const seen = (node: 'a' | 'b'): Seen | undefined => {
    const { web, dicom } = nodes[node] ?? {};
    if (!web || !dicom) return undefined;
    const alone = web.orthanc === undefined ? '' : `, Orthanc alone ${web.orthanc}`;
    return {
      web: web.status === undefined ? (web.said ?? '') : `${web.status}${alone}`,
      dicom: dicom.echo ? 'echo' : (dicom.said ?? ''),
    };
  };
  return { a: seen('a'), b: seen('b'), database: database.reached };
}

const intent: Intent = {
  wish: 'running',
  reason: 'open',
  plannedFor: '2026-11-23T07:00:00.000Z',
  run: 'arn:aws:states:eu-west-2:111122223333:execution:site-power:1',
  reachedAt: '2026-11-23T07:05:00.000Z',
};
const stored = <T>(key: string, value: T) => ({ key, version: 1, value });

/** A site whose nodes have been serving since this morning. */
const SITE: SiteState = {
  intents: {
    a: stored('INTENT#a', intent),
    b: stored('INTENT#b', intent),
    database: stored('INTENT#database', intent),
  },
  lease: stored('LEASE', { fence: 1 }),
  override: undefined,
  late: stored('LATE', undefined),
  certificates: { a: undefined, b: undefined },
  incidents: {},
  outbox: [],
};

/** What was seen, where AWS knows of nothing: no fault of a process shows in its words. */
function observed({ nodes, database }: Probed, hosts: Record<string, HostWord> = {}): Observation {
  const of = (node: 'a' | 'b') => ({
    instance: {
      instanceId: `i-${node}`,
      state: 'running',
      launchedAt: '2026-11-23T07:00:30.000Z',
      names: [`node-${node}.example.org`],
    },
    checks: { system: 'ok', instance: 'ok', volume: 'ok' },
    online: true,
    ...(nodes[node] && { sight: nodes[node] }),
    ...(hosts[node] && { host: hosts[node] }),
  });
  return {
    nodes: { a: of('a'), b: of('b') },
    database: { status: 'available', sight: database },
    storage: { ok: true },
    unanswered: [],
  };
}

/** What node a says of itself when it is asked. */
async function wordOfA(): Promise<HostWord> {
  const { json } = await send('a', 'probe');
  return { at: new Date().toISOString(), ...json } as unknown as HostWord;
}

/** The cause of each trouble that there is, by its subject. */
function causesOf(observation: Observation): Record<string, string> {
  const { troubles } = judge(SITE, observation, new Date('2026-11-23T12:00:00.000Z'));
  return Object.fromEntries(
    Object.entries(troubles).map(([subject, trouble]) => [
      subject,
      `${trouble.class}: ${trouble.cause}`,
    ]),
  );
}

const backToService = () =>
  until(
    'the service',
    () => probe.look(),
    ({ nodes: { a, b } }) => a !== undefined && b !== undefined && serves(a) && serves(b),
    90,
  );

it('a site that serves is seen so, and has no trouble', async () => {
  const probed = await probe.look();

  expect(seenOf(probed)).toEqual({ a: SERVES, b: SERVES, database: 'reached' });
  expect(causesOf(observed(probed))).toEqual({});
});

interface Fault {
  readonly what: string;
  readonly strike: () => Promise<unknown>;
  readonly seen: Partial<ReturnType<typeof seenOf>>;
  /** By what is seen alone, and with what the host says of itself. */
  readonly causes: Readonly<Record<string, string>>;
  readonly withWord?: Readonly<Record<string, string>>;
  readonly mend: () => Promise<unknown>;
}

const FAULTS: readonly Fault[] = [
  {
    what: 'a dead Orthanc',
    strike: () => on('a', killed('orthanc')),
    seen: {
      a: {
        web: '502, Orthanc alone 502',
        dicom: 'C-ECHO: the connection was closed without an answer',
      },
    },
    causes: { a: 'node: orthanc-down' },
    mend: () => send('a', 'restart', { Service: 'orthanc' }),
  },
  {
    what: 'an Orthanc that hangs',
    strike: () => on('a', signalled('STOP', 'orthanc')),
    seen: { a: { web: '504, Orthanc alone 504', dicom: 'C-ECHO: no answer within 8 s' } },
    causes: { a: 'node: orthanc-hung' },
    mend: () => on('a', signalled('CONT', 'orthanc')),
  },
  {
    what: 'a dead nginx',
    strike: () => on('a', killed('nginx')),
    seen: { a: REFUSED },
    causes: { a: 'node: nginx' },
    mend: () => send('a', 'restart', { Service: 'nginx' }),
  },
  {
    // From outside it cannot be told from a host that nothing comes through to.
    what: 'an nginx that hangs',
    strike: () => on('a', signalled('STOP', 'nginx')),
    seen: { a: SILENT },
    causes: { a: 'node: unreachable' },
    withWord: { a: 'node: nginx' },
    mend: () => on('a', signalled('CONT', 'nginx')),
  },
  {
    what: 'a database that is stopped',
    strike: () => lab.database.stop(),
    seen: {
      a: { web: '503, Orthanc alone 200', dicom: 'echo' },
      b: { web: '503, Orthanc alone 200', dicom: 'echo' },
      database: 'refused',
    },
    causes: { database: 'shared: database' },
    mend: () => lab.database.start(),
  },
  {
    what: 'a database that nothing comes through to',
    strike: () => lab.database.silence(),
    seen: {
      a: { web: '504, Orthanc alone 200', dicom: 'echo' },
      b: { web: '504, Orthanc alone 200', dicom: 'echo' },
      database: 'silent',
    },
    causes: { database: 'shared: database' },
    mend: () => lab.database.speak(),
  },
  {
    what: 'a database that hangs',
    strike: () => lab.database.hang(),
    seen: {
      a: { web: '504, Orthanc alone 200', dicom: 'echo' },
      b: { web: '504, Orthanc alone 200', dicom: 'echo' },
      database: 'silent',
    },
    causes: { database: 'shared: database' },
    mend: () => lab.database.goOn(),
  },
];

it.each(FAULTS)('$what is told apart, and judged so', async (fault) => {
  await fault.strike();

  const probed = await probe.look();
  const word = await wordOfA();

  const well = { a: SERVES, b: SERVES, database: 'reached' };
  expect(seenOf(probed)).toEqual({ ...well, ...fault.seen });
  expect(causesOf(observed(probed))).toEqual(fault.causes);
  expect(causesOf(observed(probed, { a: word }))).toEqual(fault.withWord ?? fault.causes);

  await fault.mend();
  await backToService();
});
