import { App } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import flags from 'aws-cdk-lib/recommended-feature-flags.json' with { type: 'json' };
import { describe, expect, it } from 'vitest';
import { type Config, parseConfig } from '../../infra/config.ts';
import { SiteStack } from '../../infra/site/site-stack.ts';

const clinic = parseConfig({
  site: 'clinic',
  environment: 'dev',
  region: 'ca-central-1',
  zones: ['ca-central-1a', 'ca-central-1b'],
  timeZone: 'America/Toronto',
  clients: { web: ['203.0.113.0/24'], dicom: ['198.51.100.7/32', '198.51.100.8/32'] },
  database: { backupWindow: '12:00-12:30' },
  alerts: { emails: ['pacs@example.org'] },
  tags: { Owner: 'radiology', Site: 'not this one' },
});
const zones = ['ca-central-1a', 'ca-central-1b', 'ca-central-1d'];

function deploy(change: Partial<Config>, builtinCloudFormationValidation = false) {
  const app = new App({
    context: { ...flags, '@aws-cdk/core:validateAgainstDefaultRules': true },
    builtinCloudFormationValidation,
  });
  const config = { ...clinic, ...change };
  const stack = new SiteStack(app, 'Orthweb', {
    stackName: config.site,
    env: { region: config.region },
    config,
  });
  return { app, stack };
}

const synth = (change: Partial<Config> = {}) => Template.fromStack(deploy(change).stack);

// biome-ignore lint/suspicious/noExplicitAny: a template is untyped JSON
type Properties = Record<string, any>;

/** Properties of each resource of a type, by logical id. */
const all = (template: Template, type: string): [string, Properties][] =>
  Object.entries(template.findResources(type)).map(([id, { Properties }]) => [id, Properties]);

/** Every statement of every policy in the template: identity, bucket, key and trust policies. */
const statements = (template: Template): Properties[] =>
  Object.values(template.toJSON().Resources as Record<string, { Properties?: Properties }>)
    .flatMap(({ Properties: p = {} }) => [
      p.PolicyDocument,
      p.KeyPolicy,
      p.AssumeRolePolicyDocument,
    ])
    .flatMap((policy) => policy?.Statement ?? []);

const sites: [string, Partial<Config>][] = [
  ['a test site in two zones', {}],
  ['a production site in two zones', { environment: 'prd' }],
  ['a production site in three zones', { environment: 'prd', zones }],
  [
    'a site with private endpoints',
    { network: { ...clinic.network, endpoints: ['kms', 'secretsmanager', 'ssm', 'ssmmessages'] } },
  ],
];

describe.each(sites)('%s', (_, change) => {
  const template = synth(change);

  it('synthesizes without credentials', () => {
    const { app } = deploy(change);

    expect(app.synth().manifest.missing ?? []).toEqual([]);
  });

  it('puts node a and node b in different zones, on addresses that survive a stop', () => {
    const subnets = template.findResources('AWS::EC2::Subnet');
    const hosts = all(template, 'AWS::EC2::Instance');
    const addressed = all(template, 'AWS::EC2::EIP').map(([, { InstanceId }]) => InstanceId.Ref);

    expect(
      hosts.map(([, { SubnetId }]) => subnets[SubnetId.Ref]?.Properties.AvailabilityZone),
    ).toEqual(['ca-central-1a', 'ca-central-1b']);
    expect(addressed).toEqual(hosts.map(([id]) => id));
  });

  it('routes the S3 traffic of both hosts through the gateway endpoint', () => {
    const associations = all(template, 'AWS::EC2::SubnetRouteTableAssociation');
    const routeTables = all(template, 'AWS::EC2::Instance').map(
      ([, host]) =>
        associations.find(([, a]) => a.SubnetId.Ref === host.SubnetId.Ref)?.[1].RouteTableId.Ref,
    );

    const endpoint = template.findResources('AWS::EC2::VPCEndpoint', {
      Properties: { VpcEndpointType: 'Gateway' },
    });
    const routed = Object.values(endpoint)[0]?.Properties.RouteTableIds.map(
      (t: Properties) => t.Ref,
    );
    expect(routed).toEqual(expect.arrayContaining(routeTables));
    expect(routed).toHaveLength(2 * (change.zones ?? clinic.zones).length);
  });

  it('lets only the hosts connect to the database', () => {
    const group = all(template, 'AWS::RDS::DBInstance')[0]?.[1].VPCSecurityGroups[0];
    const hosts = all(template, 'AWS::EC2::Instance')[0]?.[1].SecurityGroupIds[0];
    const inline = template.findResources('AWS::EC2::SecurityGroup')[group['Fn::GetAtt'][0]];
    const rules = all(template, 'AWS::EC2::SecurityGroupIngress').map(([, rule]) => rule);

    expect(inline?.Properties.SecurityGroupIngress).toBeUndefined();
    expect(
      rules.filter(({ GroupId }) => GroupId['Fn::GetAtt'][0] === group['Fn::GetAtt'][0]),
    ).toEqual([
      expect.objectContaining({ FromPort: 5432, ToPort: 5432, SourceSecurityGroupId: hosts }),
    ]);
  });

  it('gives no host a key pair, and opens 443 and 11112 to the configured ranges only', () => {
    const open = all(template, 'AWS::EC2::SecurityGroup')
      .flatMap(([, group]) => group.SecurityGroupIngress ?? [])
      .map(({ CidrIp, FromPort, ToPort }) => `${CidrIp} ${FromPort}-${ToPort}`);

    expect(open).toEqual([
      '203.0.113.0/24 443-443',
      '198.51.100.7/32 11112-11112',
      '198.51.100.8/32 11112-11112',
    ]);
    expect(JSON.stringify(template.toJSON())).not.toContain('KeyName');
  });

  it('attaches no AWS managed policy to any role', () => {
    for (const [, role] of all(template, 'AWS::IAM::Role')) {
      expect(role.ManagedPolicyArns).toBeUndefined();
    }
  });

  it('allows nobody everything, and names a resource unless the action has none', () => {
    const granted = statements(template).filter(({ Effect }) => Effect === 'Allow');

    for (const { Action, Resource, Principal } of granted) {
      expect([Action].flat()).not.toContain('*');
      // In a key's policy `*` is that key.
      if (Resource !== '*' || Principal !== undefined) continue;
      expect([Action].flat()).toEqual([
        'ssm:UpdateInstanceInformation',
        'ssmmessages:CreateControlChannel',
        'ssmmessages:CreateDataChannel',
        'ssmmessages:OpenControlChannel',
        'ssmmessages:OpenDataChannel',
      ]);
    }
  });

  it('needs no custom resource, so no Lambda stands beside the data', () => {
    template.resourceCountIs('AWS::Lambda::Function', 0);
  });

  it('tags what it makes with the operator’s tags and ours, and ours win', () => {
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

describe('hosts', () => {
  const template = synth();

  it('answer no container that asks for their credentials, and encrypt their disk', () => {
    template.allResourcesProperties('AWS::EC2::LaunchTemplate', {
      LaunchTemplateData: {
        MetadataOptions: { HttpTokens: 'required', HttpPutResponseHopLimit: 1 },
        BlockDeviceMappings: [{ Ebs: { Encrypted: true, VolumeType: 'gp3' } }],
      },
    });
  });

  it('are not replaced by new user data, a new image or a larger disk', () => {
    const larger = synth({ hosts: { ...clinic.hosts, volumeGiB: 40 } });

    expect(all(larger, 'AWS::EC2::Instance')).toEqual(all(template, 'AWS::EC2::Instance'));
    for (const [, { LaunchTemplate }] of all(template, 'AWS::EC2::Instance')) {
      expect(LaunchTemplate.Version).toBe('1');
    }
  });

  it('are changed one after the other', () => {
    const [[a], [, b]] = Object.entries(template.findResources('AWS::EC2::Instance')) as [
      [string, Properties],
      [string, Properties],
    ];

    expect(b.DependsOn).toContain(a);
  });

  it('are found by site and node', () => {
    const tags = (of: Properties) =>
      Object.fromEntries(of.Tags.map(({ Key, Value }: Properties) => [Key, Value]));
    const hosts = all(template, 'AWS::EC2::Instance').map(([, host]) => tags(host));
    const templates = all(template, 'AWS::EC2::LaunchTemplate').map(([, { LaunchTemplateData }]) =>
      tags(LaunchTemplateData.TagSpecifications[0]),
    );

    expect(hosts).toEqual([
      expect.objectContaining({ 'orthweb:site': 'clinic', 'orthweb:node': 'a', Name: 'clinic-a' }),
      expect.objectContaining({ 'orthweb:site': 'clinic', 'orthweb:node': 'b', Name: 'clinic-b' }),
    ]);
    expect(templates).toEqual(hosts);
  });
});

describe('images', () => {
  const template = synth();
  const [logs, data] = all(template, 'AWS::S3::Bucket') as [
    [string, Properties],
    [string, Properties],
  ];

  it('lie in a bucket that is encrypted with our key, versioned, private and watched', () => {
    template.hasResourceProperties('AWS::S3::Bucket', {
      BucketEncryption: {
        ServerSideEncryptionConfiguration: [
          {
            BucketKeyEnabled: true,
            ServerSideEncryptionByDefault: {
              SSEAlgorithm: 'aws:kms',
              KMSMasterKeyID: { 'Fn::GetAtt': [Match.stringLikeRegexp('^Key'), 'Arn'] },
            },
          },
        ],
      },
      VersioningConfiguration: { Status: 'Enabled' },
      LoggingConfiguration: { DestinationBucketName: { Ref: logs[0] } },
    });
  });

  it.each([
    ['data', data],
    ['log', logs],
  ])('the %s bucket refuses plain HTTP and the public', (_, [id, bucket]) => {
    const policy = all(template, 'AWS::S3::BucketPolicy').find(
      ([, { Bucket }]) => Bucket.Ref === id,
    );

    expect(policy?.[1].PolicyDocument.Statement).toContainEqual(
      expect.objectContaining({
        Effect: 'Deny',
        Action: 's3:*',
        Principal: { AWS: '*' },
        Condition: { Bool: { 'aws:SecureTransport': 'false' } },
      }),
    );
    expect(Object.values(bucket.PublicAccessBlockConfiguration)).toEqual([true, true, true, true]);
    expect(bucket.OwnershipControls.Rules).toEqual([{ ObjectOwnership: 'BucketOwnerEnforced' }]);
  });

  it('are never deleted by a rule, only their replaced versions and broken uploads', () => {
    expect(data[1].LifecycleConfiguration.Rules).toEqual([
      {
        Status: 'Enabled',
        NoncurrentVersionExpiration: { NoncurrentDays: 36 },
        ExpiredObjectDeleteMarker: true,
        AbortIncompleteMultipartUpload: { DaysAfterInitiation: 7 },
      },
    ]);
  });

  it('are followed by logs of all traffic, kept as long as configured', () => {
    template.hasResourceProperties('AWS::EC2::FlowLog', {
      TrafficType: 'ALL',
      LogDestinationType: 's3',
    });

    expect(logs[1].LifecycleConfiguration.Rules[0].ExpirationInDays).toBe(90);
  });
});

describe('the database', () => {
  const template = synth();

  it('refuses a connection without TLS and keeps patient data out of its logs', () => {
    template.hasResourceProperties('AWS::RDS::DBParameterGroup', {
      Family: 'postgres17',
      Parameters: {
        'rds.force_ssl': '1',
        log_statement: 'ddl',
        log_parameter_max_length: '0',
        log_parameter_max_length_on_error: '0',
        log_error_verbosity: 'terse',
      },
    });
  });

  it('is encrypted, private, backed up when configured, and called after its site', () => {
    template.hasResourceProperties('AWS::RDS::DBInstance', {
      DBInstanceIdentifier: 'clinic',
      DBInstanceClass: 'db.t4g.medium',
      StorageEncrypted: true,
      StorageType: 'gp3',
      PubliclyAccessible: false,
      BackupRetentionPeriod: 7,
      PreferredBackupWindow: '12:00-12:30',
    });
  });

  it('has a generated password of letters and digits, which Orthanc takes unquoted', () => {
    const secret = all(template, 'AWS::SecretsManager::Secret')[0]?.[1].GenerateSecretString;
    const printable = Array.from({ length: 95 }, (_, i) => String.fromCharCode(32 + i)).join('');
    const usable = [...printable].filter((c) => !secret.ExcludeCharacters.includes(c)).join('');

    expect(usable).toMatch(/^[0-9A-Za-z]{62}$/);
    expect(secret.RequireEachIncludedType ?? true).toBe(true);
  });

  it('logs to groups that expire, exist before it does, and are encrypted with our key', () => {
    const groups = all(template, 'AWS::Logs::LogGroup');

    expect(groups.map(([, { LogGroupName }]) => LogGroupName)).toEqual([
      '/aws/rds/instance/clinic/postgresql',
      '/aws/rds/instance/clinic/upgrade',
    ]);
    for (const [id, group] of groups) {
      expect(group).toMatchObject({ RetentionInDays: 90, KmsKeyId: expect.anything() });
      template.hasResource('AWS::RDS::DBInstance', { DependsOn: Match.arrayWith([id]) });
    }
  });
});

describe('the network', () => {
  it('gains a third zone without moving a subnet of the first two', () => {
    const cidrs = (template: Template) =>
      Object.fromEntries(all(template, 'AWS::EC2::Subnet').map(([id, s]) => [id, s.CidrBlock]));

    const network = { ...clinic.network, publicPrefix: 24, privatePrefix: 24 };

    expect(cidrs(synth({ network, zones }))).toMatchObject(cidrs(synth({ network })));
  });

  it('lets only the hosts use a private endpoint', () => {
    const template = synth({ network: { ...clinic.network, endpoints: ['kms'] } });

    template.hasResourceProperties('AWS::EC2::VPCEndpoint', {
      ServiceName: 'com.amazonaws.ca-central-1.kms',
      PrivateDnsEnabled: true,
    });
    template.resourcePropertiesCountIs(
      'AWS::EC2::SecurityGroupIngress',
      { FromPort: 443, SourceSecurityGroupId: Match.anyValue(), CidrIp: Match.absent() },
      1,
    );
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

  it.each(kept)('a production site keeps its %s when the stack is deleted', (type) => {
    const template = synth({ environment: 'prd' });

    template.allResources(`AWS::${type}`, {
      DeletionPolicy: 'Retain',
      UpdateReplacePolicy: 'Retain',
    });
  });

  it.each(kept)('a test site leaves no %s behind', (type) => {
    synth().allResources(`AWS::${type}`, { DeletionPolicy: 'Delete' });
  });

  it('a production site refuses deletion, has a standby database and keeps its backups', () => {
    const { stack } = deploy({ environment: 'prd' });
    const template = Template.fromStack(stack);

    expect(stack.terminationProtection).toBe(true);
    template.hasResourceProperties('AWS::RDS::DBInstance', {
      MultiAZ: true,
      DeletionProtection: true,
      DeleteAutomatedBackups: false,
    });
    template.allResourcesProperties('AWS::DynamoDB::Table', { DeletionProtectionEnabled: true });
    template.allResourcesProperties('AWS::EC2::Instance', { DisableApiTermination: true });
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

  it.each(sites)('%s passes CloudFormation’s own rules', (_, change) => {
    const { app } = deploy(change, true);

    expect(() => app.synth()).not.toThrow();
  });
});
