import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';

const root = path.join(import.meta.dirname, '../..');
const scripts = ['compose/host', 'simulator/lab'].flatMap((folder) =>
  readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.sh'))
    .map((file) => path.join(folder, file)),
);

const bash = (...args: string[]) => spawnSync('bash', args, { encoding: 'utf8' });

describe.each(scripts)('%s', (script) => {
  it('is bash that parses', () => {
    const { status, stderr } = bash('-n', path.join(root, script));

    expect(stderr).toBe('');
    expect(status).toBe(0);
  });

  it('is such as shellcheck finds nothing in', () => {
    const { status, stdout } = spawnSync('shellcheck', [path.join(root, script)], {
      encoding: 'utf8',
    });

    expect(stdout).toBe('');
    expect(status).toBe(0);
  });
});
