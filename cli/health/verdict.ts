import { InvokeCommand } from '@aws-sdk/client-lambda';
import * as z from 'zod/mini';
import { UserError } from '../user-error.ts';
import type { HealthOutside } from './outside.ts';

const Node = z.object({
  standing: z.enum(['serves', 'planned', 'fails', 'unseen']),
  reason: z.string(),
  address: z.optional(z.string()),
});

/**
 * What a look of `health/observe` came to, as far as this command uses it. Of a site where no node is
 * meant to serve only the reason is there: nobody has looked at anything.
 */
const Verdict = z.object({
  reason: z.string(),
  nodes: z.optional(z.object({ a: Node, b: Node })),
  troubles: z.optional(
    z.record(z.string(), z.object({ class: z.string(), cause: z.string(), reason: z.string() })),
  ),
  database: z.optional(
    z.object({
      status: z.optional(z.string()),
      sight: z.optional(
        z.object({ at: z.string(), reached: z.string(), said: z.optional(z.string()) }),
      ),
    }),
  ),
  storage: z.optional(z.object({ ok: z.boolean(), said: z.optional(z.string()) })),
});
export type Verdict = z.output<typeof Verdict>;

/** What Lambda hands on of an error that a function has ended with. */
const Failure = z.object({
  errorType: z.optional(z.string()),
  errorMessage: z.optional(z.string()),
});

/**
 * Has the site looked at now, hosts included, and waits for it: up to a minute and a half. What is found
 * is told to the operator as after any other look.
 *
 * @throws UserError if the look fails, or answers what nobody here understands.
 */
export async function lookNow(lambda: HealthOutside['lambda'], observer: string): Promise<Verdict> {
  const { FunctionError, Payload } = await lambda.send(
    new InvokeCommand({
      FunctionName: observer,
      Payload: JSON.stringify({ trigger: 'person' }),
    }),
  );
  const answer = parsed(Payload && Buffer.from(Payload).toString());
  if (FunctionError !== undefined) {
    const { data } = z.safeParse(Failure, answer);
    const why = [data?.errorType, data?.errorMessage].filter((part) => part).join(': ');
    throw new UserError(
      `The look at the site failed (${why || FunctionError}). Try again in a minute; if it keeps ` +
        `failing, its log is /aws/lambda/${observer}, and docs/runbook.md#health-look-errors says more.`,
    );
  }
  const verdict = z.safeParse(Verdict, answer);
  if (verdict.success) return verdict.data;
  throw new UserError(
    `The function ${observer} answers what this command does not understand. Deploy the version ` +
      'that you have here (npm run deploy), or use the version that is deployed.',
  );
}

function parsed(json: string | undefined): unknown {
  try {
    return JSON.parse(json ?? '');
  } catch {
    return undefined;
  }
}
