import * as budgets from 'aws-cdk-lib/aws-budgets';
import { Construct } from 'constructs';

export interface BudgetProps {
  /** Name of the site; costs are counted by the tag `orthweb:site`. */
  readonly site: string;
  /** What a month may cost, in US dollars. */
  readonly monthlyUsd: number;
  /** Who is told; ten at most. */
  readonly emails: readonly string[];
}

/**
 * Tells the operator before a month costs more than planned. It stops nothing: what runs serves
 * patients.
 *
 * AWS counts by the tag only after somebody has activated it for cost allocation, in the Billing
 * console of the account that pays; until then the budget sees no cost and stays silent.
 * https://docs.aws.amazon.com/awsaccountbilling/latest/aboutv2/activating-tags.html
 */
export class Budget extends Construct {
  constructor(scope: Construct, id: string, { site, monthlyUsd, emails }: BudgetProps) {
    super(scope, id);
    const tell = (notificationType: 'ACTUAL' | 'FORECASTED', percent: number) => ({
      notification: {
        notificationType,
        comparisonOperator: 'GREATER_THAN',
        threshold: percent,
        thresholdType: 'PERCENTAGE',
      },
      subscribers: emails.map((address) => ({ subscriptionType: 'EMAIL', address })),
    });
    // Without a name of its own: other addresses make another budget, and CloudFormation could not
    // make that beside the present one under the same name.
    new budgets.CfnBudget(this, 'Budget', {
      budget: {
        budgetType: 'COST',
        timeUnit: 'MONTHLY',
        budgetLimit: { amount: monthlyUsd, unit: 'USD' },
        costFilters: { TagKeyValue: [`user:orthweb:site$${site}`] },
      },
      notificationsWithSubscribers: [
        tell('ACTUAL', 80),
        tell('ACTUAL', 100),
        tell('FORECASTED', 100),
      ],
    });
  }
}
