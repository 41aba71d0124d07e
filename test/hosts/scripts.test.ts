import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';

const folder = path.join(import.meta.dirname, '../../compose/host');
const scripts = readdirSync(folder).filter((file) => file.endsWith('.sh'));

const bash = (...args: string[]) => spawnSync('bash', args, { encoding: 'utf8' });

describe.each(scripts)('%s', (script) => {
  it('is bash that parses', () => {
    const { status, stderr } = bash('-n', path.join(folder, script));

    expect(stderr).toBe('');
    expect(status).toBe(0);
  });

  it('is such as shellcheck finds nothing in', () => {
    const { status, stdout } = spawnSync('shellcheck', [path.join(folder, script)], {
      encoding: 'utf8',
    });

    expect(stdout).toBe('');
    expect(status).toBe(0);
  });
});
