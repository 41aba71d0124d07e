import { expect, it } from 'vitest';
import { optionsOf } from './support/play.ts';
import { recorded } from './support/recording.ts';
import { always, BOTH, dueScene, LOOK, renewing } from './support/renewals.ts';

/** Every call that a renewal makes, but for looks at nodes, which are no calls of AWS. */
const CALLS = [
  'dynamodb:Query',
  'dynamodb:TransactWriteItems',
  'ec2:DescribeInstances',
  'kms:Sign',
  'sns:Publish',
  'ssm:DescribeInstanceInformation',
  'ssm:GetCommandInvocation',
  'ssm:GetParameter',
  'ssm:SendCommand',
];

/** Past the next daily look. */
const UNTIL_NOON = 0.09;

it('knows every call that a renewal makes', async () => {
  const calls = await recorded(optionsOf(always, dueScene({})));

  const made = calls.filter(({ by }) => by.startsWith('certificate/')).map(({ call }) => call);
  const api = made.filter((call) => call !== 'view:look');
  expect([...new Set(api)].sort()).toEqual(CALLS);
});

it.each(CALLS)(
  'renews both nodes when %s is throttled, with the next daily look at the latest',
  async (on) => {
    const fault = { name: 'throttled-api', on, at: LOOK, minutes: 5 } as const;

    const { renewed } = await renewing({ faults: [fault], days: UNTIL_NOON });

    expect(renewed).toEqual(['a', 'b']);
  },
);

it.each(CALLS)(
  'renews both nodes when %s does not answer, with the next daily look at the latest',
  async (on) => {
    const fault = { name: 'unanswered-api', on, at: LOOK, minutes: 5 } as const;

    const { renewed } = await renewing({ faults: [fault], days: UNTIL_NOON });

    expect(renewed).toEqual(['a', 'b']);
  },
);

it('waits for a command that Systems Manager does not list yet, however often it is asked', async () => {
  const on = 'ssm:GetCommandInvocation=InvocationDoesNotExist';
  const fault = { name: 'failing-api', on, at: LOOK, minutes: 1 } as const;

  const { renewed, runs, sent } = await renewing({ faults: [fault] });

  expect(sent).toEqual(BOTH);
  expect(renewed).toEqual(['a', 'b']);
  expect(runs.map(({ status }) => status)).toEqual(['SUCCEEDED']);
});

it('ends well when nobody can be told, and tells it when somebody can', async () => {
  const on = 'sns:Publish=InternalErrorException';
  const fault = { name: 'failing-api', on, at: LOOK, minutes: 6 } as const;

  const { mails, renewed, runs } = await renewing({ faults: [fault] });

  expect(renewed).toEqual(['a', 'b']);
  expect(runs.map(({ status }) => status)).toEqual(['SUCCEEDED']);
  expect(runs[0]?.output).toMatchObject({ report: { outcome: 'done' } });
  const told = mails.filter(({ attributes }) => attributes.kind === 'RENEWED');
  expect(told).toHaveLength(1);
  expect((told[0]?.at ?? '') >= '2026-11-30T15:36').toBe(true);
});
