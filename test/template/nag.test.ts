import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type App, type CfnResource, type Stack, Validations } from 'aws-cdk-lib';
import { CfnFunction } from 'aws-cdk-lib/aws-lambda';
import { CfnBucket } from 'aws-cdk-lib/aws-s3';
import {
  AwsSolutionsChecks,
  HIPAASecurityChecks,
  NIST80053R5Checks,
  ServerlessChecks,
} from 'cdk-nag';
import { expect, it } from 'vitest';
import { build } from '../../infra/app.ts';
import type { Config } from '../../infra/config.ts';
import { ACKNOWLEDGED, type Acknowledged } from './support/acknowledged.ts';
import { clinic, hospital } from './support/sites.ts';

const PACKS = [AwsSolutionsChecks, HIPAASecurityChecks, NIST80053R5Checks, ServerlessChecks];

interface Finding {
  readonly environment: Config['environment'];
  readonly path: string;
  readonly type: string;
  readonly rule: string;
}

/** What the packs find in a synthesized app, errors and warnings alike. */
function findings(config: Config, change: (app: App) => void = () => {}): Finding[] {
  const outdir = mkdtempSync(path.join(tmpdir(), 'orthweb-nag-'));
  const app = build({ config, outdir, validate: false });
  change(app);
  app.synth();
  rmSync(outdir, { recursive: true });
  const general = (rule: string) =>
    rule
      .replaceAll(config.region, '<region>')
      .replaceAll(`:${config.site}-`, ':<site>-')
      .replace(/StorageData\w+/, '<images>')
      // CDK finds it in the other stack by its output.
      .replace(/\{"Fn::GetStackOutput".*StorageLogs.*?\}\}/, '<logs>');
  const typeOf = (at = '') =>
    (app.node.findAll().find(({ node }) => node.path === at) as CfnResource).cfnResourceType;
  return PACKS.flatMap((Pack) => new Pack(app).validateScope(app).violations).flatMap(
    ({ ruleName, violatingResources }) =>
      violatingResources.map(({ constructPath = '' }) => ({
        environment: config.environment,
        path: constructPath,
        type: typeOf(constructPath),
        rule: general(ruleName),
      })),
  );
}

const meets = (row: Acknowledged, { environment, path: at, rule }: Finding): boolean =>
  row.rules.includes(rule) &&
  row.on.some((pattern) => path.matchesGlob(at, pattern)) &&
  (row.only ?? environment) === environment;

const sites = [
  clinic({ environment: 'tst' }),
  hospital({ network: { endpoints: 'management' } }),
] as const;
const found = sites.flatMap((config) => findings(config));

it('finds nothing in a test or a production site that is not acknowledged once, with a reason', () => {
  const wrong = found
    .map((finding) => ({ ...finding, rows: ACKNOWLEDGED.filter((row) => meets(row, finding)) }))
    .filter(({ rows }) => rows.length !== 1)
    .map(({ environment, path: at, rule, rows }) => `${environment} ${at} ${rule}: ${rows.length}`);

  expect(wrong).toEqual([]);
  for (const { because } of ACKNOWLEDGED) expect(because.split(' ').length).toBeGreaterThan(5);
});

it('acknowledges nothing that is no longer found', () => {
  const single = ACKNOWLEDGED.flatMap((row) =>
    row.on.flatMap((on) => row.rules.map((rule) => ({ ...row, on: [on], rules: [rule] }))),
  );
  const stale = single.filter((row) => !found.some((finding) => meets(row, finding)));

  expect(stale.map(({ on, rules }) => `${on} ${rules}`)).toEqual([]);
});

it('acknowledges for one resource or one kind of resource, never for a stack', () => {
  for (const pattern of ACKNOWLEDGED.flatMap(({ on }) => on)) {
    const types = found.filter(({ path: at }) => path.matchesGlob(at, pattern));

    expect([pattern, new Set(types.map(({ type }) => type)).size]).toEqual([pattern, 1]);
  }
});

it('finds with each pack what is careless in a copy of the site', () => {
  const careless = findings(sites[1], (app) => {
    const stack = app.node.findChild('Orthweb') as Stack;
    new CfnBucket(stack, 'CarelessBucket');
    new CfnFunction(stack, 'CarelessFunction', {
      runtime: 'nodejs16.x',
      handler: 'index.handler',
      code: { zipFile: 'exports.handler = () => {}' },
      role: 'arn:aws:iam::111122223333:role/Anyone',
    });
  });
  const packs = (name: string) =>
    new Set(
      careless
        .filter(({ path: at }) => at === `Orthweb/${name}`)
        .map(({ rule }) => rule.split('-')[0]),
    );
  const general = ['AwsSolutions', 'HIPAA.Security', 'NIST.800.53.R5'];

  expect(packs('CarelessBucket')).toEqual(new Set(general));
  expect(packs('CarelessFunction')).toEqual(new Set([...general, 'Serverless']));
});

it('leaves no acknowledgement in a construct, where it would hide a finding from the table', () => {
  const outdir = mkdtempSync(path.join(tmpdir(), 'orthweb-nag-'));
  const app = build({ config: sites[0], outdir, validate: false });
  const inside = app.node
    .findAll()
    .flatMap(({ node }) => node.metadata)
    .filter(({ type }) => type === Validations.ACKNOWLEDGED_RULES_METADATA_KEY)
    .flatMap(({ data }) => Object.keys(data));

  rmSync(outdir, { recursive: true });

  // Those of CDK's own validation stand nowhere else; cloudformation.test.ts holds them.
  expect(inside).toContain('CloudFormation-Validate::W3010');
  expect(inside.filter((id) => !id.startsWith('CloudFormation-Validate::'))).toEqual([]);
});
