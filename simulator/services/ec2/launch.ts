import { _InstanceType } from '@aws-sdk/client-ec2';
import { NotModelled } from '../../aws-error.ts';
import { Host } from '../../host.ts';
import { settingsIn } from '../../host-rights.ts';
import type { Site } from '../../site.ts';
import type { Assembly, Resource, ResourceType } from '../../template.ts';
import { keyOfBucket } from '../s3.ts';
import { keysOfSecrets } from '../secrets-manager.ts';
import { elasticAddress, privateAddress } from './addresses.ts';
import { type Instance, nodeOf } from './instance.ts';
import { mapsAddresses, networkTypes, reachOf, subnetOf } from './reach.ts';
import { securityGroupTypes } from './security-groups.ts';
import { StatusChecks } from './status-checks.ts';

export const ec2Types: Readonly<Record<string, ResourceType>> = {
  ...networkTypes,
  ...securityGroupTypes,
  'AWS::EC2::Instance': {
    reads: [
      'IamInstanceProfile',
      'InstanceType',
      'LaunchTemplate',
      'SecurityGroupIds',
      'SubnetId',
      'Tags',
    ],
    ignores: ['AvailabilityZone', 'DisableApiTermination', 'EbsOptimized', 'Monitoring'],
    names: (resource) => ({ ref: `i-0${resource.fingerprint(16)}` }),
  },
  'AWS::EC2::EIP': {
    reads: ['InstanceId'],
    ignores: ['Domain'],
    names: (resource) => {
      const address = elasticAddress(resource);
      return { ref: address, attributes: { PublicIp: address, AllocationId: address } };
    },
  },
  'AWS::EC2::VPCEndpoint': {
    reads: ['PolicyDocument', 'RouteTableIds', 'ServiceName', 'VpcEndpointType'],
    ignores: ['PrivateDnsEnabled', 'SecurityGroupIds', 'SubnetIds', 'VpcId'],
    names: (resource) => ({ ref: `vpce-0${resource.fingerprint(16)}` }),
  },
};

/** The instances of a site. A rehearsal begins where a deployment leaves them: all run. */
export function instancesOf(site: Site): Instance[] {
  const { assembly, world } = site;
  const addresses = assembly.resources('AWS::EC2::EIP');
  const taken: string[] = [];
  return assembly.resources('AWS::EC2::Instance').map((resource) => {
    const subnet = subnetOf(assembly, resource);
    const inside = privateAddress(resource, subnet, taken);
    taken.push(inside);
    const id = assembly.names(resource).ref;
    const eip = addresses.find((address) => address.optional('InstanceId') === id);
    const arn = resource.arn('ec2', `instance/${id}`);
    const launch = launchOf(assembly, resource);
    const settings = settingsIn(launch.userData, resource.where);
    const tags = tagsOf(resource);
    const computer = {
      where: resource.where,
      node: nodeOf({ tags }),
      arn,
      role: launch.role,
      region: resource.stack.region,
      settings,
      imagesKey: keyOfBucket(assembly, settings.images),
      secretKeys: keysOfSecrets(assembly),
      endpoint: endpointOf(assembly, resource),
    };
    world.iam.assertTrusted(launch.role, 'ec2.amazonaws.com', resource.where);
    const instance: Omit<Instance, 'checks'> = {
      site,
      id,
      arn,
      type: typeOf(resource),
      region: resource.stack.region,
      tags,
      privateAddress: inside,
      address: eip && assembly.names(eip).ref,
      // Without an Elastic IP address it has one that EC2 lends it, if its subnet says so: a new one
      // at each start, none while it is stopped.
      // https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/using-instance-addressing.html
      borrows: !eip && mapsAddresses(subnet),
      last: undefined,
      host: new Host(site, id, computer, reachOf(assembly, resource)),
      keys: launch.keys,
      state: 'running' as const,
      since: world.clock.now,
      launchedAt: world.clock.now,
      seen: {
        state: 'running' as const,
        address: undefined,
        reason: undefined,
        launchedAt: world.clock.now,
      },
    };
    return Object.assign(instance, { checks: new StatusChecks(instance) });
  });
}

/** The user data of each node's instance. */
export const userDataOf = (assembly: Assembly) =>
  assembly.resources('AWS::EC2::Instance').map((resource) => ({
    node: nodeOf({ tags: tagsOf(resource) }),
    userData: launchOf(assembly, resource).userData,
  }));

/** The buckets, by ARN, that hosts of a site keep images in. */
export const imagesOf = (assembly: Assembly): string[] => {
  const all = assembly
    .resources('AWS::EC2::Instance')
    .map((resource) => settingsIn(launchOf(assembly, resource).userData, resource.where).images);
  return [...new Set(all)];
};

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
  const given = instance.required('LaunchTemplate') as GivenTemplate;
  const template = assembly.named('AWS::EC2::LaunchTemplate', given.LaunchTemplateId);
  if (given.Version !== ONLY_VERSION) {
    throw new NotModelled(
      `${instance.where}: LaunchTemplate.Version ${given.Version} is not modelled: ` +
        `a first deployment has version ${ONLY_VERSION} alone`,
    );
  }
  const data = (template?.optional('LaunchTemplateData') ?? {}) as LaunchTemplateData;
  if (data.NetworkInterfaces) {
    throw new NotModelled(
      `${template?.where}: NetworkInterfaces is not modelled: the subnet says whether it maps addresses`,
    );
  }
  const named = instance.optional('IamInstanceProfile') ?? data.IamInstanceProfile?.Name;
  const profile = assembly.resources('AWS::IAM::InstanceProfile').find((resource) => {
    const { ref, attributes } = assembly.names(resource);
    return ref === named || attributes?.Arn === data.IamInstanceProfile?.Arn;
  });
  if (!profile) throw new NotModelled(`${instance.where}: its instance profile is in no template`);
  const [roleName] = profile.required('Roles') as string[];
  const role = assembly.named('AWS::IAM::Role', roleName);
  const keys = (data.BlockDeviceMappings ?? []).map(({ Ebs }) => Ebs?.KmsKeyId);
  return {
    role: role ? String(assembly.names(role).attributes?.Arn) : `${roleName}`,
    userData: Buffer.from(data.UserData ?? '', 'base64').toString(),
    keys: [...new Set(keys.filter((key) => key !== undefined))],
  };
}

/** The gateway endpoint that the instance's subnet has a route to, if there is one. */
function endpointOf(assembly: Assembly, instance: Resource): string | undefined {
  const subnet = instance.text('SubnetId');
  const association = assembly
    .resources('AWS::EC2::SubnetRouteTableAssociation')
    .find((resource) => resource.text('SubnetId') === subnet);
  const routes = association?.text('RouteTableId');
  const endpoint = assembly
    .resources('AWS::EC2::VPCEndpoint')
    .find((resource) =>
      (resource.optional('RouteTableIds') as readonly unknown[] | undefined)?.includes(routes),
    );
  return endpoint && assembly.names(endpoint).ref;
}

/** What the simulator knows of a launch template is what a first deployment makes of it. */
const ONLY_VERSION = '1';

interface GivenTemplate {
  readonly LaunchTemplateId?: string;
  readonly Version?: string;
}

interface LaunchTemplateData {
  readonly UserData?: string;
  readonly NetworkInterfaces?: unknown;
  readonly IamInstanceProfile?: { readonly Arn?: string; readonly Name?: string };
  readonly BlockDeviceMappings?: readonly { readonly Ebs?: { readonly KmsKeyId?: string } }[];
}

const tagsOf = (resource: Resource): Record<string, string> =>
  Object.fromEntries(
    (resource.optional('Tags') as { Key: string; Value: string }[] | undefined)?.map(
      ({ Key, Value }) => [Key, Value],
    ) ?? [],
  );
