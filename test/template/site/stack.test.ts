import { Match, Template } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import type { Properties } from '../support/assembly.ts';
import { all, deploy, sites, synth } from '../support/site-stack.ts';

describe.each(sites)('%s', (_, change) => {
  const template = synth(change);

  it('synthesizes without credentials', () => {
    const { app } = deploy(change);

    expect(app.synth().manifest.missing ?? []).toEqual([]);
  });

  it('attaches no AWS managed policy to any role', () => {
    for (const [, role] of all(template, 'AWS::IAM::Role')) {
      expect(role.ManagedPolicyArns).toBeUndefined();
    }
  });

  it('has one Lambda beside the data, which makes certificates and can touch no data', () => {
    const functions = all(template, 'AWS::Lambda::Function').map(([, { Handler }]) => Handler);
    const keys = template.findResources('AWS::KMS::Key', {
      Properties: { KeyUsage: 'SIGN_VERIFY' },
    });
    const [[, grants = {}] = []] = all(template, 'AWS::IAM::Policy').filter(([id]) =>
      id.startsWith('AuthorityMaker'),
    );

    expect(functions).toEqual(['certificate/authority.handler']);
    expect(grants.PolicyDocument.Statement.map(({ Action }: Properties) => Action)).toEqual([
      ['logs:CreateLogStream', 'logs:PutLogEvents'],
      ['kms:DescribeKey', 'kms:GetPublicKey', 'kms:Sign'],
    ]);
    expect([grants.PolicyDocument.Statement[1].Resource].flat()).toEqual(
      Object.keys(keys).map((id) => ({ 'Fn::GetAtt': [id, 'Arn'] })),
    );
  });

  it('tags what it makes with the operator’s tags and ours', () => {
    const ours = { Application: 'Orthweb', Environment: change.environment ?? 'dev' };
    const wanted = Object.entries({ ...ours, Owner: 'radiology', Site: 'clinic' });

    for (const type of ['S3::Bucket', 'RDS::DBInstance', 'EC2::Instance', 'DynamoDB::Table']) {
      for (const [, { Tags }] of all(template, `AWS::${type}`)) {
        expect(Tags).toEqual(
          expect.arrayContaining(wanted.map(([Key, Value]) => ({ Key, Value }))),
        );
      }
    }
  });
});

describe('the end of a site', () => {
  const kept = [
    'KMS::Key',
    'S3::Bucket',
    'RDS::DBInstance',
    'SecretsManager::Secret',
    'DynamoDB::Table',
  ];

  const containers = { Properties: { LogGroupName: '/orthweb/clinic/containers' } };

  const production = deploy({ environment: 'prd' }).stack;
  const template = Template.fromStack(production);

  it('a production site keeps its data when the stack is deleted', () => {
    const stays = { DeletionPolicy: 'RetainExceptOnCreate', UpdateReplacePolicy: 'Retain' };

    for (const type of kept) template.allResources(`AWS::${type}`, stays);
    template.hasResource('AWS::Logs::LogGroup', { ...containers, ...stays });
  });

  it('a test site deletes its data with the stack, once its buckets are empty', () => {
    const test = synth();

    for (const type of kept) test.allResources(`AWS::${type}`, { DeletionPolicy: 'Delete' });
    test.hasResource('AWS::Logs::LogGroup', { ...containers, DeletionPolicy: 'Delete' });
  });

  it('a production site keeps the backups of its index when the index is deleted, a test site none', () => {
    const deleted = (of: Template) =>
      all(of, 'AWS::RDS::DBInstance').map(([, index]) => index.DeleteAutomatedBackups);

    expect(deleted(template)).toEqual([false]);
    expect(deleted(synth())).toEqual([true]);
  });

  it('a production site refuses to be deleted', () => {
    expect(production.terminationProtection).toBe(true);
    template.hasResourceProperties('AWS::RDS::DBInstance', { DeletionProtection: true });
    template.allResourcesProperties('AWS::DynamoDB::Table', { DeletionProtectionEnabled: true });
  });

  it('a production site has a standby database, and a test site pays for none', () => {
    template.hasResourceProperties('AWS::RDS::DBInstance', { MultiAZ: true });
    synth().hasResourceProperties('AWS::RDS::DBInstance', { MultiAZ: false });
  });
});

describe('the stack', () => {
  it('shares no name with another site of the account', () => {
    const names = (site: string) =>
      Object.values(synth({ site }).toJSON().Resources as Record<string, Properties>).flatMap(
        ({ Properties: p = {} }) =>
          [
            p.AliasName,
            p.BucketName,
            p.TableName,
            p.RoleName,
            p.DBInstanceIdentifier,
            p.LogGroupName,
          ].filter((name) => name !== undefined),
      );

    expect(names('east').filter((name) => names('west').includes(name))).toEqual([]);
  });

  it('tells the operator both addresses and where modalities send to', () => {
    const east = synth({ region: 'us-east-1', zones: ['us-east-1a', 'us-east-1b'] });

    for (const node of ['A', 'B']) {
      east.hasOutput(`Node${node}Address`, { Description: Match.stringLikeRegexp('address') });
      east.hasOutput(`Node${node}Dicom`, { Description: Match.stringLikeRegexp('DICOM over TLS') });
    }
    expect(JSON.stringify(east.toJSON().Outputs.NodeADicom)).toMatch(/\.compute-1\.[^.]*:11112/);
  });

  it('gives the command that opens a shell on each host, and links to the consoles', () => {
    const { Outputs } = synth().toJSON();

    for (const node of ['A', 'B']) {
      expect(JSON.stringify(Outputs[`Node${node}Session`].Value)).toContain(
        'aws ssm start-session --region ca-central-1 --target ',
      );
    }
    expect(Outputs.HostsInConsole.Value).toBe(
      'https://ca-central-1.console.aws.amazon.com/ec2/home?region=ca-central-1#Instances:tag:orthweb:site=clinic',
    );
    expect(Outputs.DatabaseInConsole.Value).toContain('#database:id=clinic;');
  });

  it('warns before a month costs more than planned, and counts this site alone', () => {
    const template = synth({ budget: { monthlyUsd: 250 } });
    const [[, { Budget, NotificationsWithSubscribers }] = ['', {}]] = all(
      template,
      'AWS::Budgets::Budget',
    ) as [string, Properties][];

    // With a name of its own, CloudFormation could not make the one that takes other addresses.
    expect(Budget.BudgetName).toBeUndefined();
    expect(Budget).toMatchObject({
      BudgetLimit: { Amount: 250, Unit: 'USD' },
      TimeUnit: 'MONTHLY',
      CostFilters: { TagKeyValue: ['user:orthweb:site$clinic'] },
    });
    expect(
      NotificationsWithSubscribers.map(
        ({ Notification: { NotificationType, Threshold } }: Properties) => [
          NotificationType,
          Threshold,
        ],
      ),
    ).toEqual([
      ['ACTUAL', 80],
      ['ACTUAL', 100],
      ['FORECASTED', 100],
    ]);
    for (const { Subscribers } of NotificationsWithSubscribers) {
      expect(Subscribers).toEqual([{ SubscriptionType: 'EMAIL', Address: 'pacs@example.org' }]);
    }
  });

  it('has no budget where none is given', () => {
    synth().resourceCountIs('AWS::Budgets::Budget', 0);
  });
});
