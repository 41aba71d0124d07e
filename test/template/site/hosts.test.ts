import type { Template } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import type { Properties } from '../support/assembly.ts';
import { all, clinic, sites, synth, userData } from '../support/site-stack.ts';

describe.each(sites)('%s', (_, change) => {
  const template = synth(change);

  it('puts node a and node b in different zones', () => {
    const subnets = template.findResources('AWS::EC2::Subnet');

    expect(
      all(template, 'AWS::EC2::Instance').map(
        ([, { SubnetId }]) => subnets[SubnetId.Ref]?.Properties.AvailabilityZone,
      ),
    ).toEqual(['ca-central-1a', 'ca-central-1b']);
  });
});

describe('addresses', () => {
  const addressed = (template: Template) =>
    all(template, 'AWS::EC2::EIP').map(([, { InstanceId }]) => InstanceId.Ref);

  it('survive a stop of the host, one for each of the two', () => {
    const template = synth();

    expect(addressed(template)).toEqual(all(template, 'AWS::EC2::Instance').map(([id]) => id));
  });

  it('are new after each stop where they shall cost nothing meanwhile', () => {
    const template = synth({ hosts: { ...clinic.hosts, addresses: 'dynamic' } });

    expect(addressed(template)).toEqual([]);
    expect(Object.keys(template.toJSON().Outputs).filter((id) => /Address|Dicom/.test(id))).toEqual(
      [],
    );
  });

  it('are there while a host prepares itself, because the lasting one comes only after that', () => {
    const template = synth();
    const subnets = template.findResources('AWS::EC2::Subnet');

    for (const [, { SubnetId }] of all(template, 'AWS::EC2::Instance')) {
      expect(subnets[SubnetId.Ref]?.Properties.MapPublicIpOnLaunch).toBe(true);
    }
  });
});

describe('hosts', () => {
  const template = synth();
  /** The statements of the role whose logical id begins so. */
  const ofRole = (id: string): Properties[] =>
    all(template, 'AWS::IAM::Policy')
      .filter(([, { Roles }]) => new RegExp(`^${id}Role`).test(Roles[0].Ref))
      .flatMap(([, { PolicyDocument }]) => PolicyDocument.Statement);
  const statementOf = (sid: string) => ofRole('Hosts').find(({ Sid }) => Sid === sid);

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

  it('are created and changed one after the other', () => {
    const [[a], [, b]] = Object.entries(template.findResources('AWS::EC2::Instance')) as [
      [string, Properties],
      [string, Properties],
    ];

    expect(b.DependsOn).toContain(a);
  });

  it('are not made before they can reach the database, which their first boot needs', () => {
    const rules = ['Egress', 'Ingress'].flatMap((direction) =>
      all(template, `AWS::EC2::SecurityGroup${direction}`)
        .filter(([, rule]) => rule.FromPort === 5432 && /NetworkHosts/.test(JSON.stringify(rule)))
        .map(([id]) => id),
    );
    const hosts = Object.values(template.findResources('AWS::EC2::Instance'));

    expect([rules, hosts].map(({ length }) => length)).toEqual([2, 2]);
    for (const { DependsOn } of hosts) expect(DependsOn).toEqual(expect.arrayContaining(rules));
  });

  it('are replaced one node at a time, when the operator asks for it', () => {
    const before = all(template, 'AWS::EC2::Instance').map(([, host]) => host.LaunchTemplate);
    const after = all(
      synth({ hosts: { ...clinic.hosts, generation: { a: 2, b: 1 } } }),
      'AWS::EC2::Instance',
    ).map(([, host]) => host.LaunchTemplate);

    expect(after[0]).not.toEqual(before[0]);
    expect(after[1]).toEqual(before[1]);
  });

  it('count as created when they say that they serve, and not before', () => {
    const hosts = Object.entries(template.findResources('AWS::EC2::Instance'));

    expect(hosts.map(([, { CreationPolicy }]) => CreationPolicy)).toEqual(
      hosts.map(() => ({ ResourceSignal: { Count: 1, Timeout: 'PT45M' } })),
    );
    expect(userData(template).map((text) => setting(text, 'RESOURCE'))).toEqual(
      hosts.map(([id]) => id),
    );
  });

  it('install a Compose that is what it should be, or nothing', () => {
    for (const text of userData(template)) {
      expect(setting(text, 'COMPOSE_VERSION')).toMatch(/^\d+\.\d+\.\d+$/);
      expect(setting(text, 'COMPOSE_SHA256')).toMatch(/^[0-9a-f]{64}$/);
      expect(text.indexOf('sha256sum --check')).toBeLessThan(text.indexOf('mv "$plugin.new"'));
    }
  });

  it('fetch their bundle by its hash, with a right to that one file', () => {
    const [hash] =
      /[0-9a-f]{64}(?=\.zip)/.exec(setting(userData(template)[0] ?? '', 'BUNDLE') ?? '') ?? [];
    const bundle = statementOf('Bundle');

    expect(hash).toBeDefined();
    expect(bundle?.Action).toBe('s3:GetObject');
    expect(JSON.stringify(bundle?.Resource)).toContain(`/${hash}.zip`);
  });

  it('fit the 16 KB that EC2 takes for user data', () => {
    for (const text of userData(template)) expect(text.length).toBeLessThan(12_000);
  });

  it('hold rights for agent, bundle, log of containers and secrets, and for nothing else', () => {
    expect(ofRole('Hosts').map(({ Sid }) => Sid)).toEqual([
      'SystemsManagerAgent',
      'Bundle',
      'ContainerLogs',
      'Secrets',
      'KeyOfSecrets',
    ]);
  });

  it('read three secrets, and the key for them alone and by way of Secrets Manager alone', () => {
    const secrets = all(template, 'AWS::SecretsManager::Secret').map(([id]) => ({ Ref: id }));
    const [reading, key] = [statementOf('Secrets'), statementOf('KeyOfSecrets')];
    const { StringEquals: only } = key?.Condition ?? {};
    const sorted = (arns: Properties[]) => arns.map(({ Ref }) => Ref).sort();

    expect(secrets).toHaveLength(3);
    expect(reading?.Action).toBe('secretsmanager:GetSecretValue');
    expect(sorted(reading?.Resource)).toEqual(sorted(secrets));
    expect([key?.Action, key?.Condition]).toEqual(['kms:Decrypt', { StringEquals: only }]);
    expect(Object.keys(only)).toEqual(['kms:ViaService', 'kms:EncryptionContext:SecretARN']);
    expect(only['kms:ViaService']).toBe('secretsmanager.ca-central-1.amazonaws.com');
    expect(sorted(only['kms:EncryptionContext:SecretARN'])).toEqual(sorted(secrets));
  });

  it('are told where each secret is, the same on both, and no secret itself', () => {
    const told = ['DATABASE_SECRET', 'MASTER_SECRET', 'USERS_SECRET'];

    for (const text of userData(template)) {
      const ids = told.map((name) => JSON.parse(setting(text, name) ?? '{}').Ref);
      expect(ids).toEqual([
        expect.stringMatching(/^DatabaseUser/),
        expect.stringMatching(/^DatabaseSecret/),
        expect.stringMatching(/^HostsSecretsUsers/),
      ]);
      expect(text).not.toContain('{{resolve:');
    }
  });

  it('keep networks of containers away from that of the site', () => {
    for (const text of userData(template)) {
      expect(setting(text, 'CONTAINER_NETWORKS')).toBe(clinic.network.containers);
    }
  });

  it('send what containers write to a group that expires and is encrypted with our key', () => {
    const [[id, group] = []] = all(template, 'AWS::Logs::LogGroup').filter(
      ([, { LogGroupName }]) => LogGroupName === '/orthweb/clinic/containers',
    );

    expect(group).toMatchObject({ RetentionInDays: 90, KmsKeyId: expect.anything() });
    expect(userData(template).map((text) => setting(text, 'LOG_GROUP'))).toEqual(
      ['a', 'b'].map(() => JSON.stringify({ Ref: id })),
    );
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

describe('the secret of who may log in to Orthanc', () => {
  const secrets = (template: Template) =>
    all(template, 'AWS::SecretsManager::Secret').filter(([id]) => id.startsWith('HostsSecrets'));

  it('begins with one name and a password of letters and digits, and never begins again', () => {
    const [[, users] = []] = secrets(synth());

    // Any other rule would have Secrets Manager make it anew, without those who were added.
    expect(users?.GenerateSecretString).toEqual({
      SecretStringTemplate: '{}',
      GenerateStringKey: 'orthweb',
      ExcludeCharacters: '!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~ ',
    });
    expect(users?.KmsKeyId).toBeDefined();
  });

  it('is where the operator is told to look after a deployment', () => {
    const template = synth();
    const { UsersSecret } = template.toJSON().Outputs;

    expect(UsersSecret.Value).toEqual({ Ref: secrets(template)[0]?.[0] });
    expect(UsersSecret.Description).toContain('send clinic-secrets to each node');
  });
});

const setting = (script: string, name: string): string | undefined =>
  new RegExp(`^ORTHWEB_${name}='(.*)'$`, 'm').exec(script)?.[1];
