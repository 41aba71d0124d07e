import { describe, expect, it } from 'vitest';
import { edited, play, type Site, siteOf, type Template } from './support/play.ts';

const site = siteOf();
const loading = (of: Site) => play(of, { from: '2026-11-30T07:00', days: 0.01 });

const first = ({ Resources }: Template, type: string) =>
  Object.values(Resources).find((resource) => resource.Type === type);

describe('the simulator guesses nothing: loading fails on', () => {
  const edits: readonly (readonly [
    what: string,
    edit: (template: Template) => void,
    says: RegExp,
  ])[] = [
    [
      'a property of a known type that it does not model',
      (template) => {
        const fn = first(template, 'AWS::Lambda::Function');
        if (fn) fn.Properties.ReservedConcurrentExecutions = 1;
      },
      /AWS::Lambda::Function .*does not model ReservedConcurrentExecutions/,
    ],
    [
      'an attribute that it does not know',
      (template) => {
        const fn = first(template, 'AWS::Lambda::Function');
        const topic = Object.entries(template.Resources).find(
          ([, { Type }]) => Type === 'AWS::SNS::Topic',
        );
        if (fn) fn.Properties.Environment.Variables.TABLE = { 'Fn::GetAtt': [topic?.[0], 'Color'] };
      },
      /does not know the attribute Color of OrthwebOperations\/Alerts\/Topic/,
    ],
    [
      'an intrinsic function that it does not know',
      (template) => {
        const fn = first(template, 'AWS::Lambda::Function');
        if (fn) fn.Properties.Environment.Variables.TABLE = { 'Fn::Cidr': ['10.0.0.0/16', 2, 8] };
      },
      /does not know Fn::Cidr/,
    ],
    [
      'an output of the other stack that is not there',
      (template) => {
        const text = JSON.stringify(template).replace(
          /"OutputName":"[^"]*"/,
          '"OutputName":"Gone"',
        );
        Object.assign(template, JSON.parse(text));
      },
      /no stack clinic puts out Gone/,
    ],
    [
      'a condition operator that it does not know',
      (template) => {
        const policy = first(template, 'AWS::IAM::Policy');
        policy?.Properties.PolicyDocument.Statement.push({
          Effect: 'Allow',
          Action: 's3:*',
          Resource: '*',
          Condition: { IpAddress: { 'aws:SourceIp': '203.0.113.0/24' } },
        });
      },
      /IpAddress is not modelled/,
    ],
    [
      'an AWS managed policy, whose statements it cannot see',
      (template) => {
        const role = first(template, 'AWS::IAM::Role');
        if (role) role.Properties.ManagedPolicyArns = ['arn:aws:iam::aws:policy/ReadOnlyAccess'];
      },
      /managed policies are not modelled/,
    ],
    [
      'a role that the service cannot take',
      (template) => {
        for (const { Type, Properties } of Object.values(template.Resources)) {
          if (Type !== 'AWS::IAM::Role') continue;
          Properties.AssumeRolePolicyDocument.Statement[0].Principal.Service = 'ec2.amazonaws.com';
        }
      },
      /amazonaws\.com cannot take its role: .* does not trust it/,
    ],
    [
      'a schedule expression that it does not model',
      (template) => {
        const schedule = first(template, 'AWS::Scheduler::Schedule');
        if (schedule) schedule.Properties.ScheduleExpression = 'cron(0 7 ? * MON-FRI *)';
      },
      /cron\(0 7 \? \* MON-FRI \*\) is not modelled/,
    ],
    [
      'a task that is no Lambda function',
      (template) => {
        const machine = first(template, 'AWS::StepFunctions::StateMachine');
        if (!machine) return;
        const { DefinitionString } = machine.Properties;
        machine.Properties.DefinitionString = DefinitionString.replace(
          'states:::lambda:invoke',
          'states:::aws-sdk:ec2:stopInstances',
        );
      },
      /Take Lease: arn:aws:states:::aws-sdk:ec2:stopInstances is not modelled/,
    ],
    [
      'a state machine that is not of the standard type',
      (template) => {
        const machine = first(template, 'AWS::StepFunctions::StateMachine');
        if (machine) machine.Properties.StateMachineType = 'EXPRESS';
      },
      /does not model StateMachineType "EXPRESS"/,
    ],
    [
      'a function of another runtime',
      (template) => {
        const fn = first(template, 'AWS::Lambda::Function');
        if (fn) fn.Properties.Runtime = 'python3.14';
      },
      /does not model Runtime "python3.14"/,
    ],
    [
      'a schedule with a window instead of a time',
      (template) => {
        const schedule = first(template, 'AWS::Scheduler::Schedule');
        if (!schedule) return;
        schedule.Properties.FlexibleTimeWindow = { Mode: 'FLEXIBLE', MaximumWindowInMinutes: 600 };
      },
      /does not model FlexibleTimeWindow {"Mode":"FLEXIBLE"/,
    ],
    [
      'a schedule in a group that nobody makes',
      (template) => {
        const schedule = first(template, 'AWS::Scheduler::Schedule');
        if (schedule) schedule.Properties.GroupName = 'elsewhere';
      },
      /its group elsewhere is in no template/,
    ],
    [
      'a role with a permissions boundary',
      (template) => {
        const role = first(template, 'AWS::IAM::Role');
        if (role) role.Properties.PermissionsBoundary = 'arn:aws:iam::aws:policy/ReadOnlyAccess';
      },
      /does not model PermissionsBoundary/,
    ],
    [
      'a reference to nothing, in a property that nothing reads as well',
      (template) => {
        const fn = first(template, 'AWS::Lambda::Function');
        if (fn) fn.Properties.MemorySize = { Ref: 'Nobody' };
      },
      /refers to Nobody, which OrthwebOperations does not hold/,
    ],
    [
      'a resource under a condition',
      (template) => {
        const fn = first(template, 'AWS::Lambda::Function');
        if (fn) Object.assign(fn, { Condition: 'IsSunday' });
      },
      /Condition is not modelled/,
    ],
    [
      'a script that the host model does not know',
      (template) => {
        const document = first(template, 'AWS::SSM::Document');
        const [step] = document?.Properties.Content.mainSteps ?? [];
        step.inputs.runCommand = ['exec /usr/bin/bash /opt/orthweb/host/format-disk.sh'];
      },
      /host model does not know the script format-disk/,
    ],
    [
      'a document that says itself what a host shall do',
      (template) => {
        const document = first(template, 'AWS::SSM::Document');
        const [step] = document?.Properties.Content.mainSteps ?? [];
        step.inputs.runCommand = ['rm -rf /opt/orthweb'];
      },
      /only one aws:runShellScript is modelled, with a script of the host's own bundle/,
    ],
    [
      'a parameter that would be put into the text of a command',
      (template) => {
        const documents = Object.values(template.Resources).filter(
          ({ Type }) => Type === 'AWS::SSM::Document',
        );
        for (const { Properties } of documents) {
          delete Properties.Content.parameters?.Service?.interpolationType;
        }
      },
      /the parameter Service does not arrive as an environment variable/,
    ],
    [
      'code that is not in the assembly',
      (template) => {
        const fn = first(template, 'AWS::Lambda::Function');
        if (fn) fn.Properties.Code.S3Key = 'gone.zip';
      },
      /the asset gone\.zip is not in/,
    ],
    [
      'a handler that its bundle does not hold',
      (template) => {
        const fn = first(template, 'AWS::Lambda::Function');
        if (fn) fn.Properties.Handler = 'power/dance.handler';
      },
      /its asset holds no power\/dance\.handler/,
    ],
  ];

  it.each(edits)('%s', async (_what, edit, says) => {
    await expect(loading(edited(site, edit))).rejects.toThrow(says);
  });
});

it('does not fire a schedule that is disabled', async () => {
  const disabled = edited(site, ({ Resources }) => {
    for (const { Type, Properties } of Object.values(Resources)) {
      if (Type === 'AWS::Scheduler::Schedule') Properties.State = 'DISABLED';
    }
  });

  const result = await play(disabled, { from: '2026-11-30T06:59', days: 0.01 });

  expect(result.runs).toEqual([]);
  expect(result.ticks.run).toBe(0);
});

it('fails a run whose alert reaches nobody', async () => {
  const unread = edited(site, ({ Resources }) => {
    for (const [id, { Type }] of Object.entries(Resources)) {
      if (Type === 'AWS::SNS::Subscription') delete Resources[id];
    }
  });

  const { failure } = await play(unread, { from: '2026-11-30T00:00', days: 0.1 });

  expect(failure?.message).toMatch(/has no subscriber: ".*Closed as planned.*" reaches nobody/);
});
