import {
  Alarm,
  ComparisonOperator,
  type IMetric,
  type TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { Construct } from 'constructs';
import type { Alerts } from './alerts.ts';

export interface OperatorAlarmProps {
  readonly metric: IMetric;
  /** The alarm sounds when the metric is on this side of the threshold … */
  readonly when: 'at least' | 'below';
  readonly threshold: number;
  /** … in this many periods of the metric in a row. */
  readonly periods: number;
  /** Always a decision: what it means when there is no data. */
  readonly missing: TreatMissingData;
  /** What it means, in a sentence for the operator. */
  readonly meaning: string;
  /** The section of `docs/runbook.md`. */
  readonly runbook: string;
  readonly alerts: Alerts;
}

/** An alarm that reaches the operator and says what it means and where to read on. */
export class OperatorAlarm extends Construct {
  readonly alarm: Alarm;

  constructor(scope: Construct, id: string, props: OperatorAlarmProps) {
    super(scope, id);
    this.alarm = new Alarm(this, 'Alarm', {
      metric: props.metric,
      comparisonOperator:
        props.when === 'below'
          ? ComparisonOperator.LESS_THAN_THRESHOLD
          : ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      threshold: props.threshold,
      evaluationPeriods: props.periods,
      treatMissingData: props.missing,
      alarmDescription: `${props.meaning} See docs/runbook.md#${props.runbook}`,
    });
    this.alarm.addAlarmAction(new SnsAction(props.alerts.topic));
  }
}
