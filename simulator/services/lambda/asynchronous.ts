import { NotModelled } from '../../aws-error.ts';
import { demand } from '../../iam/demand.ts';
import type { Site } from '../../site.ts';
import type { Assembly, Resource } from '../../template.ts';

/**
 * Lambda repeats a failed asynchronous invocation twice: after one minute, and two minutes later.
 * It gives up earlier where the event is older then than the function lets it become.
 * https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
 */
const RETRIES = 2;
const LONGEST_AGE_S = 21_600;

/** What Lambda does with events for a function whose sender does not wait. */
export interface Asynchronous {
  /** How often it repeats an invocation that failed. */
  readonly retries: number;
  readonly longestAgeMs: number;
  /** The queue that gets the record of an invocation that is given up. */
  readonly onFailure: string | undefined;
}

export function asynchronousOf(assembly: Assembly, functionName: string): Asynchronous {
  const config = assembly
    .resources('AWS::Lambda::EventInvokeConfig')
    .find((one) => one.text('FunctionName') === functionName);
  return {
    retries: Number(config?.optional('MaximumRetryAttempts') ?? RETRIES),
    longestAgeMs: Number(config?.optional('MaximumEventAgeInSeconds') ?? LONGEST_AGE_S) * 1000,
    onFailure: config && destinationOf(config),
  };
}

function destinationOf(config: Resource): string | undefined {
  const { OnFailure, ...others } = (config.optional('DestinationConfig') ?? {}) as {
    readonly OnFailure?: { readonly Destination: string };
  };
  const to = OnFailure?.Destination;
  if (Object.keys(others).length > 0 || (to !== undefined && !to.startsWith('arn:aws:sqs:'))) {
    throw new NotModelled(`${config.where}: only a queue OnFailure is modelled`);
  }
  return to;
}

/**
 * Lambda writes the record with the role of the function, which must be let do it, whether or not
 * that ever happens.
 * https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
 */
export function demandDestinations({ assembly, world }: Site): void {
  for (const fn of assembly.resources('AWS::Lambda::Function')) {
    const { onFailure } = asynchronousOf(assembly, assembly.names(fn).ref);
    if (onFailure === undefined) continue;
    const role = world.iam.role(fn.text('Role'));
    for (const refusal of world.sqs.refusals(onFailure, role)) demand(world, fn.where, refusal);
  }
}

/** An invocation that Lambda gives up. */
export interface GivenUp {
  readonly functionArn: string;
  readonly event: unknown;
  readonly condition: 'EventAgeExceeded' | 'RetriesExhausted';
  readonly attempts: number;
  /** The function's own error, as JSON. */
  readonly error: string;
}

/**
 * The record of an invocation that failed.
 * https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
 */
export const recordOf = (
  { functionArn, event, condition, attempts, error }: GivenUp,
  requestId: string,
  timestamp: string,
) => ({
  version: '1.0',
  timestamp,
  requestContext: {
    requestId,
    functionArn: `${functionArn}:$LATEST`,
    condition,
    approximateInvokeCount: attempts,
  },
  requestPayload: event,
  responseContext: { statusCode: 200, executedVersion: '$LATEST', functionError: 'Unhandled' },
  responsePayload: JSON.parse(error),
});
