import { Duration } from 'aws-cdk-lib';
import {
  AlarmStatusWidget,
  Dashboard as CloudWatchDashboard,
  GraphWidget,
  type IAlarm,
  type IMetric,
  LogQueryWidget,
  Metric,
  SingleValueWidget,
} from 'aws-cdk-lib/aws-cloudwatch';
import { QueryDefinition, QueryString } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import type { Config } from '../config.ts';
import type { SiteStack } from '../site/site-stack.ts';
import type { Health } from './health.ts';
import type { Workflow } from './workflow.ts';

export interface DashboardProps {
  readonly config: Config;
  readonly site: SiteStack;
  readonly health: Health;
  readonly workflows: readonly Workflow[];
  readonly alarms: readonly IAlarm[];
}

/** What an operator sees at a glance in the CloudWatch console, and the questions to its logs. */
export class Dashboard extends Construct {
  constructor(scope: Construct, id: string, props: DashboardProps) {
    super(scope, id);
    const { config, site, health, workflows, alarms } = props;
    const log = health.observe.log.logGroupName;
    const ours = (metricName: string, more = {}, statistic = 'Minimum'): IMetric =>
      new Metric({
        namespace: 'Orthweb',
        metricName,
        dimensionsMap: { Site: config.site, ...more },
        statistic,
        period: Duration.minutes(5),
      });
    const serving = ['a', 'b'].map((Node) => ours('NodeServing', { Node }));
    const runs = workflows.flatMap(({ stateMachine }) => [
      stateMachine.metricSucceeded({ period: Duration.hours(1) }),
      stateMachine.metricFailed({ period: Duration.hours(1) }),
    ]);

    new CloudWatchDashboard(this, 'Dashboard', {
      dashboardName: config.site,
      widgets: [
        [new AlarmStatusWidget({ title: 'Alarms', alarms: [...alarms], width: 24, height: 4 })],
        [
          new SingleValueWidget({
            title: 'Serving now (1), or not (0)',
            metrics: [...serving, ours('DatabaseAnswers')],
            width: 12,
          }),
          new SingleValueWidget({
            title: 'Open incidents, days left of certificates',
            metrics: [ours('OpenIncidents', {}, 'Maximum'), ours('CertificateDaysLeft')],
            width: 12,
          }),
        ],
        [
          new GraphWidget({
            title: 'Nodes that are meant to serve',
            left: serving,
            leftYAxis: { min: 0, max: 1 },
            width: 12,
          }),
          new GraphWidget({
            title: 'Database: connections',
            left: [site.database.metricDatabaseConnections()],
            width: 12,
          }),
        ],
        [
          new GraphWidget({ title: 'Runs of the workflows', left: runs, width: 12 }),
          new LogQueryWidget({
            title: 'What was found wrong, the latest first',
            logGroupNames: [log],
            queryLines: linesOf(WRONG),
            width: 12,
          }),
        ],
      ],
    });
    for (const [name, { fields, filter }] of Object.entries(QUESTIONS)) {
      new QueryDefinition(this, name.replaceAll(' ', '-'), {
        queryDefinitionName: `${config.site}/health/${name}`,
        queryString: new QueryString({
          fields: [...fields],
          filterStatements: [filter],
          sort: NEWEST_FIRST,
          limit: MOST,
        }),
        logGroups: [health.observe.log],
      });
    }
  }
}

interface Question {
  readonly fields: readonly string[];
  readonly filter: string;
}

/**
 * Questions to the log of who looks, by the lines that `functions/shared/lambda.ts` writes: one with
 * `message` `done` and the verdict for each look, one with `failed` for each that failed.
 */
const WRONG: Question = {
  fields: ['@timestamp', 'verdict.reason', 'verdict.nodes.a.standing', 'verdict.nodes.b.standing'],
  filter: 'message = "done" and verdict.reason != "all is well or planned"',
};
const QUESTIONS: Readonly<Record<string, Question>> = {
  'what was wrong': WRONG,
  'looks that failed': {
    fields: ['@timestamp', 'error', 'reason'],
    filter: 'message = "failed"',
  },
  'hints that were no use': {
    fields: ['@timestamp', 'verdict.action', 'verdict.reason'],
    filter: 'message = "done" and verdict.action in ["dropped", "rejected"]',
  },
};

const [NEWEST_FIRST, MOST] = ['@timestamp desc', 50] as const;

const linesOf = ({ fields, filter }: Question): string[] => [
  `fields ${fields.join(', ')}`,
  `filter ${filter}`,
  `sort ${NEWEST_FIRST}`,
  `limit ${MOST}`,
];
