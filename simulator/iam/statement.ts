import { NotModelled } from '../aws-error.ts';
import { type Conditions, isOperator } from './conditions.ts';
import { matches } from './patterns.ts';

/** One statement of a policy, in any of the shapes that policies are written in. */
export interface Statement {
  /** The resource of the template that the policy stands in. */
  readonly where: string;
  /** Its `Sid`, or `#` and its place in the policy. */
  readonly name: string;
  readonly effect: 'Allow' | 'Deny';
  readonly actions: readonly string[];
  /** Absent in a trust policy, which is about its own role. */
  readonly resources: readonly string[] | undefined;
  /** Absent in an identity policy, which is about whoever has it. */
  readonly principals: readonly Principal[] | undefined;
  readonly conditions: Conditions;
}

/** Whom a resource policy names: `*`, an account or role by ARN, a service by its name. */
export interface Principal {
  readonly kind: 'AWS' | 'Service';
  readonly value: string;
}

const ELEMENTS = ['Sid', 'Effect', 'Action', 'Resource', 'Principal', 'Condition'];

/**
 * Reads a policy document; an element that changes its meaning in a way unknown here is an error.
 *
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements.html
 */
export function statementsOf(document: unknown, where: string): Statement[] {
  const { Statement } = document as { Statement: unknown };
  return asList(Statement).map((raw, index) => {
    const statement = raw as Record<string, unknown>;
    const conditions = (statement.Condition ?? {}) as Record<string, Record<string, unknown>>;
    const unknown = [
      ...Object.keys(statement).filter((element) => !ELEMENTS.includes(element)),
      ...Object.keys(conditions).filter((operator) => !isOperator(operator)),
    ];
    // https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
    const variables = JSON.stringify([statement.Resource, conditions]).match(/\$\{[^}]*\}/g) ?? [];
    if (unknown.length + variables.length > 0) {
      throw new NotModelled(`${where}: ${[...unknown, ...variables].join(', ')} is not modelled`);
    }
    return {
      where,
      name: String(statement.Sid ?? `#${index + 1}`),
      effect: statement.Effect as 'Allow' | 'Deny',
      actions: asList(statement.Action).map(String),
      resources: 'Resource' in statement ? asList(statement.Resource).map(String) : undefined,
      principals: 'Principal' in statement ? principalsOf(statement.Principal, where) : undefined,
      conditions: Object.fromEntries(
        Object.entries(conditions).map(([operator, keys]) => [
          operator,
          Object.fromEntries(
            Object.entries(keys).map(([key, values]) => [key, asList(values).map(String)]),
          ),
        ]),
      ),
    };
  });
}

function principalsOf(element: unknown, where: string): Principal[] {
  if (element === '*') return [{ kind: 'AWS', value: '*' }];
  return Object.entries(element as Record<string, unknown>).flatMap(([kind, values]) => {
    if (kind !== 'AWS' && kind !== 'Service') {
      throw new NotModelled(`${where}: a principal of the kind ${kind} is not modelled`);
    }
    return asList(values).map((value) => ({ kind, value: String(value) }) as const);
  });
}

/** The action of the statement that stands for this one; AWS ignores case in actions. */
export const actionIn = (statement: Statement, action: string): string | undefined =>
  statement.actions.find((pattern) => matches(action.toLowerCase(), pattern.toLowerCase()));

export const asList = (value: unknown): unknown[] =>
  value === undefined || value === null ? [] : Array.isArray(value) ? value : [value];
