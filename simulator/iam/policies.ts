import { NotModelled } from '../aws-error.ts';
import type { Assembly, Resource } from '../template.ts';
import type { ResourcePolicy } from './evaluation.ts';
import { asList, type Statement, statementsOf } from './statement.ts';

/** A role of the templates: who may take it, and what it may do then. */
export interface Role {
  readonly where: string;
  readonly trust: readonly Statement[];
  readonly statements: Statement[];
}

/** The roles of the templates, by ARN, with the policies that are in them or attached to them. */
export function rolesOf(assembly: Assembly): Map<string, Role> {
  const roles = new Map<string, Role>();
  const byName = new Map<string, Role>();
  for (const resource of assembly.resources('AWS::IAM::Role')) {
    if (asList(resource.optional('ManagedPolicyArns')).length > 0) {
      throw new NotModelled(
        `${resource.where}: managed policies are not modelled: write the role out`,
      );
    }
    const inline = asList(resource.optional('Policies')) as { PolicyDocument: unknown }[];
    const role = {
      where: resource.where,
      trust: statementsOf(resource.required('AssumeRolePolicyDocument'), resource.where),
      statements: inline.flatMap((one) => statementsOf(one.PolicyDocument, resource.where)),
    };
    const { ref, attributes } = assembly.names(resource);
    roles.set(String(attributes?.Arn), role);
    byName.set(ref, role);
  }
  for (const policy of assembly.resources('AWS::IAM::Policy')) {
    const statements = statementsOf(policy.required('PolicyDocument'), policy.where);
    for (const name of asList(policy.required('Roles'))) {
      byName.get(String(name))?.statements.push(...statements);
    }
  }
  return roles;
}

/** The policies that resources have themselves, by the ARN of the resource. */
export function resourcePoliciesOf(assembly: Assembly): Map<string, ResourcePolicy> {
  const policies = new Map<string, ResourcePolicy>();
  const attach = (arn: string, label: string, statements: readonly Statement[], rules = false) => {
    const before = policies.get(arn)?.statements ?? [];
    policies.set(arn, { label, statements: [...before, ...statements], rules });
  };
  for (const key of assembly.resources('AWS::KMS::Key')) {
    const arn = String(assembly.names(key).attributes?.Arn);
    attach(arn, key.where, statementsOf(key.required('KeyPolicy'), key.where), true);
  }
  for (const [type, property, arnOf] of ATTACHED) {
    for (const policy of assembly.resources(type)) {
      const statements = statementsOf(policy.required('PolicyDocument'), policy.where);
      for (const to of asList(policy.required(property))) {
        attach(arnOf(String(to), policy), policy.where, statements);
      }
    }
  }
  for (const permission of assembly.resources('AWS::Lambda::Permission')) {
    const arn = permission.text('FunctionName');
    attach(arn, `the policy of ${arn}`, [functionPermission(permission)]);
  }
  return policies;
}

/** The policies of the endpoints through which requests leave the network, by the endpoint's id. */
export function endpointPoliciesOf(assembly: Assembly): Map<string, ResourcePolicy> {
  const endpoints = assembly.resources('AWS::EC2::VPCEndpoint').flatMap((endpoint) => {
    const document = endpoint.optional('PolicyDocument');
    if (document === undefined) return [];
    const statements = statementsOf(document, endpoint.where);
    const { ref } = assembly.names(endpoint);
    return [[ref, { label: endpoint.where, statements, rules: false }] as const];
  });
  return new Map(endpoints);
}

type Attached = readonly [type: string, property: string, (to: string, by: Resource) => string];

/** The types that give another resource its policy, and how they name that resource. */
const ATTACHED: readonly Attached[] = [
  ['AWS::SNS::TopicPolicy', 'Topics', (arn) => arn],
  // By its address: https://sqs.ca-central-1.amazonaws.com/111122223333/name
  ['AWS::SQS::QueuePolicy', 'Queues', (url, by) => by.arn('sqs', url.split('/').at(-1) ?? '')],
  ['AWS::S3::BucketPolicy', 'Bucket', (name) => `arn:aws:s3:::${name}`],
];

/**
 * A permission is a statement of the function's policy.
 * https://docs.aws.amazon.com/lambda/latest/dg/access-control-resource-based.html
 */
function functionPermission(permission: Resource): Statement {
  const source = permission.optional('SourceArn');
  return {
    where: permission.where,
    name: '#1',
    effect: 'Allow',
    actions: [permission.text('Action')],
    resources: [permission.text('FunctionName')],
    principals: [{ kind: 'Service', value: permission.text('Principal') }],
    conditions: source === undefined ? {} : { ArnLike: { 'aws:SourceArn': [String(source)] } },
  };
}
