import { App } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import flags from 'aws-cdk-lib/recommended-feature-flags.json' with { type: 'json' };
import { type Config, parseConfig } from '../../../infra/config.ts';
import { SiteStack } from '../../../infra/site/site-stack.ts';
import type { Properties } from './assembly.ts';

/** A test site in two zones, without a private endpoint. */
export const clinic = parseConfig({
  site: 'clinic',
  environment: 'dev',
  region: 'ca-central-1',
  zones: ['ca-central-1a', 'ca-central-1b'],
  timeZone: 'America/Toronto',
  clients: { web: ['203.0.113.0/24'], dicom: ['198.51.100.7/32', '198.51.100.8/32'] },
  database: { backupWindow: '12:00-12:30' },
  alerts: { emails: ['pacs@example.org'] },
  tags: { Owner: 'radiology' },
});

/** The zones of `clinic`, and a third. */
export const zones = ['ca-central-1a', 'ca-central-1b', 'ca-central-1d'];

/** The stack `Orthweb` by itself, not yet synthesized. */
export function deploy(change: Partial<Config>) {
  const app = new App({
    context: { ...flags, '@aws-cdk/core:validateAgainstDefaultRules': true },
    builtinCloudFormationValidation: false,
  });
  const config = { ...clinic, ...change };
  const stack = new SiteStack(app, 'Orthweb', {
    stackName: config.site,
    env: { region: config.region },
    config,
  });
  return { app, stack };
}

/** Its template, for `clinic` with these differences. */
export const synth = (change: Partial<Config> = {}) => Template.fromStack(deploy(change).stack);

/** Properties of each resource of a type, by logical id. */
export const all = (template: Template, type: string): [string, Properties][] =>
  Object.entries(template.findResources(type)).map(([id, { Properties }]) => [id, Properties]);

/** What cloud-init runs on each host, in the order of the nodes; a reference stands as its JSON. */
export const userData = (template: Template): string[] =>
  all(template, 'AWS::EC2::LaunchTemplate').map(([, { LaunchTemplateData }]) =>
    LaunchTemplateData.UserData['Fn::Base64']['Fn::Join'][1]
      .map((part: unknown) => (typeof part === 'string' ? part : JSON.stringify(part)))
      .join(''),
  );

/** What differs from site to site in the shape of the stack. */
export const sites: [string, Partial<Config>][] = [
  ['a test site in two zones', {}],
  ['a production site in two zones', { environment: 'prd' }],
  ['a production site in three zones', { environment: 'prd', zones }],
  ['a site on dynamic addresses', { hosts: { ...clinic.hosts, addresses: 'dynamic' } }],
  [
    'a site with private endpoints',
    { network: { ...clinic.network, endpoints: ['kms', 'secretsmanager', 'ssm', 'ssmmessages'] } },
  ],
];
