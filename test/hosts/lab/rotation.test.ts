import { existsSync, writeFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import type { NodeName } from '../../../simulator/lab/host.ts';
import { Certificates } from '../support/certificates.ts';
import { Clients } from '../support/clients.ts';
import { Device } from '../support/device.ts';
import { runningLab } from '../support/running-lab.ts';
import { until } from '../support/until.ts';

const running = await runningLab();
const { lab, on } = running;
const certificates = await Certificates.of(running);
await Promise.all([certificates.renew('a'), certificates.renew('b')]);
const clients = new Clients(lab);
const device = new Device(lab);
await device.images('long', 500);
await device.images('short', 1);
const ROTATIONS = 20;

/**
 * What clients do without a pause until the file $stop is there, to one node after the other: it
 * prints how often, and how often in vain. A request is tried again once, on a new connection, as
 * browsers do with one whose connection has ended before an answer.
 */
const LOAD = `
  done=0 failed=0
  while [[ ! -e $stop ]]; do
    for node in a b; do
      done=$((done + 1))
      attempt "$node" || again "$node" || failed=$((failed + 1))
    done
  done
  echo "$done $failed"`;
const dicom = (tool: string, more: string) =>
  `attempt() { ${tool} +tla +cf "/mnt/client/$1.pem" -to 10 -ta 10 -td 10 -aet CT1 -aec ORTHWEB "node-$1.orthweb.test" 11112 ${more}; }
   again() { return 1; }`;
const web = (options: string, places: string) =>
  `attempt() { [[ $(curl --silent --max-time 10 --cacert "/mnt/client/$1.pem" --netrc-file /mnt/client/admin.netrc \\
     --write-out '%{http_code}\\n' --output /dev/null ${options} "https://node-$1.orthweb.test${places}" | sort --unique) == 200 ]]; }
   again() { attempt "$1"; }`;
const LOADS: Readonly<Record<string, string>> = {
  echoes: dicom('echoscu', ''),
  stores: dicom('storescu', '/mnt/client/short/image-0.dcm'),
  'requests on one connection': web('', '/orthanc/system?[1-20]'),
  'requests on one each': web("--header 'Connection: close'", '/healthz'),
};

interface Borne {
  /** How often it was done, and in vain. */
  readonly counts: Readonly<Record<string, readonly [number, number]>>;
  /** How the store of many images ended, which began before and ended after all else. */
  readonly long: number;
}

/** Does something to a site in use, with one association to a node open all the while. */
async function underLoad(name: string, node: NodeName, work: () => Promise<void>): Promise<Borne> {
  const stop = `/mnt/client/${name}`;
  const loads = Object.values(LOADS).map((load) =>
    lab.client.run(['bash', '-c', `stop=${stop}\n${load}\n${LOAD}`], 580),
  );
  const store = device.store(node, 'long', { until: `${stop}.go`, seconds: 580 });
  await until('a store', () => existsSync(lab.client.path(`${name}.go.held`)), Boolean);
  await work();
  writeFileSync(lab.client.path(`${name}.go`), '');
  const { code } = await store;
  writeFileSync(lab.client.path(name), '');
  const said = await Promise.all(loads);
  const counts = Object.keys(LOADS).map((what, at) => {
    const [done = 0, failed = 0] = (said[at]?.stdout.trim().split('\n').at(-1) ?? '')
      .split(' ')
      .map(Number);
    return [what, [done, failed]] as const;
  });
  return { counts: Object.fromEntries(counts), long: code };
}

it(`drops no association and fails no request in ${ROTATIONS} rotations under load`, async () => {
  expect((await clients.dicom('a', 'echoscu')).code).toBe(0);
  const seconds: number[] = [];

  const { counts, long } = await underLoad('rotations', 'a', async () => {
    for (let at = 0; at < ROTATIONS; at += 1) {
      const began = performance.now();
      await certificates.renew(at % 2 === 0 ? 'a' : 'b');
      seconds.push((performance.now() - began) / 1000);
    }
  });

  const [longest = 0] = seconds.toSorted((one, other) => other - one);
  const mean = seconds.reduce((sum, one) => sum + one, 0) / seconds.length;
  const load = Object.entries(counts).map(
    ([what, [n, failed]]) => `${n} ${what}, ${failed} failed`,
  );
  process.stdout.write(
    `${ROTATIONS} rotations: ${mean.toFixed(1)} s each, ${longest.toFixed(1)} s at most; ${load.join('; ')}\n`,
  );
  for (const [what, [done, failed]] of Object.entries(counts)) {
    expect([what, failed]).toEqual([what, 0]);
    // As many at least, or it has not been under load.
    expect(done).toBeGreaterThan(ROTATIONS);
  }
  expect(long).toBe(0);
  expect(await device.count('b')).toBe(501);
}, 600_000);

it('drops one where nginx does not let transfers finish', async () => {
  await on(
    'b',
    `sed --in-place 's/^worker_shutdown_timeout .*/worker_shutdown_timeout 1s;/' /run/orthweb/config/nginx/nginx.conf`,
  );
  await certificates.renew('b');

  const { long } = await underLoad('cut', 'b', async () => {
    await certificates.renew('b');
    await until(
      'the end of the former workers',
      () => on('b', `pgrep --full --count 'nginx: worker process is shutting dow[n]' || true`),
      (count) => count.trim() === '0',
    );
  });

  expect(long).not.toBe(0);
}, 600_000);
