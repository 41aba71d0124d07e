import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { Assembly, type Granted, type Statement } from './support/assembly.ts';
import { clinic, hospital } from './support/sites.ts';

/** What each function may change, beside its own log. One that is missing here has to argue. */
const MAY_CHANGE: Readonly<Record<string, readonly string[]>> = {
  'power/look': [],
  'power/begin': ['dynamodb:PutItem'],
  'power/act': [
    'ec2:StartInstances',
    'ec2:StopInstances',
    'kms:CreateGrant',
    'rds:StartDBInstance',
    'rds:StopDBInstance',
    'ssm:SendCommand',
  ],
  'power/report': [
    'dynamodb:DeleteItem',
    'dynamodb:PutItem',
    'kms:Decrypt',
    'kms:GenerateDataKey',
    'sns:Publish',
  ],
  'site/tick': [
    'dynamodb:DeleteItem',
    'dynamodb:PutItem',
    'kms:Decrypt',
    'kms:GenerateDataKey',
    'sns:Publish',
    'states:StartExecution',
  ],
};

const READS = /^[a-z0-9]+:(Describe|Get|List|Query)/;

const sites = [
  ['a test site with a schedule', clinic()],
  ['a production site that is always on', hospital()],
] as const;

describe.each(sites)('in %s', (_, config) => {
  const assembly = new Assembly(config);
  const functions = assembly.functions();
  const account = `${config.region}:<AWS::AccountId>`;

  /** The statements that grant any of these actions, and who has them. */
  const granting = (pattern: RegExp): (readonly [string, Statement])[] =>
    functions.flatMap(({ name, statements }) =>
      statements
        .filter(({ actions }) => actions.some((action) => pattern.test(action)))
        .map((statement) => [name, statement] as const),
    );

  it('only hosts tagged with this site can be started or stopped, and by power/act alone', () => {
    const hosts = assembly.site.filter(({ type }) => type === 'AWS::EC2::Instance');

    expect(granting(/^ec2:(?!Describe)/)).toEqual([
      [
        'power/act',
        {
          effect: 'Allow',
          actions: ['ec2:StartInstances', 'ec2:StopInstances'],
          resources: [`arn:aws:ec2:${account}:instance/*`],
          conditions: { StringEquals: { 'aws:ResourceTag/orthweb:site': config.site } },
        },
      ],
    ]);
    expect(hosts).toHaveLength(2);
    for (const { properties } of hosts) {
      expect(properties.Tags).toContainEqual({ Key: 'orthweb:site', Value: config.site });
    }
  });

  it('only the database of this site can be started or stopped, and by power/act alone', () => {
    expect(granting(/^rds:(?!Describe)/)).toEqual([
      [
        'power/act',
        {
          effect: 'Allow',
          actions: ['rds:StartDBInstance', 'rds:StopDBInstance'],
          resources: [`arn:aws:rds:${account}:db:<Database/Instance>`],
          conditions: {},
        },
      ],
    ]);
  });

  it('act may send exactly the three documents, and to the hosts of this site only', () => {
    const documents = ['Commands/Drain', 'Commands/Undrain', 'Commands/Probe'];

    expect(granting(/^ssm:(?!Describe|Get)/)).toEqual([
      [
        'power/act',
        {
          effect: 'Allow',
          actions: ['ssm:SendCommand'],
          resources: documents.map((document) => `arn:aws:ssm:${account}:document/<${document}>`),
          conditions: {},
        },
      ],
      [
        'power/act',
        {
          effect: 'Allow',
          actions: ['ssm:SendCommand'],
          resources: [`arn:aws:ec2:${account}:instance/*`],
          conditions: { StringEquals: { 'ssm:resourceTag/orthweb:site': config.site } },
        },
      ],
    ]);
  });

  it('act may lend the site key to EC2 for the disk of a host, and to nobody else', () => {
    expect(granting(/^kms:CreateGrant$/)).toEqual([
      [
        'power/act',
        {
          effect: 'Allow',
          actions: ['kms:CreateGrant'],
          resources: ['<Key.Arn>'],
          conditions: {
            StringEquals: { 'kms:ViaService': `ec2.${config.region}.amazonaws.com` },
            Bool: { 'kms:GrantIsForAWSResource': 'true' },
          },
        },
      ],
    ]);
  });

  it('what reads cannot change anything, and what changes can change nothing else', () => {
    const changes = ({ statements }: Granted) =>
      statements
        .flatMap(({ actions }) => actions)
        .filter((action) => !READS.test(action) && !action.startsWith('logs:'));

    expect(
      Object.fromEntries(functions.map((fn) => [fn.name, [...new Set(changes(fn))].sort()])),
    ).toEqual(MAY_CHANGE);
  });

  it('a function writes its own log and no other', () => {
    for (const { name, statements } of functions) {
      const logs = statements.filter(({ actions }) => actions.some((one) => /^logs:/.test(one)));
      const fn = assembly
        .of('Lambda::Function')
        .find(({ properties }) => properties.Handler === `${name}.handler`);

      expect(logs).toEqual([
        {
          effect: 'Allow',
          actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
          resources: [fn?.properties.LoggingConfig.LogGroup.replace('>', '.Arn>')],
          conditions: {},
        },
      ]);
    }
  });

  it('no function can ask about the runs of a site whose name begins like ours', () => {
    const other = `arn:aws:states:${account}:execution:${config.site}-annex-power:run`;

    for (const [, { resources }] of granting(/^states:Describe/)) {
      for (const pattern of resources) expect(path.matchesGlob(other, pattern)).toBe(false);
    }
  });

  it('no role has an AWS managed policy or grants written into itself', () => {
    for (const { properties } of assembly.of('IAM::Role')) {
      expect(properties).not.toHaveProperty('ManagedPolicyArns');
      expect(properties).not.toHaveProperty('Policies');
    }
    expect(assembly.of('IAM::ManagedPolicy')).toEqual([]);
  });

  it('each grant of a function carries its reason, and no reason outlives its grant', () => {
    for (const { statements, reasons } of functions) {
      const granted = new Set(statements.flatMap(({ actions }) => actions));

      expect(new Set(reasons.flatMap(({ actions }) => actions))).toEqual(granted);
      for (const { because } of reasons) expect(because.split(' ').length).toBeGreaterThan(2);
    }
  });
});
