import type { Duration } from 'aws-cdk-lib';
import { TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import type { Construct } from 'constructs';
import type { Alerts } from './alerts.ts';
import { OperatorAlarm } from './operator-alarm.ts';
import type { Workflow } from './workflow.ts';

export interface RunAlarmsProps {
  readonly workflow: Workflow;
  /** The run, as the subject of a sentence. */
  readonly run: string;
  /** Failures that are no further apart are one message. */
  readonly period: Duration;
  /** The section of `docs/runbook.md`. */
  readonly runbook: string;
  readonly alerts: Alerts;
}

/** Alarms for runs of a workflow that do not end well, of which each has told the operator itself if it could. */
export function alarmOnRuns(
  scope: Construct,
  { workflow: { stateMachine, timeoutMinutes }, run, period, runbook, alerts }: RunAlarmsProps,
): void {
  const failures = {
    Failed: [stateMachine.metricFailed({ period }), `${run} has failed.`],
    TimedOut: [
      stateMachine.metricTimedOut({ period }),
      `${run} took longer than ${timeoutMinutes} minutes.`,
    ],
  } as const;
  for (const [id, [metric, meaning]] of Object.entries(failures)) {
    new OperatorAlarm(scope, id, {
      metric,
      when: 'at least',
      threshold: 1,
      periods: 1,
      // No run is normal.
      missing: TreatMissingData.NOT_BREACHING,
      meaning,
      runbook,
      alerts,
    });
  }
}
