import { type SpawnSyncReturns, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, expect, it, vi } from 'vitest';
import type { HostCommand } from '../../../simulator/real-hosts.ts';

const ROOT = path.join(import.meta.dirname, '../../..');
const folder = mkdtempSync(path.join(tmpdir(), 'orthweb-rehearsal-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Types `npm start -- --hosts lab …`; `before` is what comes before it. */
function start(args: readonly string[], before: readonly string[] = []): SpawnSyncReturns<string> {
  const [program = '', ...rest] = [...before, process.execPath, 'cli/main.ts', 'simulate'];
  return spawnSync(program, [...rest, '--hosts', 'lab', '--from', '2026-11-30', ...args], {
    cwd: ROOT,
    encoding: 'utf8',
  });
}

/** Children of a process, by number. */
const childrenOf = (pid: number): number[] =>
  readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').map(Number);

it('plays a day on real hosts, and lists each command with its exit code', {
  timeout: 300_000,
}, () => {
  const file = path.join(folder, 'day.json');

  const { status, stdout, stderr } = start(['--json', file]);

  const { hosts } = JSON.parse(readFileSync(file, 'utf8')) as { hosts: HostCommand[] };
  // Hosts are asked at each full hour, whatever clients see: by the tick, half a minute after it.
  const isHourly = ({ what, at }: HostCommand) => what === 'probe' && /T\d\d:00:[2-3]\d/.test(at);
  const of = (node: string) => hosts.filter(({ who }) => who === node);
  const done = (node: string) => of(node).flatMap((one) => (isHourly(one) ? [] : [one.what]));
  const hours = (node: string) => of(node).flatMap((one) => (isHourly(one) ? [hourOf(one)] : []));
  const hourOf = ({ at }: HostCommand) => new Date(Date.parse(at) - 5 * 3_600_000).getUTCHours();
  const night = ['boot', 'drain', 'power off'];
  // Once for the opening, once for its certificate, once with that, and at noon.
  const renewal = ['certificate-request', 'certificate-install'];
  const opening = ['boot', 'probe', 'probe', ...renewal, 'probe', 'probe'];
  expect([stderr, status]).toEqual(['', 0]);
  expect(hosts.filter(({ code }) => code !== 0)).toEqual([]);
  expect(done('node a')).toEqual([
    ...night,
    ...opening,
    ...['kill orthanc', 'probe', 'drain', 'power off'],
  ]);
  expect(done('node b')).toEqual([...night, ...opening, 'drain', 'power off']);
  for (const node of ['node a', 'node b']) {
    expect(hours(node)).toEqual([8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19]);
  }
  expect(done('database')).toEqual(['stop', 'start', 'stop']);
  expect(stdout).toMatch(/^13:00:00 {2}node a +serves nobody +as a client sees it$/m);
  expect(stdout).toMatch(/^13:00:30 {2}node a +serves +as a client sees it/m);
  expect(stdout).toMatch(/^HOSTS, as they ran in the lab/m);
  expect(stdout).toMatch(/^13:01:0\d {2}node a +probe +exit 0 +\d+\.\d s +serves$/m);
  expect(stdout).toMatch(/^19:\d\d:\d\d {2}node a +drain +exit 0 +\d+\.\d s +left 0$/m);
  expect(stdout).toMatch(
    /^OK: Every planned change happened\.\nNo invariant was broken; played once/m,
  );
  expect(stdout.split('\n').filter((line) => line.length > 100)).toEqual([]);
});

it('ends with 2 where namespaces are refused', () => {
  const { status, stdout, stderr } = start([], ['setpriv', '--bounding-set', '-sys_admin']);

  expect(stderr).toMatch(/^--hosts lab: The lab cannot make namespaces here: .*--privileged/);
  expect([stdout, status]).toEqual(['', 2]);
});

it('leaves no lab behind when the one who plays is killed', async () => {
  const play = `
    import { RemoteLab } from '${ROOT}/simulator/lab/remote-lab.ts';
    await RemoteLab.open({});
    console.log('open');
    setInterval(() => undefined, 1000);`;
  const player = spawn(process.execPath, ['--input-type=module', '--eval', play], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(createInterface({ input: player.stdout }), 'line');
  const [lab = 0] = childrenOf(player.pid ?? 0);
  const [ground = 0] = childrenOf(lab);
  expect(existsSync(`/proc/${ground}`)).toBe(true);

  player.kill('SIGKILL');

  await vi.waitFor(
    () => expect([lab, ground].filter((pid) => existsSync(`/proc/${pid}`))).toEqual([]),
    { timeout: 10_000 },
  );
});
