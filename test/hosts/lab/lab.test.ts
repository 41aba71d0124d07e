import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Lab } from '../../../simulator/lab/lab.ts';
import { requirePrograms } from '../../../simulator/lab/requirements.ts';

const BUNDLE = path.join(import.meta.dirname, 'bundle');

let lab: Lab;

beforeAll(async () => {
  lab = await Lab.start({ bundle: BUNDLE });
  await Promise.all([lab.a.boot(), lab.b.boot()]);
});

afterAll(() => lab?.remove());

/** What a client gets of a node. */
const asked = (node: 'a' | 'b') =>
  lab.client.run(['curl', '--silent', '--max-time', '2', `http://node-${node}.orthweb.test:443/`]);

/** How many processes there are in the lab, without those that come and go. */
async function processes(): Promise<number> {
  const counts: number[] = [];
  for (let times = 0; times < 20; times++) {
    counts.push(readdirSync(lab.processes).filter((name) => /^\d+$/.test(name)).length);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return Math.min(...counts);
}

describe('a host of the lab', () => {
  it('runs what its bundle brings, for clients to use', async () => {
    expect((await asked('a')).stdout).toBe('nginx\n');
    expect((await asked('b')).stdout).toBe('nginx\n');
  });

  it('can write to its disk and its memory only, and sees nothing of the other host', async () => {
    const { stdout } = await lab.a.run([
      'bash',
      '-c',
      `for place in / /boot /etc /home /opt /root /run /srv /tmp /usr /usr/local /var /mnt/repository; do
         [[ -w $place ]] && touch $place/written 2>/dev/null && echo "$place"
       done
       ls /mnt; ip -brief address show up; hostname`,
    ]);

    expect(stdout.replaceAll(/ +/g, ' ').split('\n')).toEqual([
      ...['/etc', '/opt', '/root', '/run', '/tmp', '/usr/local', '/var'],
      ...['aws', 'bucket', 'compiled', 'disk', 'machine', 'node', 'repository'],
      expect.stringMatching(/^lo /),
      expect.stringMatching(/^eth0@if\d+ UP 10\.231\.77\.11\/24 /),
      'node-a',
      '',
    ]);
    expect(existsSync('/opt/written')).toBe(false);
  });

  it('is shut down in order, and after that comes back with its disk and without its memory', async () => {
    const before = readFileSync(lab.b.disk('var/log/lab'), 'utf8');
    await lab.b.run(['sh', '-c', 'echo kept >/var/kept; echo lost >/run/lost']);

    await lab.b.powerOff();
    expect(lab.b.running).toBe(false);
    expect((await asked('b')).code).toBe(28);
    await lab.b.boot();

    expect(readFileSync(lab.b.disk('var/log/lab'), 'utf8')).toBe(`${before}down\nup\n`);
    const { stdout } = await lab.b.run(['sh', '-c', 'cat /var/kept /run/lost 2>&1']);
    expect(stdout).toBe('kept\ncat: /run/lost: No such file or directory\n');
    expect((await asked('b')).stdout).toBe('nginx\n');
  });

  it('leaves no process behind when its plug is pulled, and boots again', async () => {
    await lab.b.crash();
    const without = await processes();
    await lab.b.boot();
    expect(await processes()).toBeGreaterThan(without);
    const before = readFileSync(lab.b.disk('var/log/lab'), 'utf8');

    await lab.b.crash();

    expect(await processes()).toBe(without);
    expect(readFileSync(lab.b.disk('var/log/lab'), 'utf8')).toBe(before);
    await lab.b.boot();
    expect((await asked('b')).stdout).toBe('nginx\n');
    // Docker has tried to start what ran, as it does after a reset, and its secret was not there.
    expect(lab.b.journal.map(({ line }) => line).join('\n')).toMatch(
      /bind source path does not exist/,
    );
  });

  it('is heard of no more when it is silent, and again when it speaks', async () => {
    await lab.a.silence();
    const silent = await asked('a');
    await lab.a.speak();

    expect(silent.code).toBe(28);
    expect((await asked('a')).code).toBe(0);
  });

  it('has a disk that can be full', async () => {
    const fill = 'head --bytes 200M /dev/zero >/var/tmp/all';
    const { code, stderr } = await lab.a.run(['sh', '-c', fill]);
    await lab.a.run(['rm', '/var/tmp/all']);

    expect(code).toBe(1);
    expect(stderr).toMatch(/No space left/);
  });
});

describe('the lab', () => {
  it('leaves nothing behind when its process dies', async () => {
    const script = `
      import { Lab } from '${path.join(import.meta.dirname, '../../../simulator/lab/lab.ts')}';
      const lab = await Lab.start({ bundle: '${BUNDLE}' });
      await lab.a.boot();
      console.log(lab.processes);
      setInterval(() => undefined, 1000);`;
    const child = spawn(process.execPath, ['--input-type=module', '--eval', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [folder] = await once(createInterface({ input: child.stdout }), 'line');
    const inside = (pid: string) => {
      try {
        return readFileSync(`/proc/${pid}/status`, 'utf8').match(/^NSpid:.*$/m)?.[0];
      } catch {
        return undefined;
      }
    };
    const ground = String(folder).split('/')[2] ?? '';
    const theirs = descendants(ground);
    expect(theirs.length).toBeGreaterThan(5);

    child.kill('SIGKILL');

    await expect.poll(() => [ground, ...theirs].filter(inside), { timeout: 20_000 }).toEqual([]);
  });

  it('names the programs that it lacks, and the command that installs their packages', () => {
    const has = (program: string) => !['Orthanc', 'storescu', 'dump2dcm'].includes(program);

    expect(() => requirePrograms(has)).toThrow(
      'The lab lacks storescu, dump2dcm, Orthanc. Install them: apt-get install dcmtk orthanc',
    );
  });
});

/** Processes below one, by the numbers of their parents. */
function descendants(root: string): string[] {
  const parents = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        return [
          { pid, parent: /^PPid:\t(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] },
        ];
      } catch {
        return [];
      }
    });
  const below = (pid: string): string[] =>
    parents.filter(({ parent }) => parent === pid).flatMap((one) => [one.pid, ...below(one.pid)]);
  return below(root);
}
