import { expect, it } from 'vitest';
import type { NodeName } from '../../../simulator/lab/host.ts';
import {
  FIRST_PAIR,
  FREE_DISK,
  filledDisk,
  IMPATIENT_ORTHANC,
  killed,
  pairWithKey,
  signalled,
} from '../support/break.ts';
import { Clients } from '../support/clients.ts';
import { Outside, type SeenVerdict } from '../support/outside.ts';
import { runningLab } from '../support/running-lab.ts';
import { until } from '../support/until.ts';
import { serving, viewsOf } from '../support/views.ts';

const running = await runningLab();
const { lab, on, send } = running;
const outside = new Outside(lab);
const clients = new Clients(lab);
const SERVES = { verdict: 'serves', seen: 'serves' };

/** A fault of node a, or of what both nodes need. */
interface Fault {
  readonly what: string;
  readonly strike: () => Promise<unknown>;
  /** What node a then says of itself. */
  readonly verdict: string;
  /** What a client says of it. */
  readonly seen: SeenVerdict;
  /** Node b has it too; otherwise that serves, and a client sees it. */
  readonly both?: true;
  readonly mend: () => Promise<unknown>;
}

const FAULTS: readonly Fault[] = [
  {
    what: 'nginx is dead',
    strike: () => on('a', killed('nginx')),
    verdict: 'nginx-down',
    seen: 'nginx-down',
    mend: () => send('a', 'restart', { Service: 'nginx' }),
  },
  {
    what: 'nginx hangs',
    strike: () => on('a', signalled('STOP', 'nginx')),
    verdict: 'nginx-down',
    seen: 'nginx-down',
    mend: () => on('a', signalled('CONT', 'nginx')),
  },
  {
    what: 'Orthanc is dead',
    strike: () => on('a', killed('orthanc')),
    verdict: 'orthanc-down',
    seen: 'orthanc-down',
    mend: () => send('a', 'restart', { Service: 'orthanc' }),
  },
  {
    what: 'Orthanc hangs',
    strike: () => on('a', signalled('STOP', 'orthanc')),
    verdict: 'orthanc-hung',
    seen: 'orthanc-hung',
    // What repairs it is a restart, which another test waits for.
    mend: () => on('a', signalled('CONT', 'orthanc')),
  },
  {
    what: 'the database is stopped',
    strike: () => lab.database.stop(),
    verdict: 'database-refused',
    seen: 'database-refused',
    both: true,
    mend: () => lab.database.start(),
  },
  {
    what: 'nothing comes through to the database',
    strike: () => lab.database.silence(),
    verdict: 'database-silent',
    seen: 'database-silent',
    both: true,
    mend: () => lab.database.speak(),
  },
  {
    what: 'the database hangs',
    strike: () => lab.database.hang(),
    verdict: 'database-silent',
    seen: 'database-silent',
    both: true,
    mend: () => lab.database.goOn(),
  },
  {
    what: 'the disk is full',
    // Of a disk with no room at all, Systems Manager's agent has none for what it is sent.
    strike: () => on('a', filledDisk(16 * 1024 * 1024)),
    verdict: 'disk-full',
    // No client notices, until something has to be written.
    seen: 'serves',
    mend: () => on('a', FREE_DISK),
  },
  {
    what: 'key and certificate are of different kinds, which nginx does not see',
    strike: () => on('a', pairWithKey('rsa')),
    verdict: 'certificate-mismatch',
    seen: 'certificate-mismatch',
    mend: () => firstPair(),
  },
  {
    what: 'nobody trusts the certificate',
    strike: () => on('a', pairWithKey('own')),
    verdict: 'certificate-untrusted',
    seen: 'certificate-untrusted',
    mend: () => firstPair(),
  },
  {
    what: 'the bucket refuses what is to be stored',
    strike: async () => lab.aws.deny('PutObject'),
    verdict: 'storage-failing',
    // No client notices, until it stores something.
    seen: 'serves',
    both: true,
    mend: async () => lab.aws.allow('PutObject'),
  },
  {
    what: 'the host is drained',
    strike: () => send('a', 'drain'),
    verdict: 'drained',
    // No client can tell.
    seen: 'nginx-down',
    mend: () => send('a', 'undrain'),
  },
];

it('nodes that serve say so, and their database has nothing to say of that', async () => {
  const [a, b] = await Promise.all([views('a'), views('b')]);

  expect([a, b]).toMatchObject([SERVES, SERVES]);
  expect(lab.database.log).not.toMatch(/SSL|EOF detected|startup packet/);
});

it.each(FAULTS)('a node says $verdict when $what', async ({ what, both, ...fault }) => {
  const broken = { verdict: fault.verdict, seen: fault.seen };

  await fault.strike();
  const [a, b] = await Promise.all([views('a'), views('b')]);

  const seconds = [a.seconds, b.seconds];
  process.stdout.write(`${what}: ${a.verdict} after ${seconds.join(' and ')} s\n`);
  expect(a).toMatchObject(broken);
  expect(b).toMatchObject(both ? broken : SERVES);
  expect(Math.max(...seconds)).toBeLessThanOrEqual(10);
  await fault.mend();
  await serving(running, outside);
});

it('a node serves every client by the time that it says so after a database fault', async () => {
  await lab.database.stop();
  await lab.database.start();

  await until(
    'node a',
    () => send('a', 'probe'),
    ({ json }) => json.serves === true,
  );

  const asked = Array.from({ length: 30 }, () => '/healthz/deep');
  expect(await clients.statuses('a', asked, { user: undefined })).toEqual(asked.map(() => 200));
});

it('a database fault stays one when viewers that wait for it have taken all of Orthanc', async () => {
  await lab.database.silence();
  const load = Promise.all([viewers('a'), viewers('b')]);

  const said: unknown[] = [];
  const began = Date.now();
  while (Date.now() - began < 15_000) {
    const both = await Promise.all([views('a'), views('b')]);
    said.push(...both.flatMap(({ verdict, seen }) => [verdict, seen]));
  }
  const { json } = await send('a', 'probe');

  expect(json).toMatchObject({ verdict: 'database-silent', health: { orthanc: 504 } });
  expect(new Set(said)).toEqual(new Set(['database-silent']));
  await lab.database.speak();
  await load;
  await serving(running, outside);
});

it('an Orthanc that began while the database was away serves once that is back', async () => {
  await lab.database.stop();
  await on('b', IMPATIENT_ORTHANC);
  await on('b', signalled('KILL', 'orthanc'));
  await until(
    'its second end',
    () => ends('b'),
    (count) => count >= 2,
  );
  const { verdict, seen } = await views('b');

  await lab.database.start();

  expect({ verdict, seen }).toEqual({ verdict: 'database-refused', seen: 'orthanc-down' });
  await serving(running, outside);
});

const views = (node: NodeName) => viewsOf(running, outside, node);

async function firstPair(): Promise<void> {
  await on('a', FIRST_PAIR);
  await send('a', 'restart', { Service: 'nginx' });
}

/** Twenty viewers for 19 seconds, each of which gives up on an answer after three and asks again. */
async function viewers(node: NodeName): Promise<void> {
  const curl = clients.curl(node, { options: ['--output', '/dev/null', '--max-time', '3'] });
  const ask = 'while :; do "$@"; sleep 0.2; done';
  await lab.client.run(
    ['bash', '-c', `for one in {1..20}; do (${ask}) & done; wait`, 'viewers'].concat(
      curl,
      `${clients.origin(node)}/orthanc/studies`,
    ),
    19,
  );
}

/** How often Orthanc has ended by itself because it could not reach the database. */
async function ends(node: NodeName): Promise<number> {
  const log = await on(
    node,
    'docker compose --project-directory /opt/orthweb logs --tail 500 orthanc',
  );
  return log.split('connecting to the database, giving up').length - 1;
}
