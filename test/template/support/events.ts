import type { Properties } from './assembly.ts';

/**
 * The event that Step Functions sends when an execution changes its status, with the fields and
 * shapes of AWS's example; the machine is the caller's.
 * https://docs.aws.amazon.com/step-functions/latest/dg/eventbridge-integration.html
 */
export const statusChange = (status: string, stateMachineArn: string): Properties => ({
  version: '0',
  id: '315c1398-40ff-a850-213b-158f73e60175',
  'detail-type': 'Step Functions Execution Status Change',
  source: 'aws.states',
  account: '012345678912',
  time: '2019-02-26T19:42:21Z',
  region: 'us-east-1',
  resources: ['arn:aws:states:us-east-1:012345678912:execution:state-machine-name:execution-name'],
  detail: {
    executionArn:
      'arn:aws:states:us-east-1:012345678912:execution:state-machine-name:execution-name',
    stateMachineArn,
    name: 'execution-name',
    status,
    startDate: 1551225146847,
    stopDate: status === 'RUNNING' ? null : 1551225151881,
    input: '{}',
    inputDetails: { included: true },
    output: null,
    outputDetails: null,
  },
});

/** Whether an EventBridge pattern of plain values lets an event through. */
export const matches = (pattern: Properties, event: Properties): boolean =>
  Object.entries(pattern).every(([field, wanted]) => {
    const found = event[field];
    if (!Array.isArray(wanted)) return typeof found === 'object' && matches(wanted, found ?? {});
    if (wanted.some((value) => typeof value === 'object')) {
      throw new Error(`the pattern for "${field}" is more than plain values`);
    }
    return [found].flat().some((value) => wanted.includes(value));
  });
