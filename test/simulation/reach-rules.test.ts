import { isDeepStrictEqual } from 'node:util';
import { describe, expect, it } from 'vitest';
import { firstMinute } from './support/first-minute.ts';
import { edited, siteOf, type Template, type TemplateResource } from './support/play.ts';

const site = siteOf();

/** The one resource of a type whose path in the construct tree ends so. */
function find({ Resources }: Template, type: string, end: string, of = ''): TemplateResource {
  const found = Object.values(Resources).filter(
    (resource) =>
      resource.Type === `AWS::${type}` &&
      String(resource.Metadata?.['aws:cdk:path']).endsWith(end) &&
      JSON.stringify(resource.Properties).includes(of),
  );
  if (found.length !== 1 || !found[0]) throw new Error(`${found.length} of ${type} ${end}`);
  return found[0];
}

const group = (template: Template, name: 'Hosts' | 'Database') =>
  find(template, 'EC2::SecurityGroup', `Network/${name}/Resource`).Properties;
const toDatabase = (template: Template) =>
  find(template, 'EC2::SecurityGroupEgress', ':5432', 'NetworkHosts').Properties;
const fromHosts = (template: Template) =>
  find(template, 'EC2::SecurityGroupIngress', ':5432', 'NetworkHosts').Properties;
const route = (template: Template) =>
  find(template, 'EC2::Route', 'PublicSubnet1/DefaultRoute').Properties;
const vpc = (template: Template) => find(template, 'EC2::VPC', 'Vpc/Resource').Properties;

function byRange(rule: TemplateResource['Properties'], range: string): void {
  delete rule.DestinationSecurityGroupId;
  delete rule.SourceSecurityGroupId;
  rule.CidrIp = range;
}

const withEdit = (edit: (template: Template) => void) => firstMinute(edited(site, edit, 'Orthweb'));

describe('a host serves', () => {
  it.each<[string, (template: Template) => void]>([
    [
      'whose rules to and from the database go by range',
      (template) => {
        byRange(toDatabase(template), '10.42.0.0/16');
        byRange(fromHosts(template), '10.42.0.0/23');
      },
    ],
    [
      'that may do everything, by one rule in each direction',
      (template) => {
        const all = [{ CidrIp: '0.0.0.0/0', IpProtocol: '-1' }];
        Object.assign(group(template, 'Hosts'), {
          SecurityGroupEgress: all,
          SecurityGroupIngress: all,
        });
      },
    ],
    [
      'whose group has no rule for what goes out, which lets everything out',
      (template) => {
        delete group(template, 'Hosts').SecurityGroupEgress;
        const { GroupId } = toDatabase(template);
        for (const [id, { Type, Properties }] of Object.entries(template.Resources)) {
          if (Type !== 'AWS::EC2::SecurityGroupEgress') continue;
          if (isDeepStrictEqual(Properties.GroupId, GroupId)) delete template.Resources[id];
        }
      },
    ],
    [
      'that half of its clients may not reach',
      (template) => {
        group(template, 'Hosts').SecurityGroupIngress.push({
          CidrIp: '198.51.100.0/24',
          FromPort: 443,
          IpProtocol: 'tcp',
          ToPort: 443,
        });
      },
    ],
  ])('%s', async (_which, edit) => {
    const { said, serving } = await withEdit(edit);

    expect({ said, serving }).toEqual({ said: '', serving: [true, true] });
  });
});

describe('a host does not serve', () => {
  const otherVpc = (template: Template) => {
    template.Resources.Other = { Type: 'AWS::EC2::VPC', Properties: { CidrBlock: '10.9.0.0/16' } };
    return { Ref: 'Other' };
  };

  it.each<[string, RegExp, (template: Template) => void]>([
    [
      'whose rule to the database covers one of its subnets',
      /no rule lets tcp 5432 out/,
      (template) => byRange(toDatabase(template), '10.42.4.0/22'),
    ],
    [
      'whose rule to the database is for another group',
      /no rule lets tcp 5432 out/,
      (template) => {
        const rule = toDatabase(template);
        rule.DestinationSecurityGroupId = rule.GroupId;
      },
    ],
    [
      'when the rule to the database is one of another group',
      /Network\/Hosts .*: no rule lets tcp 5432 out/,
      (template) => {
        const rule = toDatabase(template);
        rule.GroupId = rule.DestinationSecurityGroupId;
      },
    ],
    [
      'whose database lets another group in',
      /no rule lets tcp 5432 in/,
      (template) => {
        const rule = fromHosts(template);
        rule.SourceSecurityGroupId = rule.GroupId;
      },
    ],
    [
      'whose database is on a port that no rule opens',
      /no rule lets tcp 5432 in/,
      (template) => Object.assign(fromHosts(template), { FromPort: 5433, ToPort: 5500 }),
    ],
    [
      'whose database is in another network',
      /cannot reach .*Database.*: it is not in vpc-/,
      (template) => {
        const other = otherVpc(template);
        const subnet = find(template, 'EC2::Subnet', 'PrivateSubnet2/Subnet');
        subnet.Properties.VpcId = other;
      },
    ],
    [
      'that reaches a part of the Internet',
      /no rule lets tcp 443 out to 0\.0\.0\.0\/0/,
      (template) => {
        group(template, 'Hosts').SecurityGroupEgress[0].CidrIp = '0.0.0.0/1';
      },
    ],
    [
      'that may answer over UDP alone',
      /no rule lets tcp 443 in from any range/,
      (template) => {
        group(template, 'Hosts').SecurityGroupIngress[0].IpProtocol = 'udp';
      },
    ],
    [
      'whose web viewer is open to a group alone',
      /no rule lets tcp 443 in from any range/,
      (template) => {
        const [web] = group(template, 'Hosts').SecurityGroupIngress;
        delete web.CidrIp;
        web.SourceSecurityGroupId = 'sg-1';
      },
    ],
    [
      'whose network has another Internet gateway',
      /IGW .*is not attached to the VPC/,
      (template) => {
        find(template, 'EC2::VPCGatewayAttachment', 'VPCGW').Properties.InternetGatewayId = 'igw-1';
      },
    ],
    [
      'whose Internet gateway is attached elsewhere',
      /IGW .*is not attached to the VPC/,
      (template) => {
        const other = otherVpc(template);
        find(template, 'EC2::VPCGatewayAttachment', 'VPCGW').Properties.VpcId = other;
      },
    ],
  ])('%s', async (_which, says, edit) => {
    const { said, serving } = await withEdit(edit);

    expect(said).toMatch(says);
    expect(serving).toEqual([false, false]);
  });

  it('whose default route leads to another gateway, though its peer does', async () => {
    const { said, serving } = await withEdit((template) => {
      route(template).GatewayId = 'vgw-1';
    });

    const gap = /PublicSubnet1\/RouteTable .*has no route of 0\.0\.0\.0\/0/.source;
    expect(said).toMatch(new RegExp(`cannot reach the Internet on tcp 443 .*${gap}`));
    expect(said).toMatch(new RegExp(`A/Instance .*is out of reach for clients: .*${gap}`));
    expect(serving).toEqual([false, true]);
  });
});

describe('the simulator guesses nothing of a network: loading fails on', () => {
  const adds = (type: string) => (template: Template) => {
    template.Resources.More = { Type: type, Properties: {} };
  };

  it.each<[string, RegExp, (template: Template) => void]>([
    ['network ACLs', /does not model .*Acl/, adds('AWS::EC2::SubnetNetworkAclAssociation')],
    ['blocked access', /does not model .*Block/, adds('AWS::EC2::VPCBlockPublicAccessOptions')],
    [
      'another version of a launch template',
      /Orthweb\/Hosts\/A\/Instance .*: LaunchTemplate.Version \$Latest is not modelled/,
      (template) => {
        const host = find(template, 'EC2::Instance', 'Hosts/A/Instance');
        host.Properties.LaunchTemplate.Version = '$Latest';
      },
    ],
    [
      'a route that is stronger than the default one',
      /DefaultRoute .*does not model DestinationCidrBlock "203\.0\.113\.0\/24"/,
      (template) => {
        route(template).DestinationCidrBlock = '203.0.113.0/24';
      },
    ],
    [
      'a route to something else than a gateway',
      /DefaultRoute .*does not model NatGatewayId/,
      (template) => {
        route(template).NatGatewayId = 'nat-1';
      },
    ],
    [
      'a network without names',
      /does not model EnableDnsHostnames false/,
      (template) => {
        vpc(template).EnableDnsHostnames = false;
      },
    ],
    [
      'a rule by prefix list in a group',
      /Network\/Hosts .*does not model DestinationPrefixListId in SecurityGroupEgress/,
      (template) => {
        group(template, 'Hosts').SecurityGroupEgress[0].DestinationPrefixListId = 'pl-1';
      },
    ],
    [
      'a rule by prefix list of its own',
      /:5432 .*does not model SourcePrefixListId/,
      (template) => {
        fromHosts(template).SourcePrefixListId = 'pl-1';
      },
    ],
    [
      'a group that lists nothing of what goes out beside rules that are resources',
      /Network\/Hosts .*: SecurityGroupEgress is missing beside rules that are resources/,
      (template) => {
        delete group(template, 'Hosts').SecurityGroupEgress;
      },
    ],
    [
      'an instance in the default group of the network',
      /Hosts\/A\/Instance .*: SecurityGroupIds is missing/,
      (template) => {
        delete find(template, 'EC2::Instance', 'Hosts/A/Instance').Properties.SecurityGroupIds;
      },
    ],
    [
      'a group that is in no template',
      /Instance .*: VPCSecurityGroups sg-1 is in no template/,
      (template) => {
        find(template, 'RDS::DBInstance', 'Instance/Resource').Properties.VPCSecurityGroups = [
          'sg-1',
        ];
      },
    ],
  ])('%s', async (_what, says, edit) => {
    await expect(withEdit(edit)).rejects.toThrow(says);
  });
});
