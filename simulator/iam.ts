import { NotModelled } from './aws-error.ts';
import type { Assembly, Resource } from './template.ts';

type Conditions = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

interface Statement {
  readonly effect: 'Allow' | 'Deny';
  readonly actions: readonly string[];
  readonly resources: readonly string[];
  readonly conditions: Conditions;
}

/** What a call says about itself to the conditions of a policy. */
export type RequestContext = Readonly<Record<string, string>>;

const OPERATORS: Readonly<Record<string, (value: string, pattern: string) => boolean>> = {
  StringEquals: (value, pattern) => value === pattern,
  StringLike: matches,
  ArnEquals: matches,
  ArnLike: matches,
  Bool: (value, pattern) => value.toLowerCase() === pattern.toLowerCase(),
};

/**
 * The identity policies of the templates' roles, and the judgement over a call.
 *
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
 */
export class Iam {
  private readonly roles = new Map<
    string,
    { readonly where: string; readonly trusts: readonly string[]; readonly statements: Statement[] }
  >();

  constructor(assembly: Assembly) {
    for (const role of assembly.resources('AWS::IAM::Role')) {
      const managed = asList(role.optional('ManagedPolicyArns'));
      if (managed.length > 0) {
        throw new NotModelled(
          `${role.where}: managed policies are not modelled: write the role out`,
        );
      }
      const inline = asList(role.optional('Policies')) as { PolicyDocument: unknown }[];
      this.roles.set(String(assembly.names(role).attributes?.Arn), {
        where: role.where,
        trusts: trusted(role.required('AssumeRolePolicyDocument')),
        statements: inline.flatMap(({ PolicyDocument }) => statements(PolicyDocument, role)),
      });
    }
    for (const policy of assembly.resources('AWS::IAM::Policy')) {
      const attached = asList(policy.required('Roles')).map(String);
      for (const role of assembly.resources('AWS::IAM::Role')) {
        if (!attached.includes(assembly.names(role).ref)) continue;
        this.roles
          .get(String(assembly.names(role).attributes?.Arn))
          ?.statements.push(...statements(policy.required('PolicyDocument'), policy));
      }
    }
  }

  /** Throws when a service cannot act as the role that `where` gives it. */
  assertTrusted(roleArn: string, service: string, where: string): void {
    const role = this.roles.get(roleArn);
    if (role?.trusts.includes(service)) return;
    const why = role ? `${role.where} does not trust it` : `no template has ${roleArn}`;
    throw new NotModelled(`${where}: ${service} cannot take its role: ${why}`);
  }

  /** Why the role may not do this to these resources; undefined when it may. */
  refusal(
    roleArn: string,
    action: string,
    resources: readonly string[],
    context: RequestContext,
  ): string | undefined {
    const role = this.roles.get(roleArn);
    if (!role) return `${roleArn} is no role of the templates`;
    for (const resource of resources) {
      const about = role.statements.filter(
        (statement) =>
          statement.actions.some((pattern) =>
            matches(action.toLowerCase(), pattern.toLowerCase()),
          ) &&
          statement.resources.some((pattern) => matches(resource, pattern)) &&
          satisfied(statement.conditions, context),
      );
      if (about.some(({ effect }) => effect === 'Deny')) {
        return `${role.where} is denied ${action} on ${resource}`;
      }
      if (about.length === 0) {
        return `${role.where} has no statement that allows ${action} on ${resource}`;
      }
    }
    return undefined;
  }
}

function statements(document: unknown, from: Resource): Statement[] {
  const { Statement } = document as { Statement: Record<string, unknown>[] };
  return asList(Statement).map((raw) => {
    const statement = raw as Record<string, unknown>;
    const unknown = Object.keys(statement).filter(
      (key) => !['Sid', 'Effect', 'Action', 'Resource', 'Condition'].includes(key),
    );
    const conditions = (statement.Condition ?? {}) as Conditions;
    const operators = Object.keys(conditions).filter((operator) => !(operator in OPERATORS));
    if (unknown.length + operators.length > 0) {
      throw new NotModelled(
        `${from.where}: ${[...unknown, ...operators].join(', ')} is not modelled`,
      );
    }
    return {
      effect: statement.Effect as 'Allow' | 'Deny',
      actions: asList(statement.Action).map(String),
      resources: asList(statement.Resource).map(String),
      conditions,
    };
  });
}

/** The services that a trust policy lets act as the role. */
const trusted = (document: unknown): string[] =>
  asList((document as { Statement: unknown }).Statement).flatMap((statement) => {
    const { Effect, Principal } = statement as {
      Effect: string;
      Principal?: { Service?: unknown };
    };
    return Effect === 'Allow' ? asList(Principal?.Service).map(String) : [];
  });

const satisfied = (conditions: Conditions, context: RequestContext): boolean =>
  Object.entries(conditions).every(([operator, keys]) =>
    Object.entries(keys).every(([key, expected]) => {
      const value = context[key];
      const test = OPERATORS[operator];
      return (
        value !== undefined &&
        test &&
        asList(expected).some((pattern) => test(value, String(pattern)))
      );
    }),
  );

/** `*` stands for any run of characters, `?` for one. */
function matches(value: string, pattern: string): boolean {
  let expression = patterns.get(pattern);
  if (!expression) {
    const escaped = pattern.replace(/[.+^${}()|[\]\\]/g, '\\$&');
    expression = new RegExp(`^${escaped.replace(/\*/g, '.*').replace(/\?/g, '.')}$`, 's');
    patterns.set(pattern, expression);
  }
  return expression.test(value);
}

const patterns = new Map<string, RegExp>();

const asList = (value: unknown): unknown[] =>
  value === undefined || value === null ? [] : Array.isArray(value) ? value : [value];
