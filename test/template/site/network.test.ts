import { Match, type Template } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import type { Properties } from '../support/assembly.ts';
import { all, clinic, sites, synth, zones } from '../support/site-stack.ts';

describe.each(sites)('%s', (_, change) => {
  const template = synth(change);

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

  it('lets only the hosts connect to the database, and who looks at it', () => {
    const group = all(template, 'AWS::RDS::DBInstance')[0]?.[1].VPCSecurityGroups[0];
    const hosts = all(template, 'AWS::EC2::Instance')[0]?.[1].SecurityGroupIds[0];
    const inline = template.findResources('AWS::EC2::SecurityGroup')[group['Fn::GetAtt'][0]];
    const rules = all(template, 'AWS::EC2::SecurityGroupIngress').map(([, rule]) => rule);
    const observer = { 'Fn::GetAtt': [expect.stringMatching(/^NetworkObserver/), 'GroupId'] };

    expect(inline?.Properties.SecurityGroupIngress).toBeUndefined();
    expect(
      rules.filter(({ GroupId }) => GroupId['Fn::GetAtt'][0] === group['Fn::GetAtt'][0]),
    ).toEqual([
      expect.objectContaining({ FromPort: 5432, ToPort: 5432, SourceSecurityGroupId: hosts }),
      expect.objectContaining({ FromPort: 5432, ToPort: 5432, SourceSecurityGroupId: observer }),
    ]);
  });

  it('gives no host a key pair: a shell comes through Session Manager, or not at all', () => {
    expect(JSON.stringify(template.toJSON())).not.toContain('KeyName');
    expect(JSON.stringify(template.toJSON())).not.toContain('AWS::EC2::KeyPair');
  });

  it('opens 443 and 11112 to the configured ranges, and nothing else to an address', () => {
    const open = all(template, 'AWS::EC2::SecurityGroup')
      .flatMap(([, group]) => group.SecurityGroupIngress ?? [])
      .map(({ CidrIp, FromPort, ToPort }) => `${CidrIp} ${FromPort}-${ToPort}`);

    expect(open).toEqual([
      '203.0.113.0/24 443-443',
      '198.51.100.7/32 11112-11112',
      '198.51.100.8/32 11112-11112',
    ]);
    for (const [, rule] of all(template, 'AWS::EC2::SecurityGroupIngress')) {
      expect(rule).toEqual(expect.objectContaining({ SourceSecurityGroupId: expect.anything() }));
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
    const endpoints = Match.objectLike({
      'Fn::GetAtt': [Match.stringLikeRegexp('^NetworkEndpoints'), 'GroupId'],
    });
    const hosts = Match.objectLike({
      'Fn::GetAtt': [Match.stringLikeRegexp('^NetworkHosts'), 'GroupId'],
    });
    const into = (more: object) => ({ GroupId: endpoints, ...more });

    template.resourcePropertiesCountIs('AWS::EC2::SecurityGroupIngress', into({}), 1);
    template.resourcePropertiesCountIs(
      'AWS::EC2::SecurityGroupIngress',
      into({ FromPort: 443, SourceSecurityGroupId: hosts, CidrIp: Match.absent() }),
      1,
    );
  });

  it('lets nothing through its way to S3 but images, the host bundle, packages and, in us-east-1, Docker Hub', () => {
    const opened = (template: Template) => {
      const [[, endpoint] = []] = all(template, 'AWS::EC2::VPCEndpoint');
      return endpoint?.PolicyDocument.Statement.map(({ Effect, Action, Resource }: Properties) => [
        Effect,
        [Action].flat().join(' '),
        JSON.stringify(Resource).replace(/"|Fn::|StorageData\w+/g, ''),
      ]);
    };
    const expected = (region: string, ...more: string[]) => [
      ['Allow', 's3:GetObject', expect.stringMatching(/cdk-hnb659fds-assets-.*[0-9a-f]{64}\.zip/)],
      ['Allow', 's3:GetObject', expect.stringContaining(`:s3:::al2023-repos-${region}-de612dc2/*`)],
      ...more.map((objects) => ['Allow', 's3:GetObject', expect.stringContaining(objects)]),
      [
        'Allow',
        's3:DeleteObject s3:GetObject s3:PutObject',
        expect.stringMatching(/Arn.*\/images\/\*/),
      ],
      ['Allow', 's3:ListBucket', expect.stringMatching(/^\{GetAtt:\[,Arn\]\}$/)],
    ];
    const east = synth({ region: 'us-east-1', zones: ['us-east-1a', 'us-east-1b'] });

    expect(opened(synth())).toEqual(expected('ca-central-1'));
    expect(opened(east)).toEqual(expected('us-east-1', ':s3:::docker-images-prod/*'));
  });

  it('lets images of Docker Hub through it where their bucket is, and nowhere else', () => {
    const opened = (template: Template) => {
      const [[, endpoint] = []] = all(template, 'AWS::EC2::VPCEndpoint');
      return endpoint?.PolicyDocument.Statement.filter((one: Properties) =>
        JSON.stringify(one).includes('docker-images-prod'),
      );
    };

    expect(opened(synth())).toEqual([]);
    expect(opened(synth({ region: 'us-east-1', zones: ['us-east-1a', 'us-east-1b'] }))).toEqual([
      {
        Sid: 'ImagesOfDockerHub',
        Effect: 'Allow',
        Principal: { AWS: '*' },
        Action: 's3:GetObject',
        Resource: 'arn:aws:s3:::docker-images-prod/*',
      },
    ]);
  });

  it('lets a host out for HTTPS and to the database, an observer to hosts and database, and the database nowhere', () => {
    const template = synth({ network: { ...clinic.network, endpoints: ['kms'] } });
    const groups = Object.entries(template.findResources('AWS::EC2::SecurityGroup')).map(
      ([id, { Properties: group }]) => ({ id, group }),
    );
    const out = (name: string) =>
      groups
        .filter(({ id }) => id.startsWith(`Network${name}`))
        .flatMap(({ id, group }) => [
          ...group.SecurityGroupEgress,
          ...all(template, 'AWS::EC2::SecurityGroupEgress')
            .map(([, rule]) => rule)
            .filter(({ GroupId }) => GroupId['Fn::GetAtt'][0] === id),
        ])
        .map(({ IpProtocol, FromPort, ToPort, CidrIp, DestinationSecurityGroupId }) => [
          `${IpProtocol} ${FromPort}-${ToPort}`,
          CidrIp ?? DestinationSecurityGroupId['Fn::GetAtt'][0],
        ]);
    const named = (name: string) => groups.find(({ id }) => id.startsWith(`Network${name}`))?.id;
    const [database, hosts] = [named('Database'), named('Hosts')];
    // How CDK writes that nothing is let out: a group without a rule would let out everything.
    const nowhere = [['icmp 252-86', '255.255.255.255/32']];

    expect(out('Hosts')).toEqual([
      ['tcp 443-443', '0.0.0.0/0'],
      ['tcp 5432-5432', database],
    ]);
    expect(out('Observer')).toEqual([
      ...nowhere,
      ['tcp 443-443', hosts],
      ['tcp 11112-11112', hosts],
      ['tcp 5432-5432', database],
    ]);
    expect(out('Database')).toEqual(nowhere);
    expect(out('Endpoints')).toEqual(nowhere);
  });
});
