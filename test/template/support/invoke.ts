/**
 * Runs in a process of its own, as Lambda's runtime would: loads the handler in the file named on
 * the command line and calls it with each event it is sent.
 */
import { pathToFileURL } from 'node:url';

export type Outcome =
  | { readonly result: unknown }
  | { readonly error: string; readonly message: string };

const failed = (error: unknown): Outcome =>
  error instanceof Error
    ? { error: error.name, message: error.message }
    : { error: 'not an Error', message: String(error) };

const context = {
  functionName: 'function',
  functionVersion: '$LATEST',
  invokedFunctionArn: 'arn:aws:lambda:eu-central-1:123456789012:function:function',
  memoryLimitInMB: '256',
  awsRequestId: '00000000-0000-4000-8000-000000000000',
  getRemainingTimeInMillis: () => 30_000,
};

if (process.send) {
  const tell = (outcome: Outcome) => process.send?.(outcome, () => process.disconnect());
  process.once('message', async (event) => {
    try {
      const { handler } = await import(pathToFileURL(process.argv[2] ?? '').href);
      tell({ result: await handler(event, context) });
    } catch (error) {
      tell(failed(error));
    }
  });
}
