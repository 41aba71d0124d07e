import { cpSync, readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { BUNDLE, Host } from './support/host.ts';

let host: Host;

beforeEach(() => {
  host = new Host();
  cpSync(BUNDLE, host.path('opt/orthweb'), { recursive: true });
  host.program('systemctl', '');
});

afterEach(() => host.remove());

const installed = () => host.run(['bash', '/opt/orthweb/host/install.sh']);

/** Everything on the host: permissions and content of each file by its path. */
const state = () =>
  ['etc', 'opt', 'run', 'usr/local', 'tmp'].flatMap((place) =>
    readdirSync(host.path(place), { recursive: true, withFileTypes: true }).map((entry) => {
      const file = path.join(entry.parentPath, entry.name);
      const content = entry.isFile() ? readFileSync(file, 'utf8') : '';
      return { file, mode: statSync(file).mode, content };
    }),
  );

it('makes the place of the secrets, under /run and for root alone', async () => {
  expect(await installed()).toEqual({ status: 0, stdout: '', stderr: '' });

  expect(statSync(host.path('run/orthweb/secrets')).mode & 0o777).toBe(0o700);
});

it('leaves units as systemd wants them: for all to read and root to write', async () => {
  await installed();

  for (const unit of readdirSync(path.join(BUNDLE, 'systemd'))) {
    expect(statSync(host.path(`etc/systemd/system/${unit}`)).mode & 0o777).toBe(0o644);
  }
});

it('gives the same host and makes the same calls when it is run again', async () => {
  await installed();
  const once = { state: state(), calls: host.calls() };

  expect(await installed()).toEqual({ status: 0, stdout: '', stderr: '' });

  expect(state()).toEqual(once.state);
  expect(host.calls()).toEqual([...once.calls, ...once.calls]);
});

it('keeps the credentials that are there', async () => {
  host.write('run/orthweb/secrets/images/credentials', 'those of this hour\n', 0o600);

  await installed();

  expect(host.read('run/orthweb/secrets/images/credentials')).toBe('those of this hour\n');
});
