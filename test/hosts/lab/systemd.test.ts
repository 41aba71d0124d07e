import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Lab } from '../../../simulator/lab/lab.ts';

let lab: Lab;

beforeAll(async () => {
  lab = await Lab.start({ bundle: path.join(import.meta.dirname, 'bundle') });
  await lab.a.boot();
});

afterAll(() => lab?.remove());

/** Puts a unit on the host, with a command that leaves a line in /var/log/units. */
const unit = async (name: string, text: string) => {
  const write = 'printf %s "$2" >"/etc/systemd/system/$1" && systemctl daemon-reload';
  return lab.a.run(['sh', '-c', write, 'write', name, text]);
};

const oneshot = (script: string, more = '') =>
  `[Service]\nType=oneshot\nExecStart=/usr/bin/bash -c '${script}'\n${more}`;

const systemctl = (...args: readonly string[]) => lab.a.run(['systemctl', ...args]);
const lines = async () =>
  (await lab.a.run(['cat', '/var/log/units'])).stdout.split('\n').slice(0, -1);

/** Longer than anything takes on a busy machine. */
const POLL = { timeout: 20_000 };

it('starts units in the order that they ask for, and ends them in the other', async () => {
  const stop = (word: string) =>
    `RemainAfterExit=yes\nExecStop=/usr/bin/bash -c 'echo ${word} down >>/var/log/units'\n[Install]\nWantedBy=multi-user.target\n`;
  await unit(
    'late.service',
    `[Unit]\nAfter=early.service\n${oneshot('echo late >>/var/log/units', stop('late'))}`,
  );
  await unit('early.service', oneshot('sleep 0.3; echo early >>/var/log/units', stop('early')));
  await systemctl('enable', 'late.service', 'early.service');

  await lab.a.powerOff();
  await lab.a.boot();
  await lab.a.powerOff();
  await lab.a.boot();

  expect((await lines()).slice(0, 4)).toEqual(['early', 'late', 'late down', 'early down']);
});

it('starts again what has failed, after the pause it asks for', async () => {
  await unit(
    'trying.service',
    oneshot('echo try >>/run/tries; exec test -e /run/good', 'Restart=on-failure\nRestartSec=1s\n'),
  );

  expect((await systemctl('start', 'trying.service')).code).toBe(1);
  await expect
    .poll(async () => (await lab.a.run(['wc', '-l', '/run/tries'])).stdout, POLL)
    .toMatch(/^([2-9]|\d\d+) /);
  await lab.a.run(['touch', '/run/good']);
  await expect
    .poll(async () => (await systemctl('is-active', 'trying')).stdout, POLL)
    .toBe('inactive\n');
});

it('starts a timer its unit at once and again', async () => {
  await unit('ticking.service', oneshot('echo tick >>/run/ticks'));
  await unit(
    'ticking.timer',
    '[Timer]\nOnActiveSec=0s\nOnUnitActiveSec=300ms\n[Install]\nWantedBy=timers.target\n',
  );

  await systemctl('enable', '--now', 'ticking.timer');

  await expect
    .poll(async () => (await lab.a.run(['wc', '-l', '/run/ticks'])).stdout, POLL)
    .toMatch(/^([3-9]|\d\d+) /);
  await systemctl('stop', 'ticking.timer');
});

it('lets a unit write where it may, and nowhere else', async () => {
  const places = '/etc /opt /run /tmp /usr/local /var /run/mine';
  const script = `mkdir -p /run/mine; cat >/opt/shut.sh <<'END'
for place in ${places}; do touch $place/x 2>/dev/null && echo $place; done >/run/mine/written
END`;
  await lab.a.run(['sh', '-c', script]);
  const command = '[Service]\nType=oneshot\nExecStart=/usr/bin/bash /opt/shut.sh\n';
  const shut = 'ProtectSystem=strict\nPrivateTmp=true\nReadWritePaths=/run/mine\n';
  await unit('shut.service', command + shut);

  await systemctl('start', 'shut.service');

  expect((await lab.a.run(['cat', '/run/mine/written'])).stdout).toBe('/tmp\n/run/mine\n');
  expect((await lab.a.run(['ls', '/tmp/x'])).code).toBe(2);
});

it('ends what takes longer than its unit allows', async () => {
  await unit('slow.service', oneshot('sleep 60', 'TimeoutStartSec=300ms\n'));

  expect((await systemctl('start', 'slow.service')).code).toBe(1);
});

it.each([
  ['a.timer', '[Timer]\nOnCalendar=daily\n', /OnCalendar=daily: not modelled/],
  ['a.timer', '[Timer]\nOnBootSec=1s\n', /OnBootSec=1s: not modelled/],
  ['a.service', '[Service]\nType=notify\n', /oneshot only/],
  ['a.service', oneshot('exit 0', 'Restart=always\n'), /Restart=always/],
])('refuses %s that says %j', async (name, text, why) => {
  const { stderr } = await unit(name, text);
  await lab.a.run(['rm', `/etc/systemd/system/${name}`]);

  expect(stderr).toMatch(why);
});
