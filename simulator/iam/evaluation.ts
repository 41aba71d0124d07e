import { type RequestContext, satisfied } from './conditions.ts';
import { matches } from './patterns.ts';
import { actionIn, type Statement } from './statement.ts';

/** Who asks: a role with what it may, or a service in its own name and for one of its resources. */
export type Caller =
  | {
      readonly kind: 'role';
      readonly arn: string;
      /** How a refusal calls it. */
      readonly label: string;
      readonly statements: readonly Statement[];
    }
  | {
      readonly kind: 'service';
      /** `cloudwatch.amazonaws.com` */
      readonly name: string;
      /** The resource that the service acts for, where it says so. */
      readonly source?: { readonly account: string; readonly arn: string };
    }
  /** Whoever does not say who it is, such as a download of public packages. */
  | { readonly kind: 'anonymous' };

export interface Request {
  readonly caller: Caller;
  readonly action: string;
  /** Its ARN; `*` where AWS has no resource for the action. */
  readonly resource: string;
  /** The account that the resource is in. */
  readonly account: string;
  readonly context: RequestContext;
}

/** The policy of the resource itself: its statements, and how a refusal calls it. */
export interface ResourcePolicy {
  readonly label: string;
  readonly statements: readonly Statement[];
  /** The resource's own policy has the last word, unless it leaves that to IAM (KMS, trust). */
  readonly rules: boolean;
}

/** Allowed by these statements together, or refused, and why. */
export type Decision =
  | { readonly allowed: true; readonly by: readonly Statement[] }
  | { readonly allowed: false; readonly why: string };

/**
 * What AWS would answer.
 *
 * A Deny wins. Within the account an Allow on either side is enough, except that a key follows its
 * own policy, which must allow the caller or leave the decision to the account; across accounts
 * both sides must allow. A service asking in its own name has no identity policy.
 *
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
 * https://docs.aws.amazon.com/kms/latest/developerguide/policy-evaluation.html
 */
export function decide(request: Request, policy: ResourcePolicy | undefined): Decision {
  const { caller, action, resource } = request;
  const who = labelOf(caller);
  const identity = (caller.kind === 'role' ? caller.statements : []).filter((one) =>
    applies(one, request),
  );
  const about = (policy?.statements ?? []).filter((one) => applies(one, request));
  const named = about.filter((one) => names(one, request) !== undefined);
  const denial = [...identity, ...named].find(({ effect }) => effect === 'Deny');
  if (denial) {
    const by = `${denial.where}, statement ${denial.name}`;
    return refused(`${who} is denied ${action} on ${resource} by ${by}`);
  }
  const direct = named.find((one) => names(one, request) === 'directly');
  const delegated = named.find((one) => names(one, request) === 'through its account');
  const granted = identity[0];
  const lacks = (label: string) =>
    refused(`${label} has no statement that allows ${action} on ${resource}`);
  const closed = () => refused(`${policy?.label ?? resource} does not let ${who} do ${action}`);

  if (caller.kind !== 'role') return direct ? allowed(direct) : closed();
  const foreign = accountOf(caller.arn) !== request.account;
  if (!foreign && direct) return allowed(direct);
  if (foreign || policy?.rules) {
    const open = direct ?? delegated;
    if (!open) return closed();
    return granted ? allowed(open, granted) : lacks(caller.label);
  }
  return granted ? allowed(granted) : lacks(caller.label);
}

/**
 * Whether an endpoint lets the request through on its way to the service: its policy must say so,
 * and gives nobody a right that he does not have.
 * https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-endpoints-access.html
 */
export function passes(request: Request, endpoint: ResourcePolicy): Decision {
  const about = endpoint.statements.filter(
    (one) => applies(one, request) && names(one, request) !== undefined,
  );
  const open = about.find(({ effect }) => effect === 'Allow');
  if (open && !about.some(({ effect }) => effect === 'Deny')) return allowed(open);
  const { caller, action, resource } = request;
  return refused(`${endpoint.label} does not let ${labelOf(caller)} do ${action} on ${resource}`);
}

const allowed = (...by: readonly Statement[]): Decision => ({ allowed: true, by });
const refused = (why: string): Decision => ({ allowed: false, why });

function applies(statement: Statement, { action, resource, context }: Request): boolean {
  return (
    actionIn(statement, action) !== undefined &&
    (statement.resources?.some((pattern) => matches(resource, pattern)) ?? true) &&
    satisfied(statement.conditions, context)
  );
}

/**
 * How the statement names the caller. An account as principal leaves it to that account's
 * identity policies; a Deny for an account meets everybody in it.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
 */
function names({ principals = [] }: Statement, { caller }: Request) {
  const values = principals
    .filter(
      ({ kind, value }) => value === '*' || (kind === 'Service') === (caller.kind === 'service'),
    )
    .map(({ value }) => value);
  if (values.includes('*')) return 'directly';
  if (caller.kind === 'anonymous') return undefined;
  if (values.includes(caller.kind === 'role' ? caller.arn : caller.name)) return 'directly';
  if (caller.kind === 'service') return undefined;
  const account = accountOf(caller.arn);
  const root = `arn:aws:iam::${account}:root`;
  return values.includes(root) || values.includes(account) ? 'through its account' : undefined;
}

function labelOf(caller: Caller): string {
  if (caller.kind === 'role') return caller.label;
  if (caller.kind === 'anonymous') return 'somebody unknown';
  return caller.source ? `${caller.name} for ${caller.source.arn}` : caller.name;
}

export const accountOf = (arn: string): string => arn.split(':')[4] ?? '';
