import { _InstanceType } from '@aws-sdk/client-ec2';
import { NotModelled } from '../../aws-error.ts';
import { Host } from '../../host.ts';
import type { Site } from '../../site.ts';
import type { Assembly, Resource, ResourceType } from '../../template.ts';
import type { Instance } from './instance.ts';

export const ec2Types: Readonly<Record<string, ResourceType>> = {
  'AWS::EC2::Instance': {
    reads: ['IamInstanceProfile', 'InstanceType', 'LaunchTemplate', 'Tags'],
    ignores: [
      'AvailabilityZone',
      'DisableApiTermination',
      'EbsOptimized',
      'Monitoring',
      'SecurityGroupIds',
      'SubnetId',
    ],
    names: (resource) => ({ ref: `i-0${resource.fingerprint(16)}` }),
  },
  'AWS::EC2::EIP': {
    reads: ['InstanceId'],
    ignores: ['Domain'],
    names: (resource) => {
      const address = `203.0.113.${(Number.parseInt(resource.fingerprint(2), 16) % 250) + 1}`;
      return { ref: address, attributes: { PublicIp: address, AllocationId: address } };
    },
  },
};

/** The instances of a site. A rehearsal begins where a deployment leaves them: all run. */
export function instancesOf(site: Site): Instance[] {
  const { assembly, world } = site;
  const addresses = assembly.resources('AWS::EC2::EIP');
  return assembly.resources('AWS::EC2::Instance').map((resource) => {
    const id = assembly.names(resource).ref;
    const eip = addresses.find((address) => address.optional('InstanceId') === id);
    const arn = resource.arn('ec2', `instance/${id}`);
    const launch = launchOf(assembly, resource);
    world.iam.assertTrusted(launch.role, 'ec2.amazonaws.com', resource.where);
    return {
      site,
      id,
      arn,
      type: typeOf(resource),
      region: resource.stack.region,
      tags: tagsOf(resource),
      address: eip ? assembly.names(eip).ref : '',
      host: new Host(world, id, { site, where: resource.where, arn, role: launch.role }),
      keys: launch.keys,
      reason: undefined,
      state: 'running' as const,
      since: world.clock.now,
      seen: 'running' as const,
      checksPassAt: world.clock.now,
    };
  });
}

const TYPES = new Map<string, _InstanceType>(
  Object.values(_InstanceType).map((type) => [type, type]),
);

function typeOf(resource: Resource): _InstanceType {
  const name = resource.text('InstanceType');
  const type = TYPES.get(name);
  if (!type) throw new NotModelled(`${resource.where}: EC2 has no instance type ${name}`);
  return type;
}

/** What an instance takes from its launch template: the role of its profile, the keys of its disks. */
function launchOf(assembly: Assembly, instance: Resource) {
  const given = instance.optional('LaunchTemplate') as { LaunchTemplateId?: string } | undefined;
  const template = assembly
    .resources('AWS::EC2::LaunchTemplate')
    .find((resource) => assembly.names(resource).ref === given?.LaunchTemplateId);
  const data = (template?.optional('LaunchTemplateData') ?? {}) as LaunchTemplateData;
  const named = instance.optional('IamInstanceProfile') ?? data.IamInstanceProfile?.Name;
  const profile = assembly.resources('AWS::IAM::InstanceProfile').find((resource) => {
    const { ref, attributes } = assembly.names(resource);
    return ref === named || attributes?.Arn === data.IamInstanceProfile?.Arn;
  });
  if (!profile) throw new NotModelled(`${instance.where}: its instance profile is in no template`);
  const [roleName] = profile.required('Roles') as string[];
  const role = assembly
    .resources('AWS::IAM::Role')
    .find((resource) => assembly.names(resource).ref === roleName);
  const keys = (data.BlockDeviceMappings ?? []).map(({ Ebs }) => Ebs?.KmsKeyId);
  return {
    role: role ? String(assembly.names(role).attributes?.Arn) : `${roleName}`,
    keys: [...new Set(keys.filter((key) => key !== undefined))],
  };
}

interface LaunchTemplateData {
  readonly IamInstanceProfile?: { readonly Arn?: string; readonly Name?: string };
  readonly BlockDeviceMappings?: readonly { readonly Ebs?: { readonly KmsKeyId?: string } }[];
}

const tagsOf = (resource: Resource): Record<string, string> =>
  Object.fromEntries(
    (resource.optional('Tags') as { Key: string; Value: string }[] | undefined)?.map(
      ({ Key, Value }) => [Key, Value],
    ) ?? [],
  );
