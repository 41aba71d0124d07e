import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';

const ROOT = path.join(import.meta.dirname, '../../..');

/** The sources of the app, in which images are not pinned. */
let copy: string;

beforeAll(() => {
  copy = mkdtempSync(path.join(tmpdir(), 'orthweb-unpinned-'));
  const sources = ['compose', 'examples', 'functions', 'infra', 'statemachines', 'package.json'];
  for (const source of [...sources, 'orthweb.config.ts']) {
    cpSync(path.join(ROOT, source), path.join(copy, source), { recursive: true });
  }
  for (const made of ['node_modules', 'build']) {
    symlinkSync(path.join(ROOT, made), path.join(copy, made));
  }
  const file = path.join(copy, 'compose/compose.yaml');
  writeFileSync(file, readFileSync(file, 'utf8').replaceAll(/@sha256:[0-9a-f]+/g, ''));
});

/** Synthesizes a site as the CDK's command line does; resolves to how that ends and what it says. */
const synth = (config: string) =>
  new Promise<{ code: unknown; stderr: string }>((resolve) => {
    const env = {
      ...process.env,
      CDK_OUTDIR: path.join(copy, `out-${path.basename(config)}`),
      CDK_CONTEXT_JSON: JSON.stringify({ config }),
    };
    execFile(process.execPath, ['infra/app.ts'], { cwd: copy, env }, (error, _, stderr) =>
      resolve({ code: error?.code ?? 0, stderr }),
    );
  });

describe('images that are not pinned', () => {
  it('are refused for a production site, one line for each, with the remedy', async () => {
    const { code, stderr } = await synth('examples/always-on-production.ts');

    expect(code).toBe(2);
    expect(stderr.trim().split('\n').sort()).toEqual([
      expect.stringMatching(/^compose\/compose\.yaml services\.\w+\.image: "nginx:.* images\.$/),
      expect.stringMatching(/^compose\/compose\.yaml services\.\w+\.image: "ortha.* images\.$/),
    ]);
  });

  it('may be tried on a test site', async () => {
    expect(await synth('orthweb.config.ts')).toMatchObject({ code: 0 });
  });
});
