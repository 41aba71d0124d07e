import * as z from 'zod/mini';
import type { Answer } from './answer.ts';
import type { Clients } from './clients.ts';
import { type Create, lambda } from './lambda.ts';

/**
 * What CloudFormation asks of a function that makes a resource.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/crpg-ref-requesttypes.html
 */
const Request = z.object({
  RequestType: z.enum(['Create', 'Update', 'Delete']),
  ResponseURL: z.string(),
  StackId: z.string(),
  RequestId: z.string(),
  LogicalResourceId: z.string(),
  /** Absent with `Create`. */
  PhysicalResourceId: z.optional(z.string()),
  ResourceProperties: z.record(z.string(), z.unknown()),
});
type Request = z.infer<typeof Request>;

/** An answer may have 4,096 bytes; a reason in full could be more. */
const LONGEST_REASON = 1000;

/**
 * Turns a function from a resource's properties to its attributes into the `create` of the handler
 * that CloudFormation calls.
 *
 * CloudFormation waits an hour for an answer that does not come. So whatever goes wrong is answered
 * with its reason; only an answer that cannot be brought there is thrown, for Lambda's own two
 * further tries. What is made must come out the same, however often it is made. It has nothing to
 * be removed: a `Delete` is only answered.
 */
export const customResource = <P extends z.ZodMiniType>(
  properties: P,
  make: (properties: z.output<P>, clients: Clients) => Promise<Readonly<Record<string, string>>>,
): Create<Answer> =>
  lambda(
    { input: Request, settings: z.object({}) },
    async (request, { clients }): Promise<Answer> => {
      const answer = await answerTo(request, properties, (given) => make(given, clients));
      await clients.answers.put(request.ResponseURL, answer);
      return answer;
    },
  );

async function answerTo<P extends z.ZodMiniType>(
  request: Request,
  properties: P,
  make: (properties: z.output<P>) => Promise<Readonly<Record<string, string>>>,
): Promise<Answer> {
  const { StackId, RequestId, LogicalResourceId } = request;
  // The same for as long as the resource lives: another one would be a replacement.
  const id = request.PhysicalResourceId ?? `${StackId.split('/')[1]}/${LogicalResourceId}`;
  const known = { PhysicalResourceId: id, StackId, RequestId, LogicalResourceId };
  if (request.RequestType === 'Delete') return { Status: 'SUCCESS', ...known };
  try {
    const given = properties.safeParse(request.ResourceProperties);
    if (!given.success) throw new Error(z.prettifyError(given.error));
    return { Status: 'SUCCESS', ...known, Data: await make(given.data) };
  } catch (error) {
    const reason = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    return { Status: 'FAILED', Reason: reason.slice(0, LONGEST_REASON), ...known };
  }
}
