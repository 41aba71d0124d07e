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
