import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { BUNDLE } from './support/host.ts';

const folder = path.join(BUNDLE, 'systemd');

it.each(readdirSync(folder))('systemd understands every line of %s', (unit) => {
  const { status, stderr } = spawnSync(
    'systemd-analyze',
    ['verify', '--man=no', path.join(folder, unit)],
    { encoding: 'utf8' },
  );

  // What it does not understand it ignores, with a line about that and a status of 0.
  expect(stderr).toBe('');
  expect(status).toBe(0);
});
