import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Lab } from '../../../simulator/lab/lab.ts';

let lab: Lab;

beforeAll(async () => {
  lab = await Lab.start({ bundle: path.join(import.meta.dirname, 'bundle') });
  await lab.a.boot();
});

afterAll(() => lab?.remove());

const compose = (...args: readonly string[]) =>
  lab.a.run(['docker', 'compose', '--project-directory', '/opt/orthweb', ...args]);

/** How a client's call of the host ends. */
const asked = () =>
  lab.client.run(['curl', '--silent', '--max-time', '2', 'http://node-a.orthweb.test:443/']);

describe('a container of the lab', () => {
  /** What bash in the container prints. */
  const inside = async (script: string) =>
    (await compose('exec', '-T', 'nginx', 'bash', '-c', script)).stdout;

  it('sees what is mounted into it, and nothing of its host', async () => {
    expect(await inside('ls / /etc/orthweb /opt /run 2>&1')).not.toMatch(/orthweb$|opt\/orthweb/m);
    expect(await inside('cat /run/secrets/word')).toBe(`${JSON.stringify(lab.secrets.users)}\n`);
    expect(await inside('echo $COLOUR; ls -d /proc/[0-9]* | wc -l')).toMatch(/^green\n[3-9]\n$/);
  });

  it('can write to its tmpfs only, as much as that takes', async () => {
    const script =
      'for place in / /etc /etc/orthweb /run/secrets /tmp /usr /var; do touch $place/x 2>/dev/null && echo $place; done';
    expect(await inside(script)).toBe('/tmp\n');
    const full = await inside(
      'head --bytes 2M /dev/zero >/tmp/x; stat --format %s /tmp/x; rm /tmp/x',
    );
    expect(Number(full)).toBeGreaterThan(0);
    expect(Number(full)).toBeLessThanOrEqual(1024 * 1024);
  });

  it('has the rights that the file adds, and cannot get others', async () => {
    const status = await inside('grep -E "^(CapBnd|CapEff|NoNewPrivs)" /proc/self/status');

    // CHOWN, KILL, SETGID, SETUID and NET_BIND_SERVICE are bits 0, 5, 6, 7 and 10.
    expect(status.replaceAll('\t', ' ')).toBe(
      'CapEff: 00000000000004e1\nCapBnd: 00000000000004e1\nNoNewPrivs: 1\n',
    );
  });

  /** Of its first process, as Docker says it. */
  const pid = async () =>
    (await lab.a.run(['docker', 'inspect', '--format', '{{.State.Pid}}', 'orthweb-nginx-1']))
      .stdout;

  it('is started again by Docker when it fails, and not when it is stopped', async () => {
    const first = await pid();
    await lab.a.run(['kill', '-KILL', first.trim()]);
    await expect.poll(async () => (await asked()).code, { timeout: 20_000 }).toBe(0);
    expect(await pid()).not.toBe(first);

    await compose('stop');
    const [row = ''] = (await compose('ps', '--all', '--format', 'json')).stdout.split('\n');
    expect(JSON.parse(row)).toMatchObject({ Service: 'nginx', State: 'exited', ExitCode: 0 });
    expect((await asked()).code).toBe(7);
    await compose('up', '--detach', '--wait', '--wait-timeout', '20');
    expect((await asked()).code).toBe(0);
  });

  it('runs once when somebody starts it while Docker does so again', async () => {
    for (let pause = 0; pause < 400; pause += 25) {
      await lab.a.run(['pkill', '-KILL', '--full', '^nginx: master']);
      await lab.a.run(['sleep', String(0.1 + pause / 1000)]);
      await compose('up', '--detach', '--wait', '--wait-timeout', '20', 'nginx');
      const { stdout } = await lab.a.run(['pgrep', '--full', '^nginx: master']);
      expect([pause, stdout]).toEqual([pause, await pid()]);
    }
  });

  it('can be stopped while it is being started', async () => {
    const started = compose('up', '--detach', '--force-recreate', 'nginx');
    await compose('stop', '--timeout', '1');
    await started;
    const { code } = await compose('up', '--detach', '--wait', '--wait-timeout', '20');

    expect(code).toBe(0);
  });

  it('turns unhealthy when its check fails, and healthy again', async () => {
    const health = async () =>
      /"Health":"(\w+)"/.exec((await compose('ps', '--format', 'json')).stdout)?.[1];
    await compose('kill', '--signal', 'STOP', 'nginx');
    await inside('kill -STOP $(pgrep nginx)');
    await expect.poll(health, { timeout: 30_000 }).toBe('unhealthy');

    await inside('kill -CONT $(pgrep nginx)');
    await expect.poll(health, { timeout: 30_000 }).toBe('healthy');
  });

  it('says what it printed', async () => {
    await asked();
    const { stdout } = await compose(
      'logs',
      '--no-color',
      '--no-log-prefix',
      '--timestamps',
      '--tail',
      '20',
      'nginx',
    );
    expect(stdout).toMatch(/^\S+Z 10\.231\.77\.20 - - .* "GET \/ HTTP\/1\.1" 200 /m);
  });
});

describe('Docker in the lab', () => {
  it.each([
    [['compose', 'down']],
    [['compose', '--project-directory', '/opt/orthweb', 'restart', 'nginx']],
    [['ps']],
    [['compose', '--project-directory', '/opt/orthweb', 'up', '--build']],
  ])('refuses %j, which no host script uses', async (args) => {
    const { code, stderr } = await lab.a.run(['docker', ...args]);
    expect(code).toBe(125);
    expect(stderr).toMatch(/not modelled/);
  });

  it.each([
    ['s/read_only: true$/read_only: false/', /models true only/],
    ['s/443:443/8042:8042/', /443 and 11112/],
    ['s/green/"${COLOUR}"/', /not to be filled in/],
    ['s/^    read_only: true$/&\\n    privileged: true/', /privileged: not modelled/],
    ['s/create_host_path: false/create_host_path: true/', /create_host_path/],
    ['s/^    read_only: true$/&\\n    depends_on: [orthanc]/', /depends_on: not modelled/],
    ['s/CMD,/CMD-SHELL,/', /CMD-SHELL: not modelled/],
  ])('refuses a file changed by %s', async (change, why) => {
    const file = '/opt/orthweb/compose.yaml';
    await lab.a.run(['sed', '-i.good', change, file]);
    const { code, stderr } = await compose('config', '--quiet');
    await lab.a.run(['mv', `${file}.good`, file]);

    expect(code).toBe(1);
    expect(stderr).toMatch(why);
  });
});
