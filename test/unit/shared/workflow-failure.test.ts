import { describe, expect, it } from 'vitest';
import * as z from 'zod/mini';
import { CaughtError, failureIn } from '../../../functions/shared/workflow-failure.ts';

describe('the failure of a state', () => {
  it('is told in the sentence of the function that threw it', () => {
    const Cause = JSON.stringify({ errorType: 'Conflict', errorMessage: 'LEASE changed' });

    const failure = failureIn({ Error: 'Conflict', Cause });

    expect(failure).toEqual({ reason: 'Conflict: LEASE changed', passing: true });
  });

  it.each([
    ['is no JSON', 'Lambda.Unknown', 'The Lambda function returned no answer.'],
    ['is JSON without a sentence', 'States.TaskFailed', '{"status":500}'],
  ])('is told as it came where its cause %s', (_, name, Cause) => {
    expect(failureIn({ Error: name, Cause }).reason).toBe(`${name}: ${Cause}`);
  });

  it('needs no cause: a time-out has none', () => {
    const caught = z.parse(CaughtError, { Error: 'States.Timeout' });

    expect(failureIn(caught)).toEqual({ reason: 'States.Timeout: ', passing: true });
  });

  it.each([
    ['AuthorityUnavailable', false],
    ['InvalidInput', false],
    ['InvalidSettings', false],
    ['RequestRefused', false],
    ['NotAllowed', true],
    ['Conflict', true],
    ['States.Timeout', true],
  ])('may pass by itself or not: %s', (name, passing) => {
    expect(failureIn({ Error: name, Cause: '' }).passing).toBe(passing);
  });
});
