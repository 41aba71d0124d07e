import { expect, it } from 'vitest';
import { type RequestContext, satisfied } from '../../../simulator/iam/conditions.ts';

const alarm = 'arn:aws:cloudwatch:ca-central-1:111122223333:alarm:clinic';

const rows: readonly (readonly [
  operator: string,
  expected: readonly string[],
  value: string | undefined,
  holds: boolean,
])[] = [
  ['StringEquals', ['a', 'b'], 'b', true],
  ['StringEquals', ['a', 'b'], 'B', false],
  ['StringEquals', ['a*'], 'ab', false],
  ['StringEquals', ['a'], undefined, false],
  ['StringEqualsIgnoreCase', ['a'], 'A', true],
  ['StringNotEquals', ['a', 'b'], 'c', true],
  ['StringNotEquals', ['a', 'b'], 'b', false],
  ['StringNotEquals', ['a'], undefined, true],
  ['StringLike', ['a*'], 'ab', true],
  ['StringLike', ['a?'], 'abc', false],
  ['StringNotLike', ['a*'], 'ab', false],
  ['StringEqualsIfExists', ['a'], undefined, true],
  ['StringEqualsIfExists', ['a'], 'b', false],
  ['ArnLike', ['arn:aws:cloudwatch:*:111122223333:alarm:*'], alarm, true],
  ['ArnLike', ['arn:aws:cloudwatch:*:alarm:clinic'], alarm, false],
  ['ArnEquals', [alarm], alarm, true],
  ['ArnNotLike', ['arn:aws:*:*:444455556666:*'], alarm, true],
  ['Bool', ['true'], 'True', true],
  ['Bool', ['false'], 'true', false],
  ['NumericLessThan', ['1.2'], '1.1', true],
  ['NumericLessThan', ['1.2'], '1.2', false],
  ['NumericLessThanEquals', ['1.2'], '1.2', true],
  ['NumericGreaterThan', ['9'], '10', true],
  ['NumericNotEquals', ['1'], '1', false],
  ['Null', ['true'], undefined, true],
  ['Null', ['true'], 'a', false],
  ['Null', ['false'], 'a', true],
];

it.each(rows)('%s %j with the value %s: %s', (operator, expected, value, holds) => {
  const context: RequestContext = value === undefined ? {} : { 'aws:key': value };

  expect(satisfied({ [operator]: { 'aws:Key': expected } }, context)).toBe(holds);
});

it('wants every key of every operator', () => {
  const conditions = { StringEquals: { 'aws:One': ['1'] }, Bool: { 'aws:Two': ['true'] } };

  expect(satisfied(conditions, { 'aws:One': '1', 'aws:Two': 'true' })).toBe(true);
  expect(satisfied(conditions, { 'aws:One': '1', 'aws:Two': 'false' })).toBe(false);
  expect(satisfied(conditions, { 'aws:One': '2', 'aws:Two': 'true' })).toBe(false);
});
