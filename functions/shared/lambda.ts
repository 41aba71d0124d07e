import { Logger } from '@aws-lambda-powertools/logger';
import middy from '@middy/core';
import type { Context } from 'aws-lambda';
import type * as z from 'zod/mini';
import type { Clients } from './clients.ts';
import { InvalidInput, InvalidSettings } from './errors.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** What the deployed entry and the simulator both call, once per function. */
export type Create<R> = (
  env: Environment,
  clients: Clients,
) => (event: unknown, context: Context) => Promise<R>;

interface Contract<I extends z.ZodMiniType, S extends z.ZodMiniType> {
  /** The event's shape, checked at each call. */
  readonly input: I;
  /** The environment's shape, checked once, when the function is created. */
  readonly settings: S;
}

interface Surroundings<S> {
  readonly settings: S;
  readonly clients: Clients;
}

/**
 * Turns a function of checked input into the `create` of a Lambda handler.
 *
 * The only file that knows middy. Settings are parsed when the function is created, so that a
 * missing variable fails the deployment's first call (and the simulator's loading) by its name,
 * not some night in the middle of a stop. Errors leave under their own `name`, which is what a
 * state machine's `Retry` and `Catch` match. The log gets the verdict, never the whole event.
 */
export function lambda<I extends z.ZodMiniType, S extends z.ZodMiniType, R extends object>(
  contract: Contract<I, S>,
  run: (input: z.output<I>, surroundings: Surroundings<z.output<S>>) => Promise<R>,
): Create<R> {
  return (env, clients) => {
    const logger = new Logger({
      serviceName: env.AWS_LAMBDA_FUNCTION_NAME ?? 'orthweb',
      logLevel: env.POWERTOOLS_LOG_LEVEL === 'SILENT' ? 'SILENT' : 'INFO',
    });
    const settings = contract.settings.safeParse(env);
    if (!settings.success) throw new InvalidSettings(sentence('environment', settings.error));
    // Lambda's own time-out and the workflow's Task time-out are the guards; middy's early
    // time-out would be a third, with an error name that no workflow knows.
    return middy<unknown, R, Error, Context>({ timeoutEarlyInMillis: 0 })
      .use({
        before: ({ context }) => {
          logger.addContext(context);
        },
        after: ({ response }) => {
          logger.info('done', { verdict: response ?? {} });
        },
        onError: ({ error }) => {
          logger.error('failed', { error: error?.name ?? 'Error', reason: error?.message ?? '' });
        },
      })
      .handler(async (event: unknown) => {
        const input = contract.input.safeParse(event);
        if (!input.success) throw new InvalidInput(sentence('event', input.error));
        return run(input.data, { settings: settings.data, clients });
      });
  };
}

function sentence(what: string, error: z.core.$ZodError): string {
  return error.issues
    .map((issue) => `${what}: ${issue.path.join('.') || '(whole)'}: ${issue.message}`)
    .join('; ');
}
