import { describe, expect, it } from 'vitest';
import { Assembly, type Properties } from './support/assembly.ts';
import { clinic, hospital } from './support/sites.ts';

interface Found {
  /** The resource whose property it is: `Power/Look/Grants`. */
  readonly where: string;
  readonly type: string;
  readonly actions: readonly string[];
  readonly resources: readonly string[];
  readonly principals: readonly string[];
  readonly conditional: boolean;
  /** As it stands in the template. */
  readonly statement: Properties;
}

const NO_RESOURCE = 'AWS defines no resource type for this action';
const OWN_CHANNEL = 'it acts on the caller’s own registration or channel, and has no resource';
const LOG_DELIVERY = 'Step Functions sets up its execution log with it, and AWS takes `*` alone';
const TRACES = 'X-Ray has no resource for traces and samples';

const TO_CONNECT = 'Lambda connects the function by it, and the interface has no name before';

const WORKFLOW = {
  'logs:CreateLogDelivery': LOG_DELIVERY,
  'logs:DeleteLogDelivery': LOG_DELIVERY,
  'logs:DescribeLogGroups': LOG_DELIVERY,
  'logs:DescribeResourcePolicies': LOG_DELIVERY,
  'logs:GetLogDelivery': LOG_DELIVERY,
  'logs:ListLogDeliveries': LOG_DELIVERY,
  'logs:PutResourcePolicy': LOG_DELIVERY,
  'logs:UpdateLogDelivery': LOG_DELIVERY,
  'xray:GetSamplingRules': TRACES,
  'xray:GetSamplingTargets': TRACES,
  'xray:PutTelemetryRecords': TRACES,
  'xray:PutTraceSegments': TRACES,
};

/** Why each action is granted on `*`, and to whom: the policy, then the action. */
const ON_ALL: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'Hosts/Role/DefaultPolicy': {
    'ssm:UpdateInstanceInformation': OWN_CHANNEL,
    'ssmmessages:CreateControlChannel': OWN_CHANNEL,
    'ssmmessages:CreateDataChannel': OWN_CHANNEL,
    'ssmmessages:OpenControlChannel': OWN_CHANNEL,
    'ssmmessages:OpenDataChannel': OWN_CHANNEL,
  },
  'Power/Look/Grants': {
    'ec2:DescribeInstances': NO_RESOURCE,
    'ec2:DescribeInstanceStatus': NO_RESOURCE,
    'ssm:DescribeInstanceInformation': NO_RESOURCE,
    'ssm:GetCommandInvocation': NO_RESOURCE,
  },
  'Power/Workflow/StateMachine/Role/DefaultPolicy': WORKFLOW,
  'Certificate/Look/Grants': {
    'ec2:DescribeInstances': NO_RESOURCE,
    'ssm:DescribeInstanceInformation': NO_RESOURCE,
    'ssm:GetCommandInvocation': NO_RESOURCE,
  },
  'Certificate/Sign/Grants': {
    'ec2:DescribeInstances': NO_RESOURCE,
    'ssm:GetCommandInvocation': NO_RESOURCE,
  },
  'Certificate/Verify/Grants': {
    'ec2:AssignPrivateIpAddresses': TO_CONNECT,
    'ec2:CreateNetworkInterface': TO_CONNECT,
    'ec2:DeleteNetworkInterface': TO_CONNECT,
    'ec2:DescribeNetworkInterfaces': NO_RESOURCE,
    'ec2:DescribeSubnets': NO_RESOURCE,
    'ec2:UnassignPrivateIpAddresses': TO_CONNECT,
  },
  'Certificate/Workflow/StateMachine/Role/DefaultPolicy': WORKFLOW,
  'Health/Probe/Grants': {
    'ec2:AssignPrivateIpAddresses': TO_CONNECT,
    'ec2:CreateNetworkInterface': TO_CONNECT,
    'ec2:DeleteNetworkInterface': TO_CONNECT,
    'ec2:DescribeNetworkInterfaces': NO_RESOURCE,
    'ec2:DescribeSubnets': NO_RESOURCE,
    'ec2:UnassignPrivateIpAddresses': TO_CONNECT,
  },
  'Health/Observe/Grants': {
    'ec2:DescribeInstances': NO_RESOURCE,
    'ec2:DescribeInstanceStatus': NO_RESOURCE,
    'ssm:DescribeInstanceInformation': NO_RESOURCE,
    'ssm:GetCommandInvocation': NO_RESOURCE,
    'ssm:ListCommandInvocations': NO_RESOURCE,
  },
};

const FAMILY = 'AWS documents the calls with and without plaintext or pair as one family';

/** Why an action is a pattern, by the policy that allows it: AWS may add to what it covers. */
const PATTERNS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  Key: {
    'kms:*': 'the account’s own IAM decides; a key whose policy names nobody is lost for good',
    'kms:GenerateDataKey*': FAMILY,
    'kms:ReEncrypt*': FAMILY,
  },
  'Authority/Key1': {
    'kms:*': 'the account’s own IAM decides, and gives the right to sign to two functions alone',
  },
};

const list = (value: unknown): string[] => [value ?? []].flat() as string[];

/** Each statement below a property, wherever a policy stands, be it as text. */
function statementsIn(value: unknown): Properties[] {
  if (typeof value === 'string') {
    return value.includes('"Statement"') ? statementsIn(JSON.parse(value)) : [];
  }
  if (typeof value !== 'object' || value === null) return [];
  const own = 'Statement' in value ? ([value.Statement].flat() as Properties[]) : [];
  return [...own, ...Object.values(value).flatMap(statementsIn)];
}

const statementsOf = (assembly: Assembly): Found[] =>
  [...assembly.site, ...assembly.operations].flatMap(({ path, type, properties }) =>
    statementsIn(properties).map((statement) => ({
      where: path,
      type,
      actions: list(statement.Action),
      resources: list(statement.Resource),
      principals: list(
        typeof statement.Principal === 'object'
          ? Object.values(statement.Principal).flat()
          : statement.Principal,
      ),
      conditional: Object.keys(statement.Condition ?? {}).length > 0,
      statement,
    })),
  );

const sites = [
  ['a test site', statementsOf(new Assembly(clinic({ environment: 'tst' })))],
  [
    'a production site in three zones with private endpoints',
    statementsOf(new Assembly(hospital({ network: { endpoints: 'management' } }))),
  ],
] as const;

const allowed = (found: readonly Found[]): Found[] =>
  found.filter(({ statement }) => statement.Effect !== 'Deny');
const lines = (rows: typeof ON_ALL): string[] =>
  Object.entries(rows).flatMap(([where, actions]) =>
    Object.keys(actions).map((action) => `${where} ${action}`),
  );
const granted = (found: readonly Found[], action: RegExp): string[] =>
  found.flatMap(({ where, actions }) =>
    actions.filter((one) => action.test(one)).map((one) => `${where} ${one}`),
  );
const distinct = (items: readonly string[]): string[] => [...new Set(items)].sort();

describe.each(sites)('in %s', (_, found) => {
  it('every kind of policy has been read', () => {
    expect(distinct(found.map(({ type }) => type))).toEqual(
      expect.arrayContaining([
        'AWS::EC2::VPCEndpoint',
        'AWS::IAM::Policy',
        'AWS::IAM::Role',
        'AWS::KMS::Key',
        'AWS::S3::BucketPolicy',
        'AWS::SNS::TopicPolicy',
      ]),
    );
  });

  it('each statement says whom it concerns, what and where, and none by exception', () => {
    const exceptions = found.flatMap(({ where, statement }) =>
      Object.keys(statement)
        .filter((element) => element.startsWith('Not'))
        .map((element) => `${where} ${element}`),
    );

    expect(exceptions).toEqual([]);
    expect(distinct(found.map(({ statement }) => statement.Effect))).toEqual(['Allow', 'Deny']);
  });

  it('nobody unnamed is allowed anything, save under a condition or to pass an endpoint', () => {
    const anyone = allowed(found).filter(
      ({ principals, conditional }) => principals.includes('*') && !conditional,
    );

    // It gives nobody a right, and takes from everybody what it does not name.
    expect(distinct(anyone.map(({ type }) => type))).toEqual(['AWS::EC2::VPCEndpoint']);
  });

  it('an action on `*` is on the list above, with its reason', () => {
    // In a key's own policy `*` is that key.
    const onAll = allowed(found).filter(
      ({ type, resources }) => type !== 'AWS::KMS::Key' && resources.includes('*'),
    );

    expect(distinct(granted(onAll, /./))).toEqual(lines(ON_ALL).sort());
  });

  it('no action is a pattern but those above, so that AWS cannot add to a grant', () => {
    expect(distinct(granted(allowed(found), /[*?]/))).toEqual(lines(PATTERNS).sort());
  });

  it('only the account’s own IAM decides over a key beyond its named uses', () => {
    const everything = allowed(found).filter(({ actions }) => actions.includes('kms:*'));

    expect(everything.map(({ where, principals }) => [where, principals])).toEqual([
      ['Key', ['arn:aws:iam::<AWS::AccountId>:root']],
      ['Authority/Key1', ['arn:aws:iam::<AWS::AccountId>:root']],
    ]);
  });
});
