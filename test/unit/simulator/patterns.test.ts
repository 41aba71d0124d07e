import { expect, it } from 'vitest';
import { matches, overlap, overlapArns } from '../../../simulator/iam/patterns.ts';

it.each([
  ['arn:aws:s3:::images/a/b', 'arn:aws:s3:::images/*', true],
  ['arn:aws:s3:::images', 'arn:aws:s3:::images/*', false],
  ['a.c', 'a.c', true],
  ['abc', 'a.c', false],
  ['abc', 'a?c', true],
])('%s fits %s: %s', (value, pattern, fits) => {
  expect(matches(value, pattern)).toBe(fits);
});

it.each([
  ['a*c', '*b', false],
  ['a*', '*b', true],
  ['a?', 'ab', true],
  ['', '*', true],
  ['', 'a', false],
])('%s and %s have a value in common: %s', (one, other, common) => {
  expect(overlap(one, other)).toBe(common);
  expect(overlap(other, one)).toBe(common);
});

it.each([
  ['arn:aws:logs:*:*:log-group:x:*', 'arn:*:logs:*:*:log-group:*:log-stream:*', true],
  ['arn:aws:s3:::images', 'arn:*:s3:::*', true],
  ['arn:aws:s3:::images', 'arn:*:s3:::*/*', false],
  ['arn:aws:ec2:*:*:instance/*', 'arn:*:ec2:*:*:volume/*', false],
  ['arn:aws:ec2:*', 'arn:*:ec2:*:*:volume/*', true],
])('%s and %s have an ARN in common: %s', (one, other, common) => {
  expect(overlapArns(one, other)).toBe(common);
});
