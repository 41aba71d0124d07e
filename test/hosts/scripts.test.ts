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

it('finds nothing to drain on a host without connections, and says so in one line', () => {
  const { status, stdout } = bash(path.join(folder, 'drain.sh'));

  expect(stdout).toBe('{"left":0}\n');
  expect(status).toBe(0);
});

it('finds a host without Orthanc unfit to serve, with the reason', () => {
  const { status, stdout } = bash(path.join(folder, 'probe.sh'));

  expect(JSON.parse(stdout)).toEqual({
    serves: false,
    listens: false,
    reason: expect.stringContaining('/opt/orthweb/tls/name: No such file or directory'),
  });
  expect(status).toBe(1);
});
