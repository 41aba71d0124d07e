import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { CLOCKS } from '../../functions/shared/clocks.ts';
import { synthesize } from '../../infra/app.ts';
import { Assembly, type Properties, statementsOf } from './support/assembly.ts';
import { matches, statusChange } from './support/events.ts';
import { runbookSections, sectionNamedIn } from './support/runbook.ts';
import { clinic, hospital } from './support/sites.ts';

const sites = [
  ['a test site with a schedule', clinic()],
  ['a production site that is always on', hospital()],
] as const;

describe.each(sites)('in %s', (_, config) => {
  const assembly = new Assembly(config);

  it('every alarm notifies the operator, who finds its section in the runbook', () => {
    const alarms = assembly.of('CloudWatch::Alarm');

    expect(alarms.length).toBeGreaterThan(0);
    for (const { properties } of alarms) {
      expect(properties.AlarmActions).toEqual(['<Alerts/Topic>']);
      expect(properties.ActionsEnabled ?? true).toBe(true);
      expect(runbookSections()).toContain(sectionNamedIn(properties.AlarmDescription));
    }
  });

  it('the command line finds the function that looks at the site', () => {
    expect(assembly.told.Observer).toBe('<Health/Observe/Function>');
  });

  it('every alarm decides what missing data means, and silence of who looks is an alarm', () => {
    const missing = Object.fromEntries(
      assembly
        .of('CloudWatch::Alarm')
        .map(({ path, properties }) => [path, properties.TreatMissingData]),
    );

    expect(missing).toEqual({
      'Power/Failed/Alarm': 'notBreaching',
      'Power/TimedOut/Alarm': 'notBreaching',
      'Certificate/Failed/Alarm': 'notBreaching',
      'Certificate/TimedOut/Alarm': 'notBreaching',
      'Certificate/Unchecked/Alarm': 'breaching',
      'Certificate/Overdue/Alarm': 'ignore',
      'Certificate/Expiring/Alarm': 'ignore',
      'Certificate/AuthorityExpiring/Alarm': 'ignore',
      'Site/EachMinute/Missing/Alarm': 'breaching',
      'Site/EachMinute/Errors/Alarm': 'notBreaching',
      'Health/EachMinute/Missing/Alarm': 'breaching',
      'Health/EachMinute/Errors/Alarm': 'notBreaching',
      ...Object.fromEntries(
        ['A', 'B'].flatMap((node) => [
          [`Health/Alarms/System${node}/Alarm`, 'missing'],
          [`Health/Alarms/Instance${node}/Alarm`, 'missing'],
          [`Health/Alarms/AttachedEBS${node}/Alarm`, 'missing'],
          [`Health/Alarms/Disk${node}/Alarm`, 'ignore'],
        ]),
      ),
      'Health/Alarms/DatabaseStorage/Alarm': 'missing',
      'Health/Alarms/DatabaseConnections/Alarm': 'missing',
      'Health/Alarms/DeadLetters/Alarm': 'notBreaching',
    });
  });

  it('an alarm sounds two weeks before a certificate runs out, another in the last, and both for the worst', () => {
    const early = (metric: string) =>
      assembly
        .of('CloudWatch::Alarm')
        .map(({ properties }) => properties)
        .filter(({ MetricName }) => MetricName === metric)
        .map(({ Threshold, AlarmDescription }) => [Threshold, sectionNamedIn(AlarmDescription)]);
    const days = ['CertificateDaysLeft', 'AuthorityDaysLeft'];

    expect(early('CertificateDaysLeft')).toEqual([
      [14, 'certificate-overdue'],
      [7, 'certificate-expiring'],
    ]);
    expect(early('AuthorityDaysLeft')).toEqual([[180, 'authority-expiring']]);
    for (const { properties } of assembly.of('CloudWatch::Alarm')) {
      if (!days.includes(properties.MetricName)) continue;
      expect(properties).toMatchObject({
        Namespace: 'Orthweb',
        Dimensions: [{ Name: 'Site', Value: config.site }],
        Statistic: 'Minimum',
        ComparisonOperator: 'LessThanThreshold',
        EvaluationPeriods: 1,
      });
      expect(properties.Period).toBeLessThanOrEqual(CLOCKS.retryPause);
    }
  });

  it('an alarm sounds when no run has looked at the certificates for two days', () => {
    const unchecked = assembly
      .of('CloudWatch::Alarm')
      .find(({ path }) => path === 'Certificate/Unchecked/Alarm')?.properties;

    expect(unchecked).toMatchObject({
      MetricName: 'ExecutionsSucceeded',
      Dimensions: [{ Name: 'StateMachineArn', Value: '<Certificate/Workflow/StateMachine>' }],
      ComparisonOperator: 'LessThanThreshold',
      Threshold: 1,
      Statistic: 'Sum',
    });
    expect(unchecked?.Period * unchecked?.EvaluationPeriods).toBe(48 * 3600);
  });

  it('the alert topic is encrypted, takes TLS alone and reaches each configured address', () => {
    const [topic, ...others] = assembly.of('SNS::Topic');
    const [policy] = assembly.of('SNS::TopicPolicy');
    const statements = statementsOf(policy?.properties.PolicyDocument);
    const subscribed = assembly.of('SNS::Subscription').map(({ properties }) => properties);

    expect(others).toEqual([]);
    expect(topic?.properties.KmsMasterKeyId).toBe('<Key.Arn>');
    expect(policy?.properties.Topics).toEqual(['<Alerts/Topic>']);
    expect(statements).toContainEqual({
      effect: 'Deny',
      principal: '*',
      actions: ['sns:Publish'],
      resources: ['<Alerts/Topic>'],
      conditions: { Bool: { 'aws:SecureTransport': 'false' } },
    });
    expect(subscribed).toEqual(
      config.alerts.emails.map((Endpoint) => ({
        Endpoint,
        Protocol: 'email',
        TopicArn: '<Alerts/Topic>',
      })),
    );
  });

  it('a channel that is configured gets every alert, and who writes there may do nothing', () => {
    const { slack } = config.alerts;
    const channels = assembly.of('Chatbot::SlackChannelConfiguration');
    const roles = assembly
      .of('IAM::Role')
      .filter(({ properties }) =>
        JSON.stringify(properties.AssumeRolePolicyDocument).includes('chatbot.amazonaws.com'),
      );

    expect(channels.map(({ properties }) => properties)).toEqual(
      slack
        ? [
            expect.objectContaining({
              ConfigurationName: `${config.site}-${config.region}`,
              SlackWorkspaceId: slack.workspaceId,
              SlackChannelId: slack.channelId,
              SnsTopicArns: ['<Alerts/Topic>'],
              GuardrailPolicies: [expect.stringMatching(/:iam::aws:policy\/AWSDenyAll$/)],
            }),
          ]
        : [],
    );
    expect(roles.map(({ path }) => path)).toEqual(slack ? ['Alerts/Slack/ConfigurationRole'] : []);
    for (const { properties } of roles) {
      expect(properties).not.toHaveProperty('ManagedPolicyArns');
      expect(properties).not.toHaveProperty('Policies');
    }
    const allowed = assembly
      .of('IAM::Policy')
      .filter(({ properties }) => JSON.stringify(properties.Roles).includes('Alerts/Slack'));
    expect(allowed).toEqual([]);
  });

  it('alarms of this account may publish, and read the key that encrypts the topic', () => {
    const [policy] = assembly.of('SNS::TopicPolicy');
    const key = assembly.site.find(({ path }) => path === 'Key');
    const allowed = [
      ...statementsOf(policy?.properties.PolicyDocument),
      ...statementsOf(key?.properties.KeyPolicy),
    ].filter(({ principal }) => /cloudwatch\.amazonaws\.com/.test(JSON.stringify(principal)));

    expect(allowed.map(({ actions }) => actions)).toEqual([
      ['sns:Publish'],
      ['kms:Decrypt', 'kms:GenerateDataKey'],
    ]);
    for (const { conditions } of allowed) {
      expect(conditions).toEqual({ StringEquals: { 'aws:SourceAccount': '<AWS::AccountId>' } });
    }
  });

  it.each(['Site/Tick', 'Health/Observe'])(
    '%s looks each minute, and the next minute is its only retry',
    (fn) => {
      const minute = assembly
        .of('Scheduler::Schedule')
        .filter(({ properties }) => properties.Target.Arn === `<${fn}/Function.Arn>`);

      expect(minute.map(({ properties }) => properties)).toEqual([
        expect.objectContaining({
          ScheduleExpression: 'rate(1 minute)',
          FlexibleTimeWindow: { Mode: 'OFF' },
          Target: expect.objectContaining({
            Input: '{"trigger":"minute"}',
            RetryPolicy: { MaximumEventAgeInSeconds: 60, MaximumRetryAttempts: 0 },
          }),
        }),
      ]);
      // Lambda has a queue of its own behind the schedule's, with retries of its own.
      const behind = assembly
        .of('Lambda::EventInvokeConfig')
        .map(({ properties }) => properties)
        .filter(({ FunctionName }) => FunctionName === `<${fn}/Function>`);
      expect(behind).toEqual([
        expect.objectContaining({ MaximumRetryAttempts: 0, MaximumEventAgeInSeconds: 60 }),
      ]);
    },
  );

  it('the tick looks at once when a run of a workflow has ended, however it ended', () => {
    const rule = assembly.of('Events::Rule').find(({ path }) => path === 'Site/RunEnded');
    const heeds = (status: string, stateMachineArn: string) =>
      matches(rule?.properties.EventPattern, statusChange(status, stateMachineArn));
    const permission = assembly
      .of('Lambda::Permission')
      .map(({ properties }) => properties)
      .filter(({ FunctionName }) => FunctionName === '<Site/Tick/Function.Arn>');

    for (const { path } of assembly.of('StepFunctions::StateMachine')) {
      const ended = ['SUCCEEDED', 'FAILED', 'TIMED_OUT', 'ABORTED'];
      expect(ended.filter((status) => !heeds(status, `<${path}>`))).toEqual([]);
      expect(heeds('RUNNING', `<${path}>`)).toBe(false);
    }
    expect(heeds('FAILED', 'arn:aws:states:us-east-1:012345678912:stateMachine:other')).toBe(false);
    expect(rule?.properties).toMatchObject({
      State: 'ENABLED',
      Targets: [{ Arn: '<Site/Tick/Function.Arn>' }],
    });
    expect(permission).toEqual([
      {
        Action: 'lambda:InvokeFunction',
        FunctionName: '<Site/Tick/Function.Arn>',
        Principal: 'events.amazonaws.com',
        SourceArn: `<${rule?.path}.Arn>`,
      },
    ]);
  });

  it('no function runs for longer than the clocks say, and a state waits for its function', () => {
    const timeouts = assembly.functions().map(({ timeout }) => timeout);

    expect(Math.max(...timeouts)).toBeLessThanOrEqual(CLOCKS.longestLambda);
    for (const { properties } of assembly.of('StepFunctions::StateMachine')) {
      const states: Record<string, Properties> = JSON.parse(properties.DefinitionString).States;
      const tasks = Object.values(states).filter(({ Type }) => Type === 'Task');

      expect(tasks.length).toBeGreaterThan(0);
      for (const { Parameters, TimeoutSeconds } of tasks) {
        const arn = properties.DefinitionSubstitutions[Parameters.FunctionName.slice(2, -1)];
        const called = assembly.of('Lambda::Function').find((fn) => arn === `<${fn.path}.Arn>`);

        expect(called?.properties.Timeout).toBeLessThan(TimeoutSeconds);
      }
    }
  });

  it('a log of a function or of a workflow ends when the configuration says, and with its stack', () => {
    const groups = assembly
      .everywhere('Logs::LogGroup')
      .filter(({ path }) => !/^(Database|Hosts)\//.test(path));
    const workflows = assembly.of('StepFunctions::StateMachine');

    expect(groups).toHaveLength(assembly.functions().length + workflows.length);
    for (const { properties, deletionPolicy } of groups) {
      expect(properties.RetentionInDays).toBe(config.logs.retentionDays);
      expect(deletionPolicy).toBe('Delete');
    }
  });

  it('each function has a role of its own, which Lambda alone may take', () => {
    const functions = assembly.functions();
    const roles = functions.map(({ role }) => role);

    expect(new Set(roles).size).toBe(functions.length);
    for (const { path, properties } of assembly.everywhere('IAM::Role')) {
      if (!roles.includes(`<${path}>`)) continue;
      const { Statement } = properties.AssumeRolePolicyDocument;
      expect(Statement).toEqual([
        {
          Effect: 'Allow',
          Action: 'sts:AssumeRole',
          Principal: { Service: 'lambda.amazonaws.com' },
        },
      ]);
    }
  });

  it('a schedule of another account cannot borrow our role, which starts one thing', () => {
    const roles = assembly
      .of('IAM::Role')
      .filter(({ properties }) => /scheduler/.test(JSON.stringify(properties)));
    const used = assembly
      .of('Scheduler::Schedule')
      .map(({ properties: { Target } }) => [Target.RoleArn, Target.Arn]);

    expect(roles).not.toEqual([]);
    for (const { path, properties } of roles) {
      const [trust] = statementsOf(properties.AssumeRolePolicyDocument);
      const targets = used.filter(([role]) => role === `<${path}.Arn>`).map(([, arn]) => arn);
      const granted = assembly
        .of('IAM::Policy')
        .filter((policy) => policy.properties.Roles.includes(`<${path}>`))
        .flatMap((policy) => statementsOf(policy.properties.PolicyDocument));

      expect(trust?.conditions.StringEquals).toMatchObject({
        'aws:SourceAccount': '<AWS::AccountId>',
      });
      expect(granted.flatMap(({ resources }) => resources)).toEqual([...new Set(targets)]);
    }
  });

  it('the operations can be destroyed and deployed again without a loss of data', () => {
    const behaviour = [
      'Chatbot::SlackChannelConfiguration',
      'CloudWatch::Alarm',
      'Events::Rule',
      'IAM::Policy',
      'IAM::Role',
      'Lambda::EventInvokeConfig',
      'Lambda::Function',
      'Lambda::Permission',
      'Logs::LogGroup',
      'CloudWatch::Dashboard',
      'Logs::QueryDefinition',
      'SNS::Subscription',
      'SNS::Topic',
      'SNS::TopicPolicy',
      'SQS::Queue',
      'SQS::QueuePolicy',
      'SSM::Document',
      'Scheduler::Schedule',
      'Scheduler::ScheduleGroup',
      'StepFunctions::StateMachine',
    ].map((type) => `AWS::${type}`);

    for (const { type, deletionPolicy } of assembly.operations) {
      expect(behaviour).toContain(type);
      expect(deletionPolicy ?? 'Delete').toBe('Delete');
    }
  });

  it('passes CloudFormation’s own rules, as do the templates of its data', () => {
    const outdir = mkdtempSync(path.join(tmpdir(), 'orthweb-template-'));
    onTestFinished(() => rmSync(outdir, { recursive: true }));

    expect(() => synthesize({ config, outdir, validate: true })).not.toThrow();
  });
});
