import { matches, partsOf } from './patterns.ts';

/** Operator, condition key, and what is expected of the key's value. */
export type Conditions = Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;

/** What a request says about itself to the conditions of a policy; AWS ignores the keys' case. */
export type RequestContext = Readonly<Record<string, string>>;

type Test = (value: string, expected: string) => boolean;

const lower = (text: string) => text.toLowerCase();
const equals: Test = (value, expected) => value === expected;
const equalsIgnoringCase: Test = (value, expected) => lower(value) === lower(expected);

/** Each of the six parts of an ARN is matched for itself: a wildcard never spans a colon of them. */
const arnMatches: Test = (value, expected) => {
  const patterns = partsOf(expected);
  return partsOf(value).every((part, index) => matches(part, patterns[index] ?? ''));
};

const numeric =
  (compare: (value: number, expected: number) => boolean): Test =>
  (value, expected) =>
    compare(Number(value), Number(expected));

/** One of the expected values is enough. */
const POSITIVE: Readonly<Record<string, Test>> = {
  StringEquals: equals,
  StringEqualsIgnoreCase: equalsIgnoringCase,
  StringLike: matches,
  ArnEquals: arnMatches,
  ArnLike: arnMatches,
  Bool: equalsIgnoringCase,
  NumericEquals: numeric((value, expected) => value === expected),
  NumericLessThan: numeric((value, expected) => value < expected),
  NumericLessThanEquals: numeric((value, expected) => value <= expected),
  NumericGreaterThan: numeric((value, expected) => value > expected),
  NumericGreaterThanEquals: numeric((value, expected) => value >= expected),
};

/** None of the expected values may fit, and a key that is absent fits none. */
const NEGATIVE: Readonly<Record<string, Test>> = {
  StringNotEquals: equals,
  StringNotEqualsIgnoreCase: equalsIgnoringCase,
  StringNotLike: matches,
  ArnNotEquals: arnMatches,
  ArnNotLike: arnMatches,
  NumericNotEquals: numeric((value, expected) => value === expected),
};

const IF_EXISTS = /IfExists$/;

/** Whether the operator asks, in its own way, for a key that may be absent. */
export const expectsAbsence = (operator: string): boolean =>
  operator === 'Null' || IF_EXISTS.test(operator) || operator in NEGATIVE;

export const isOperator = (operator: string): boolean => {
  const name = operator.replace(IF_EXISTS, '');
  return name in POSITIVE || name in NEGATIVE || operator === 'Null';
};

/**
 * Whether every key of every operator is as the policy expects.
 *
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
 */
export function satisfied(conditions: Conditions, context: RequestContext): boolean {
  return Object.entries(conditions).every(([operator, keys]) =>
    Object.entries(keys).every(([key, expected]) =>
      holds(operator, valueIn(context, key), expected),
    ),
  );
}

function holds(operator: string, value: string | undefined, expected: readonly string[]): boolean {
  if (operator === 'Null') return expected.includes(String(value === undefined));
  if (value === undefined) return expectsAbsence(operator);
  const name = operator.replace(IF_EXISTS, '');
  const positive = POSITIVE[name];
  if (positive) return expected.some((one) => positive(value, one));
  const negative = NEGATIVE[name];
  return negative !== undefined && !expected.some((one) => negative(value, one));
}

function valueIn(context: RequestContext, key: string): string | undefined {
  const exact = context[key];
  if (exact !== undefined) return exact;
  return Object.entries(context).find(([name]) => lower(name) === lower(key))?.[1];
}
