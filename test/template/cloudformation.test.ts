import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, it } from 'vitest';
import { synthesize } from '../../infra/app.ts';
import type { Properties } from './support/assembly.ts';
import { clinic, hospital } from './support/sites.ts';

it.each([
  ['a test site', clinic({ environment: 'tst' })],
  ['a production site in three zones', hospital({ network: { endpoints: 'management' } })],
])('CloudFormation’s own rules have nothing to say about %s, not even a warning', (_, config) => {
  const outdir = mkdtempSync(path.join(tmpdir(), 'orthweb-cloudformation-'));
  synthesize({ config, outdir, validate: true });
  const { pluginReports } = JSON.parse(
    readFileSync(path.join(outdir, 'validation-report.json'), 'utf8'),
  );
  rmSync(outdir, { recursive: true });

  // `synthesize` throws on errors alone; warnings are written into the report.
  expect(pluginReports).toEqual([
    expect.objectContaining({ pluginName: 'CloudFormation Validate', violations: [] }),
  ]);
  const [{ suppressedViolations }] = pluginReports;
  const acknowledged: string[] = suppressedViolations.flatMap(
    ({ ruleName, violatingConstructs }: Properties) =>
      violatingConstructs.map(({ constructPath }: Properties) => `${ruleName} ${constructPath}`),
  );
  expect(acknowledged).not.toEqual([]);
  for (const one of acknowledged) {
    expect(one).toMatch(/^W3010 Orthweb\/Network\/Vpc\/(Public|Private)Subnet\d\/Subnet$/);
  }
});
