import { refuse, service } from './clients.ts';

export const instance = (node: string, state: string, more: object = {}) => ({
  InstanceId: `i-${node}`,
  State: { Name: state },
  PublicDnsName: `${node}.example`,
  Tags: [
    { Key: 'orthweb:site', Value: 'clinic' },
    { Key: 'orthweb:node', Value: node },
  ],
  ...more,
});
const ok = { Status: 'ok' };
export const status = (node: string, more: object = {}) => ({
  InstanceId: `i-${node}`,
  InstanceStatus: ok,
  SystemStatus: ok,
  AttachedEbsStatus: ok,
  ...more,
});
export const agent = (node: string, PingStatus = 'Online') => ({
  InstanceId: `i-${node}`,
  PingStatus,
});

export interface Cloud {
  readonly instances?: readonly object[];
  readonly statuses?: readonly object[];
  readonly agents?: readonly object[];
  readonly database?: readonly object[];
  /** What Systems Manager says of a command. */
  readonly invocation?: () => object;
}

/** The three services that a look reads, on a site that runs and is well unless told otherwise. */
export const cloud = (more: Cloud = {}) => ({
  ec2: service({
    DescribeInstances: () => ({
      Reservations: (more.instances ?? [instance('a', 'running'), instance('b', 'running')]).map(
        (one) => ({ Instances: [one] }),
      ),
    }),
    DescribeInstanceStatus: () => ({
      InstanceStatuses: more.statuses ?? [status('a'), status('b')],
    }),
  }),
  rds: service({
    DescribeDBInstances: () => ({
      DBInstances: more.database ?? [{ DBInstanceStatus: 'available' }],
    }),
  }),
  ssm: service({
    DescribeInstanceInformation: () => ({
      InstanceInformationList: more.agents ?? [agent('a'), agent('b')],
    }),
    GetCommandInvocation: more.invocation ?? refuse('InvocationDoesNotExist'),
  }),
});
