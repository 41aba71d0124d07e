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
  'certificate/begin': ['dynamodb:PutItem'],
  'certificate/look': [],
  'certificate/act': ['dynamodb:PutItem', 'ssm:SendCommand'],
  'certificate/sign': ['kms:Sign'],
  // For Lambda itself, and denied to the function’s own code.
  'certificate/verify': [
    'ec2:AssignPrivateIpAddresses',
    'ec2:CreateNetworkInterface',
    'ec2:DeleteNetworkInterface',
    'ec2:UnassignPrivateIpAddresses',
  ],
  'certificate/report': [
    'dynamodb:DeleteItem',
    'dynamodb:PutItem',
    'kms:Decrypt',
    'kms:GenerateDataKey',
    'sns:Publish',
  ],
  'certificate/authority': ['kms:Sign'],
  // For Lambda itself, as above.
  'health/probe': [
    'ec2:AssignPrivateIpAddresses',
    'ec2:CreateNetworkInterface',
    'ec2:DeleteNetworkInterface',
    'ec2:UnassignPrivateIpAddresses',
  ],
  // It has hosts say how they are, and changes nothing on them.
  'health/observe': [
    'dynamodb:DeleteItem',
    'dynamodb:PutItem',
    'events:PutEvents',
    'kms:Decrypt',
    'kms:GenerateDataKey',
    'lambda:InvokeFunction',
    's3:PutObject',
    'sns:Publish',
    'sqs:SendMessage',
    'ssm:SendCommand',
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

    // Network interfaces have a test of their own.
    expect(granting(/^ec2:(?!Describe|\w+(NetworkInterface|PrivateIpAddresses)$)/)).toEqual([
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

  it('each may send exactly its own documents, and to the hosts of this site only', () => {
    const documents = {
      'power/act': ['Drain', 'Undrain', 'Probe'],
      'certificate/act': [
        'Probe',
        'CertificateRequest',
        'CertificateInstall',
        'CertificateRollback',
      ],
      'health/observe': ['Probe'],
    };

    expect(granting(/^ssm:(?!Describe|Get|List)/)).toEqual(
      Object.entries(documents).flatMap(([act, names]) => [
        [
          act,
          {
            effect: 'Allow',
            actions: ['ssm:SendCommand'],
            resources: names.map((name) => `arn:aws:ssm:${account}:document/<Commands/${name}>`),
            conditions: {},
          },
        ],
        [
          act,
          {
            effect: 'Allow',
            actions: ['ssm:SendCommand'],
            resources: [`arn:aws:ec2:${account}:instance/*`],
            conditions: { StringEquals: { 'ssm:resourceTag/orthweb:site': config.site } },
          },
        ],
      ]),
    );
  });

  it('only certificate/sign and the maker of the authority’s own certificate may have an authority sign', () => {
    const keys = assembly.site
      .filter(({ properties }) => properties.KeyUsage === 'SIGN_VERIFY')
      .map(({ path }) => `<${path}.Arn>`);

    expect(keys).toEqual(['<Authority/Key1.Arn>']);
    expect(
      granting(/^kms:(Sign|\*)/).map(([name, { effect, resources }]) => [name, effect, resources]),
    ).toEqual([
      ['certificate/authority', 'Allow', keys],
      ['certificate/sign', 'Allow', keys],
    ]);
    // Nor does anybody else get at the key by another right.
    const others = assembly
      .everywhere('IAM::Policy')
      .filter(({ properties }) => JSON.stringify(properties).includes(keys[0] ?? ''))
      .map(({ path }) => path);
    expect(others).toEqual(['Authority/Maker/Grants', 'Certificate/Sign/Grants']);
  });

  it('who looks from within stands in the private subnets, and wears what reaches the hosts alone', () => {
    const inside = assembly
      .everywhere('Lambda::Function')
      .filter(({ properties }) => properties.VpcConfig !== undefined);
    const isPrivate = (ref: string) => /^<Network\/Vpc\/PrivateSubnet\d\/Subnet>$/.test(ref);

    expect(inside.map(({ properties }) => properties.Handler)).toEqual([
      'certificate/verify.handler',
      'health/probe.handler',
    ]);
    for (const { properties } of inside) {
      const { SecurityGroupIds, SubnetIds } = properties.VpcConfig;
      expect(SecurityGroupIds).toEqual(['<Network/Observer.GroupId>']);
      expect(SubnetIds.filter(isPrivate)).toHaveLength(config.zones.length);
      expect(SubnetIds).toHaveLength(config.zones.length);
    }
  });

  it.each([
    ['certificate/verify', 'Certificate/Verify'],
    ['health/probe', 'Health/Probe'],
  ])('Lambda may connect %s to the network, and its own code may not', (name, where) => {
    const all = granting(/NetworkInterface|PrivateIpAddresses/);
    const [allowed, denied, ...others] = all.filter(([whose]) => whose === name);

    expect(all).toHaveLength(4);
    expect(others).toEqual([]);
    expect(allowed?.[1]).toMatchObject({ effect: 'Allow', conditions: {} });
    expect(denied?.[1]).toEqual({
      effect: 'Deny',
      actions: allowed?.[1].actions,
      resources: ['*'],
      conditions: {
        ArnEquals: { 'lambda:SourceFunctionArn': `<${where}/Function.Arn>` },
      },
    });
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
        .filter(({ effect }) => effect === 'Allow')
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
        .everywhere('Lambda::Function')
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
    const others = ['power', 'certificate'].map(
      (capability) => `arn:aws:states:${account}:execution:${config.site}-annex-${capability}:run`,
    );

    for (const [, { resources }] of granting(/^states:Describe/)) {
      for (const pattern of resources) {
        expect(others.filter((other) => path.matchesGlob(other, pattern))).toEqual([]);
      }
    }
  });

  it('whoever finds the lease held can ask about a run of any workflow', () => {
    const runs = assembly
      .of('StepFunctions::StateMachine')
      .map(
        ({ properties }) => `arn:aws:states:${account}:execution:${properties.StateMachineName}:*`,
      )
      .sort();

    expect(granting(/^states:Describe/).map(([name, { resources }]) => [name, resources])).toEqual([
      ['power/begin', runs],
      ['certificate/begin', runs],
      ['site/tick', runs],
    ]);
  });

  it('no role has an AWS managed policy or grants written into itself', () => {
    for (const { properties } of assembly.everywhere('IAM::Role')) {
      expect(properties).not.toHaveProperty('ManagedPolicyArns');
      expect(properties).not.toHaveProperty('Policies');
    }
    expect(assembly.everywhere('IAM::ManagedPolicy')).toEqual([]);
  });

  it('each grant of a function carries its reason, and no reason outlives its grant', () => {
    for (const { statements, reasons } of functions) {
      const granted = new Set(statements.flatMap(({ actions }) => actions));

      expect(new Set(reasons.flatMap(({ actions }) => actions))).toEqual(granted);
      for (const { because } of reasons) expect(because.split(' ').length).toBeGreaterThan(2);
    }
  });
});
