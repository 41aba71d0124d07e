import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { clinic } from '../template/support/sites.ts';
import { BUNDLE, Host } from './support/host.ts';
import { Site } from './support/site.ts';

const site = new Site();
const hosts: Host[] = [];
afterAll(() => {
  for (const made of [site, ...hosts]) made.remove();
});

const PLUGIN = 'usr/local/lib/docker/cli-plugins/docker-compose';

/** What the internet gives for Compose here. */
const compose = 'a Compose that stands for the real one\n';
const checksum = createHash('sha256').update(compose).digest('hex');

/** What each program that a host has and this machine has not, or may not use, does on a good day. */
const goodDay = {
  dnf: '',
  curl: 'until [[ $1 == --output ]]; do shift; done; /usr/bin/cp /mnt/compose "$2"',
  aws: '/usr/bin/cp /mnt/bundle.zip "${@: -1}"',
  // Nothing starts before all that it reads at its start is there.
  systemctl: `case $* in
    'enable --now docker') [[ -s /etc/docker/daemon.json && -x /${PLUGIN} ]] ;;
    'enable --now '*) [[ -s /etc/systemd/system/$3 ]] ;;
  esac`,
  sleep: '',
  'opt/aws/bin/cfn-signal': '',
};

/** A new host of a node, right after its first boot. */
async function booted(
  node: 'a' | 'b',
  different: { sha256?: string; bad?: Partial<typeof goodDay> },
) {
  const host = new Host();
  hosts.push(host);
  for (const [name, answer] of Object.entries({ ...goodDay, ...different.bad })) {
    host.program(name, answer);
  }
  // We don't have the real Compose, so ours must be the right one.
  const userData = site
    .userData(node)
    .replace(/(?<=^ORTHWEB_COMPOSE_SHA256=').*(?='$)/m, different.sha256 ?? checksum);
  const [bundle = ''] = /(?<=^ORTHWEB_BUNDLE=').*(?='$)/m.exec(userData) ?? [];
  execFileSync('zip', ['-q', '-r', host.path('bundle.zip'), '.'], { cwd: site.uploaded(bundle) });
  host.write('compose', compose);
  host.write('run/user-data', userData, 0o755);
  const ended = await host.run(['/run/user-data']);
  return { host, bundle, ...ended };
}

/** What `cfn-signal` was told, as options by name; the reason comes last, and is text. */
const told = (host: Host) =>
  host.calls('cfn-signal').map((call) => {
    const [options = '', quoted = ''] = call.split(' --reason ');
    // As bash would write it again: with a backslash before each space.
    const reason = quoted.replace(/\\(.)/g, '$1');
    return {
      ...Object.fromEntries(
        [...options.matchAll(/--(\S+) (\S+)/g)].map(([, name, value]) => [name, value]),
      ),
      reason,
    };
  });

describe.each(['a', 'b'] as const)('the first boot of node %s', (node) => {
  let boot: Awaited<ReturnType<typeof booted>>;
  beforeAll(async () => {
    boot = await booted(node, {});
  });

  it('ends well, and says nothing', () => {
    expect(boot).toMatchObject({ status: 0, stdout: '', stderr: '' });
  });

  it('tells CloudFormation, once, that this very instance serves', () => {
    const { id, stack } = site.instance(node);

    expect(told(boot.host)).toEqual([
      {
        'exit-code': '0',
        region: 'ca-central-1',
        stack: stack.name,
        resource: id,
        reason: 'the first boot is done',
      },
    ]);
  });

  it('leaves the settings of the site, none of which can do more than be a value', () => {
    const lines = boot.host.read('opt/orthweb/site.env').trimEnd().split('\n');

    for (const line of lines) expect(line).toMatch(/^ORTHWEB_[A-Z0-9_]+='[\w.:/-]+'$/);
    expect(lines).toContain("ORTHWEB_SITE='clinic'");
    expect(lines).toContain(`ORTHWEB_NODE='${node}'`);
  });

  it("leaves the root of the authority for this region's database, whole", () => {
    const root = boot.host.path('opt/orthweb/database-root.pem');
    const openssl = (...args: string[]) => execFileSync('openssl', args, { encoding: 'utf8' });

    expect(openssl('x509', '-noout', '-subject', '-in', root)).toContain(
      'CN = Amazon RDS ca-central-1 Root CA RSA2048 G1',
    );
    expect(openssl('verify', '-CAfile', root, root)).toBe(`${root}: OK\n`);
  });

  it('has Docker log to the group of the site by node, without ever waiting for it', () => {
    expect(JSON.parse(boot.host.read('etc/docker/daemon.json'))).toMatchObject({
      'log-driver': 'awslogs',
      'log-opts': {
        'awslogs-region': 'ca-central-1',
        'awslogs-group': '/orthweb/clinic/containers',
        tag: `${node}/{{.Name}}/{{.ID}}`,
        mode: 'non-blocking',
      },
    });
  });

  it('keeps networks of containers in the range that the site gives them', () => {
    expect(JSON.parse(boot.host.read('etc/docker/daemon.json'))).toMatchObject({
      'default-address-pools': [{ base: clinic().network.containers, size: 26 }],
    });
  });

  it('installs Compose as a plugin that can be run', () => {
    expect(boot.host.read(PLUGIN)).toBe(compose);
    expect(statSync(boot.host.path(PLUGIN)).mode & 0o777).toBe(0o755);
    expect(readdirSync(path.dirname(boot.host.path(PLUGIN)))).toEqual(['docker-compose']);
  });

  it('unpacks the bundle of this checkout, and installs its units', () => {
    const { host, bundle } = boot;

    expect(host.calls('aws')).toEqual([
      expect.stringContaining(` --region ca-central-1 ${bundle} `),
    ]);
    for (const file of readdirSync(path.join(BUNDLE, 'host'))) {
      expect(host.read(`opt/orthweb/host/${file}`)).toBe(
        readFileSync(path.join(BUNDLE, 'host', file), 'utf8'),
      );
    }
    for (const unit of readdirSync(path.join(BUNDLE, 'systemd'))) {
      expect(host.read(`etc/systemd/system/${unit}`)).toBe(
        readFileSync(path.join(BUNDLE, 'systemd', unit), 'utf8'),
      );
    }
  });

  it('has Docker, the site and the timer start, now and at each boot, once what they read is there', () => {
    expect(boot.host.calls('systemctl')).toEqual([
      'systemctl enable --now docker',
      'systemctl daemon-reload',
      'systemctl enable orthweb.service',
      'systemctl enable --now orthweb-credentials.timer',
      'systemctl start orthweb.service',
    ]);
  });

  it('notes which bundle it has', () => {
    expect(boot.host.read('opt/orthweb/bundle')).toBe(`${path.basename(boot.bundle, '.zip')}\n`);
  });

  it('leaves nothing of the download and the unpacking behind', () => {
    expect(readdirSync(boot.host.path('tmp'))).toEqual([]);
  });
});

it('neither installs nor starts anything when Compose is not what it should be', async () => {
  const { host, status } = await booted('a', { sha256: '0'.repeat(64) });

  expect(status).toBe(1);
  expect(told(host)).toEqual([expect.objectContaining({ 'exit-code': '1' })]);
  expect(existsSync(host.path(PLUGIN))).toBe(false);
  expect(host.calls('systemctl')).toEqual([]);
  expect(existsSync(host.path('opt/orthweb/host'))).toBe(false);
});

it('fails the deployment of a host on which the site does not start', async () => {
  const bad = { systemctl: '[[ $* != start* ]]' };
  const { host, status } = await booted('a', { bad });

  expect(status).toBe(1);
  expect(told(host)).toEqual([
    expect.objectContaining({
      'exit-code': '1',
      reason: 'the first boot was starting the site',
    }),
  ]);
});

it('fails the deployment when the host is stopped before it is prepared', async () => {
  const { host, status } = await booted('a', { bad: { aws: 'kill -TERM "$PPID"' } });

  expect(status).toBe(1);
  expect(told(host)).toEqual([expect.objectContaining({ 'exit-code': '1' })]);
});

describe.each([
  // What each ends with when it finds no network; curl leaves what it got so far.
  ['dnf', 1, ':', 'installing packages'],
  [
    'curl',
    6,
    '[[ $* =~ --output\\ ([^ ]+) ]] && printf half >"${BASH_REMATCH[1]}"',
    'installing Docker Compose',
  ],
  ['aws', 255, ':', 'fetching the host bundle'],
] as const)('a network that is not there when %s needs it', (program, code, leaves, about) => {
  it('is waited for', async () => {
    const { host, status } = await booted('a', {
      bad: {
        [program]: `(( $(nth) > 2 )) || { ${leaves}; exit ${code}; }; ${goodDay[program]}`,
      },
    });

    expect(status).toBe(0);
    expect(host.calls(program)).toHaveLength(3);
    expect(host.calls('sleep')).toEqual(['sleep 5', 'sleep 10']);
    expect(told(host)).toEqual([expect.objectContaining({ 'exit-code': '0' })]);
  });

  it('fails the deployment when it does not come in some minutes', async () => {
    const { host, status } = await booted('a', {
      bad: { [program]: `${leaves}; exit ${code}` },
    });

    expect(status).toBe(code);
    expect(told(host)).toEqual([
      expect.objectContaining({
        'exit-code': String(code),
        stack: 'clinic',
        resource: site.instance('a').id,
        reason: `the first boot was ${about}`,
      }),
    ]);
    expect(existsSync(host.path('opt/orthweb/host'))).toBe(false);
  });

  it('is given up on after the pauses that the bounds of a first boot count on', async () => {
    const { host } = await booted('a', { bad: { [program]: `exit ${code}` } });

    expect(host.calls(program)).toHaveLength(6);
    expect(host.calls('sleep')).toEqual([5, 10, 20, 40, 80].map((pause) => `sleep ${pause}`));
  });
});

describe('what an operator writes', () => {
  const quote = "x'; reboot; '";

  it.each([
    ['site', { site: quote }],
    ['region', { region: quote }],
    ['network.containers', { network: { containers: quote } }],
  ])('cannot break out of its quotes in the settings: %s', (field, change) => {
    expect(() => clinic(change)).toThrow(field);
  });
});
