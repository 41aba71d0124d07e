import { NotModelled } from '../aws-error.ts';
import { ACCOUNT, type Assembly } from '../template.ts';
import { Catalogue } from './catalogue.ts';
import type { RequestContext } from './conditions.ts';
import {
  accountOf,
  type Caller,
  type Decision,
  decide,
  passes,
  type Request,
  type ResourcePolicy,
} from './evaluation.ts';
import { endpointPoliciesOf, type Role, resourcePoliciesOf, rolesOf } from './policies.ts';
import { actionIn, type Statement, statementsOf } from './statement.ts';

/** What comes before every action that the simulated services ask for. */
const PREFIXES = [
  'dynamodb',
  'ec2',
  'events',
  'kms',
  'lambda',
  'logs',
  'rds',
  's3',
  'secretsmanager',
  'sns',
  'sqs',
  'ssm',
  'ssmmessages',
  'states',
  'sts',
  'xray',
];

/** Amazon Linux keeps its packages in a bucket of AWS's own in each region, open to everybody. */
export const PACKAGES = 'arn:aws:s3:::al2023-repos-';

/** Docker Hub keeps images in a bucket of one region, open to whoever has a link signed by it. */
export const IMAGES_OF_DOCKER = {
  region: 'us-east-1',
  object: 'arn:aws:s3:::docker-images-prod/registry-v2/docker/registry/v2/blobs/0',
} as const;

const [DOCKER_BUCKET = ''] = IMAGES_OF_DOCKER.object.split('/');
const PUBLIC: ResourcePolicy = {
  label: 'what everybody may read',
  statements: statementsOf(
    { Statement: { Effect: 'Allow', Principal: '*', Action: 's3:GetObject' } },
    'what everybody may read',
  ),
  rules: false,
};

/**
 * All policies of the templates, the judgement over each request, and a ledger of the statements
 * that were needed for it.
 */
export class Iam {
  private readonly roles: ReadonlyMap<string, Role>;
  private readonly policies: ReadonlyMap<string, ResourcePolicy>;
  private readonly endpoints: ReadonlyMap<string, ResourcePolicy>;
  private readonly region: string;
  private readonly catalogue: Catalogue;
  private readonly used = new Map<Statement, Set<string>>();
  /** Policies do not change in a run, so the same request has the same answer. */
  private readonly judged = new Map<string, { readonly why: string | undefined }>();

  private constructor(
    region: string,
    roles: ReadonlyMap<string, Role>,
    policies: ReadonlyMap<string, ResourcePolicy>,
    endpoints: ReadonlyMap<string, ResourcePolicy>,
    catalogue: Catalogue,
  ) {
    this.region = region;
    this.roles = roles;
    this.policies = policies;
    this.endpoints = endpoints;
    this.catalogue = catalogue;
  }

  /** Reads every policy and holds each statement against AWS's catalogue of actions. */
  static async load(assembly: Assembly): Promise<Iam> {
    const roles = rolesOf(assembly);
    const policies = resourcePoliciesOf(assembly);
    const endpoints = endpointPoliciesOf(assembly);
    const all = statementsIn(roles, policies, endpoints);
    const prefixes = all.flatMap(({ actions }) =>
      actions.map((action) => action.split(':')[0] ?? ''),
    );
    const catalogue = await Catalogue.of([...PREFIXES, ...prefixes]);
    for (const statement of all) catalogue.check(statement);
    return new Iam(assembly.region, roles, policies, endpoints, catalogue);
  }

  /** The policies of all sites of one account and region, with a ledger in which nothing is used. */
  static together(first: Iam, ...others: readonly Iam[]): Iam {
    const all = [first, ...others];
    const roles = new Map(all.flatMap((one) => [...one.roles]));
    const policies = new Map(all.flatMap((one) => [...one.policies]));
    const endpoints = new Map(all.flatMap((one) => [...one.endpoints]));
    // Each was held against the catalogue when it was loaded; what is asked for, all catalogues know.
    return new Iam(first.region, roles, policies, endpoints, first.catalogue);
  }

  /** Throws when a service cannot act as the role that `where` gives it, for its resource. */
  assertTrusted(roleArn: string, service: string, where: string, source?: string): void {
    const refused = (why: string) =>
      new NotModelled(`${where}: ${service} cannot take its role: ${why}`);
    const role = this.roles.get(roleArn);
    if (!role) throw refused(`no template has ${roleArn}`);
    const caller = this.service(service, source);
    if (this.judge(caller, 'sts:AssumeRole', roleArn) !== undefined) {
      throw refused(`${role.where} does not trust it${source ? ` for ${source}` : ''}`);
    }
  }

  /** Why the role may not do this to these resources; undefined when it may. */
  refusal(
    roleArn: string,
    action: string,
    resources: readonly string[],
    context: RequestContext,
  ): string | undefined {
    if (!this.roles.has(roleArn)) return `${roleArn} is no role of the templates`;
    const caller = this.role(roleArn);
    for (const resource of resources) {
      const why = this.judge(caller, action, resource, context);
      if (why !== undefined) return why;
    }
    return undefined;
  }

  /** Whoever has taken a role; one that no template has may do nothing by itself. */
  role(arn: string): Caller {
    const { where = arn, statements = [] } = this.roles.get(arn) ?? {};
    return { kind: 'role', arn, label: where, statements };
  }

  /** A service in its own name, for one of its resources where it says so. */
  service(name: string, source?: string): Caller {
    // An ARN of S3 names no account: what acts here is ours.
    const from = source && { arn: source, account: accountOf(source) || ACCOUNT };
    return { kind: 'service', name, ...(from && { source: from }) };
  }

  /** Why the caller may not; undefined when it may, and what allowed it is remembered. */
  judge(
    caller: Caller,
    action: string,
    resource: string,
    context: RequestContext = {},
  ): string | undefined {
    const asked = `${idOf(caller)} ${action} ${resource} ${JSON.stringify(context)}`;
    const known = this.judged.get(asked);
    if (known) return known.why;
    const why = this.decide(caller, action, resource, context);
    this.judged.set(asked, { why });
    return why;
  }

  private decide(
    caller: Caller,
    action: string,
    resource: string,
    context: RequestContext,
  ): string | undefined {
    this.catalogue.checkRequest(action, resource, Object.keys(context));
    const whole = { ...this.contextOf(caller, action), ...context };
    const request = { caller, action, resource, account: ACCOUNT, context: whole };
    const passage = this.passage(request);
    if (!passage.allowed) return passage.why;
    const decision = decide(request, this.policyOf(resource));
    if (!decision.allowed) return decision.why;
    for (const statement of [...passage.by, ...decision.by]) {
      const actions = this.used.get(statement) ?? new Set();
      this.used.set(statement, actions.add(actionIn(statement, action) ?? ''));
    }
    return undefined;
  }

  /** Grants that nothing has used so far: where, statement, action. */
  unused(): readonly string[] {
    return statementsIn(this.roles, this.policies, this.endpoints).flatMap((statement) =>
      statement.effect === 'Deny'
        ? []
        : statement.actions
            .filter((action) => !this.used.get(statement)?.has(action))
            .map((action) => `${statement.where}: statement ${statement.name}: ${action}`),
    );
  }

  /**
   * What AWS adds to each request; everything here is said over TLS 1.3.
   * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
   */
  private contextOf(caller: Caller, action: string): RequestContext {
    return {
      'aws:SecureTransport': 'true',
      'aws:RequestedRegion': this.region,
      'aws:PrincipalIsAWSService': String(caller.kind === 'service'),
      ...(action.startsWith('s3:') && { 's3:TlsVersion': '1.3' }),
      ...(caller.kind === 'role' && {
        'aws:PrincipalArn': caller.arn,
        'aws:PrincipalAccount': accountOf(caller.arn),
      }),
      ...(caller.kind === 'service' &&
        caller.source && {
          'aws:SourceArn': caller.source.arn,
          'aws:SourceAccount': caller.source.account,
        }),
    };
  }

  /** A request that takes an endpoint must get through that too. */
  private passage(request: Request): Decision {
    const endpoint = this.endpoints.get(request.context['aws:SourceVpce'] ?? '');
    return endpoint ? passes(request, endpoint) : { allowed: true, by: [] };
  }

  /** A role's own policy is its trust; an object of S3 is under the policy of its bucket. */
  private policyOf(resource: string): ResourcePolicy | undefined {
    const role = this.roles.get(resource);
    if (role) return { label: role.where, statements: role.trust, rules: true };
    const [bucket = ''] = resource.split('/');
    if (bucket.startsWith(PACKAGES) || bucket === DOCKER_BUCKET) return PUBLIC;
    return this.policies.get(resource.startsWith('arn:aws:s3:::') ? bucket : resource);
  }
}

const statementsIn = (
  roles: ReadonlyMap<string, Role>,
  policies: ReadonlyMap<string, ResourcePolicy>,
  endpoints: ReadonlyMap<string, ResourcePolicy>,
): Statement[] => [
  ...[...roles.values()].flatMap(({ trust, statements }) => [...trust, ...statements]),
  ...[...policies.values(), ...endpoints.values()].flatMap(({ statements }) => statements),
];

function idOf(caller: Caller): string {
  if (caller.kind === 'role') return caller.arn;
  if (caller.kind === 'anonymous') return caller.kind;
  return `${caller.name} ${caller.source?.account} ${caller.source?.arn}`;
}
