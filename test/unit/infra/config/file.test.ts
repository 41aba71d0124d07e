import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { InvalidConfig, loadConfig } from '../../../../infra/config.ts';

describe('the file of a configuration', () => {
  let folder: string;
  const write = async (name: string, text: string) => {
    await writeFile(join(folder, name), text);
    return join(folder, name);
  };
  const refusal = (path: string) =>
    loadConfig(path).then(
      () => 'accepted',
      (error) => (error instanceof InvalidConfig ? error.message : `a stack trace: ${error}`),
    );
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'orthweb-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  it.each([
    'orthweb.config.ts',
    'examples/clinic-toronto.ts',
    'examples/research-sydney.ts',
    'examples/always-on-production.ts',
  ])('is valid in %s, as shipped', async (path) => {
    const config = await loadConfig(path);

    expect(config.alerts.emails.every((email) => email.endsWith('@example.org'))).toBe(true);
    expect(config.schedule === undefined).toBe(path.includes('always-on'));
  });

  it('may be missing, and the sentence says where it was sought', async () => {
    expect(await refusal('nowhere.ts')).toBe(
      'nowhere.ts: nothing is there. Write the path of a file such as orthweb.config.ts.',
    );
  });

  it('has a default export', async () => {
    const path = await write('named.ts', 'export const config = {};');

    expect(await refusal(path)).toBe(
      `${path}: nothing is exported from it. Write export default defineConfig({ … }).`,
    );
  });

  it.each([
    ['cut-off.ts', 'export default {\n  site: 3\n  zones: 4,'],
    ['unknown-name.ts', 'export default somewhere;'],
    ['throws-text.ts', 'throw "not today";'],
  ])('may be broken, and the sentence says what Node says of %s', async (name, text) => {
    const path = await write(name, text);

    const message = await refusal(path);

    expect(message).toMatch(
      /^\S+: ".+" keeps it from being read( on line \d+)?\. Correct the file\.$/,
    );
    expect(message.split('\n')).toHaveLength(1);
  });
});
