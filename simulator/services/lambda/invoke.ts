import type { InvokeCommandInput, InvokeCommandOutput } from '@aws-sdk/client-lambda';
import { type Invocation, type Operations, operation } from '../../api.ts';
import { AwsError, NotModelled } from '../../aws-error.ts';
import { ACCOUNT } from '../../template.ts';
import type { World } from '../../world.ts';
import { LambdaFailure } from './function.ts';

type Output<T> = Omit<T, '$metadata'>;

/** https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html */
const LONGEST_PAYLOAD = 6 * 1024 * 1024;

/** What the simulator knows of a call; all else would make it another kind of invocation. */
const MODELLED = new Set(['FunctionName', 'InvocationType', 'Payload']);

/**
 * Lambda's API, as far as a function has another one run and waits for its answer.
 * https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
 */
export const invokeOperations = (world: World): Operations => ({
  Invoke: operation(
    ({ FunctionName }: InvokeCommandInput) => [
      { action: 'lambda:InvokeFunction', resources: [arnOf(world, FunctionName)] },
    ],
    (input, by) => invoke(world, input, by),
  ),
});

/** The called function lives its own life: who called it may die or give up before its answer. */
async function invoke(
  world: World,
  input: InvokeCommandInput,
  by: Invocation,
): Promise<Output<InvokeCommandOutput>> {
  assertModelled(input);
  const arn = arnOf(world, input.FunctionName);
  if (!world.lambda.has(arn)) {
    throw new AwsError('ResourceNotFoundException', `Function not found: ${arn}`);
  }
  const event = eventIn(input.Payload as Uint8Array | undefined);
  const answered = { StatusCode: 200, ExecutedVersion: '$LATEST' };
  try {
    const answer = await world.api.outside(() => world.lambda.invoke(arn, event, by.execution));
    return { ...answered, Payload: Payload.holding(JSON.stringify(answer)) };
  } catch (error) {
    if (!(error instanceof LambdaFailure)) throw error;
    // What the function threw, or what ended it: to the API all of that is an answer.
    return { ...answered, FunctionError: 'Unhandled', Payload: Payload.holding(error.message) };
  }
}

/** A function may be called by its name or its whole ARN. */
function arnOf({ site }: World, name = ''): string {
  if (name.startsWith('arn:')) return name;
  return `arn:aws:lambda:${site.assembly.region}:${ACCOUNT}:function:${name}`;
}

function assertModelled(input: InvokeCommandInput): void {
  const given = Object.entries(input).filter(([, value]) => value !== undefined);
  const unknown = given.map(([name]) => name).filter((name) => !MODELLED.has(name));
  const { InvocationType = 'RequestResponse' } = input;
  if (InvocationType !== 'RequestResponse') unknown.push(`InvocationType ${InvocationType}`);
  if (unknown.length === 0) return;
  throw new NotModelled(`lambda:Invoke: the simulator does not model ${unknown.join(', ')}`);
}

/** The event, which is empty where the call brings none. */
function eventIn(payload: Uint8Array | undefined): unknown {
  if (payload === undefined || payload.length === 0) return {};
  if (payload.length > LONGEST_PAYLOAD) {
    throw new AwsError(
      'RequestTooLargeException',
      `Request must be smaller than ${LONGEST_PAYLOAD} bytes for the InvokeFunction operation`,
    );
  }
  try {
    return JSON.parse(Buffer.from(payload).toString());
  } catch (error) {
    throw new AwsError(
      'InvalidRequestContentException',
      `Could not parse request body into json: ${(error as Error).message}`,
    );
  }
}

/** Bytes as the SDK hands them out. */
class Payload extends Uint8Array {
  static holding(text: string): Payload {
    return new Payload(Buffer.from(text));
  }

  transformToString(encoding: BufferEncoding = 'utf8'): string {
    return Buffer.from(this).toString(encoding);
  }
}
