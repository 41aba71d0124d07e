import { describe, expect, it } from 'vitest';
import type { Properties } from '../support/assembly.ts';
import { all, clinic, sites, synth } from '../support/site-stack.ts';

describe.each(sites)('%s', (_, change) => {
  const template = synth(change);

  it('puts node a and node b in different zones, on addresses that survive a stop', () => {
    const subnets = template.findResources('AWS::EC2::Subnet');
    const hosts = all(template, 'AWS::EC2::Instance');
    const addressed = all(template, 'AWS::EC2::EIP').map(([, { InstanceId }]) => InstanceId.Ref);

    expect(
      hosts.map(([, { SubnetId }]) => subnets[SubnetId.Ref]?.Properties.AvailabilityZone),
    ).toEqual(['ca-central-1a', 'ca-central-1b']);
    expect(addressed).toEqual(hosts.map(([id]) => id));
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
