import { z } from 'zod';
import { type Problem, quoted } from '../../functions/power/schedule-input.ts';

/**
 * AWS Budgets writes to at most ten e-mail addresses.
 *
 * @see https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_budgets_Notification.html
 */
const MOST_EMAILS = 10;

export const budget = z
  .strictObject({
    monthlyUsd: z
      .int()
      .min(1)
      .max(1_000_000)
      .describe(
        'What this site may cost a month in whole US dollars, 1 to 1000000. AWS writes to ' +
          'alerts.emails at 80 % and at 100 % of it, and when its forecast goes beyond.',
      ),
  })
  .describe(
    'A group of what the site may cost: monthlyUsd. AWS counts only what is spent once the ' +
      'cost-allocation tag orthweb:site is activated in the Billing console. Leave it out for no ' +
      'budget.',
  )
  .optional();

interface Site {
  readonly alerts: { readonly emails: readonly string[] };
  readonly budget?: z.output<typeof budget>;
}

/** More people to tell of the budget than AWS writes to. */
export function budgetProblems({ alerts: { emails }, budget }: Site): Problem[] {
  if (budget === undefined || emails.length <= MOST_EMAILS) return [];
  const remedy =
    `has ${emails.length} addresses, and a budget of AWS writes to at most ${MOST_EMAILS}. ` +
    'Write the address of a mailing list, or leave out budget.';
  return [{ field: 'alerts.emails', value: quoted(emails), remedy }];
}
