import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { expect, it } from 'vitest';

it('lint:template passes over nothing in silence: without cfn-lint it ends with 2 and says how to get it', () => {
  const script = path.join(import.meta.dirname, '../lint-template.ts');
  const run = spawnSync(process.execPath, [script], { encoding: 'utf8', env: { PATH: '' } });

  expect(run.status).toBe(2);
  expect(run.stderr).toContain('pip install cfn-lint');
  expect(run.stdout).toBe('');
});
