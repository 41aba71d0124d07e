import { describe, expect, it } from 'vitest';
import { LambdaFailure } from '../../simulator/services/lambda/function.ts';
import type { World } from '../../simulator/world.ts';
import { clinic } from './support/faulted.ts';
import { edited, type Template } from './support/play.ts';
import { found, stillWorld } from './support/still-world.ts';

const MINUTE_MS = 60_000;
const QUEUE = { 'Fn::GetAtt': ['DeadLetters', 'Arn'] };
const ASKED = { DeadLetterConfig: { Arn: QUEUE } };

// biome-ignore lint/suspicious/noExplicitAny: a resource is whatever CloudFormation takes.
type Raw = any;

/** That of the tick: those of health have a queue of their own. */
const only = ({ Resources }: Template, type: string): Raw =>
  Object.values(Resources).find(
    ({ Type, Properties }) => Type === type && JSON.stringify(Properties).includes('SiteTick'),
  )?.Properties;

/** What EventBridge may do with a queue, or with its key, for our rules alone. */
const grant = (actions: readonly string[], source = 'arn:aws:events:*:*:rule/*') => ({
  Effect: 'Allow',
  Principal: { Service: 'events.amazonaws.com' },
  Action: actions,
  Resource: '*',
  Condition: { ArnLike: { 'aws:SourceArn': source } },
});

/** The clinic with a queue for what cannot be delivered to the tick or done by it. */
const withQueue = (
  edit: (template: Template) => void,
  { queue = {}, statement = grant(['sqs:SendMessage']) as object } = {},
) =>
  edited(clinic, (template) => {
    template.Resources.DeadLetters = { Type: 'AWS::SQS::Queue', Properties: queue };
    template.Resources.DeadLettersPolicy = {
      Type: 'AWS::SQS::QueuePolicy',
      Properties: { Queues: [{ Ref: 'DeadLetters' }], PolicyDocument: { Statement: [statement] } },
    };
    edit(template);
  });

const toTarget = (properties: object) => (template: Template) =>
  Object.assign(only(template, 'AWS::Events::Rule').Targets[0], properties);

const withPattern = (pattern: object) => (template: Template) => {
  only(template, 'AWS::Events::Rule').EventPattern = pattern;
};

/** Loses what lets EventBridge invoke the tick. */
const unpermitted = (template: Template) => {
  for (const [id, { Type }] of Object.entries(template.Resources)) {
    if (Type === 'AWS::Lambda::Permission') delete template.Resources[id];
  }
};

const tickOf = ({ Resources }: Template) =>
  Object.entries(Resources).find(([, one]) => one.Properties?.Handler === 'site/tick.handler') ??
  [];

/** The tick's failures go to the queue; its role may put them there, if `may`. */
const recorded =
  (may: boolean, more: object = {}) =>
  (template: Template) => {
    const [, tick] = tickOf(template);
    const config = only(template, 'AWS::Lambda::EventInvokeConfig');
    Object.assign(config, { DestinationConfig: { OnFailure: { Destination: QUEUE } } }, more);
    if (!may) return;
    template.Resources.MayRecord = {
      Type: 'AWS::IAM::Policy',
      Properties: {
        PolicyDocument: {
          Statement: [{ Effect: 'Allow', Action: 'sqs:SendMessage', Resource: QUEUE }],
        },
        PolicyName: 'MayRecord',
        Roles: [{ Ref: tick?.Properties.Role['Fn::GetAtt'][0] }],
      },
    };
  };

const queueOf = ({ site }: World): string => {
  const queue = site.assembly.resources('AWS::SQS::Queue').find(({ id }) => id === 'DeadLetters');
  return String(queue && site.assembly.names(queue).attributes?.Arn);
};

const event = (more: object = {}) => ({
  source: 'test',
  'detail-type': 'Something',
  resources: ['arn:aws:ec2:ca-central-1:111122223333:instance/i-1'],
  detail: {},
  ...more,
});

const wait = ({ clock }: World, minutes: number) =>
  clock.runUntil(new Date(clock.now + minutes * MINUTE_MS), () => {});

/** A world in which this happened, and how often the tick was asked for it. */
async function following(of: typeof clinic, happened: object = event()) {
  const { world } = await stillWorld(of);
  const asked: unknown[] = [];
  world.lambda.invokeAsync = async (_arn, what) => void asked.push(what);
  world.bus.emit(happened as never);
  await wait(world, 0.2);
  return { world, asked: asked.filter((what) => (what as { source?: string }).source) };
}

describe('a rule', () => {
  it.each<[string, object, object, number]>([
    ['a beginning', { source: [{ prefix: 'te' }] }, {}, 1],
    ['a beginning beside values', { source: ['other', { prefix: 'te' }] }, {}, 1],
    ['another beginning', { source: [{ prefix: 'es' }] }, {}, 0],
    ['a beginning of one of several', { resources: [{ prefix: 'arn:aws:ec2' }] }, {}, 1],
    ['a beginning of what is absent', { detail: { name: [{ prefix: '' }] } }, {}, 0],
    ['a beginning of what is nested', { detail: { n: [{ prefix: 'a' }] } }, { n: 'ab' }, 1],
  ])('is asked for %s', async (_what, pattern, detail, times) => {
    const { asked } = await following(withQueue(withPattern(pattern)), event({ detail }));

    expect(asked).toHaveLength(times);
  });

  it.each([
    { source: [{ suffix: 't' }] },
    { source: [{ prefix: { 'equals-ignore-case': 'T' } }] },
    { source: [{ prefix: 't', suffix: 't' }] },
    { source: 'test' },
    { $or: [{ source: ['test'] }] },
  ])('is refused with %j', async (pattern) => {
    await expect(stillWorld(withQueue(withPattern(pattern)))).rejects.toThrow(/EventPattern/);
  });

  it.each([
    [{ RetryPolicy: { MaximumRetryAttempts: 186 } }, /MaximumRetryAttempts 186/],
    [{ RetryPolicy: { MaximumEventAgeInSeconds: 59 } }, /MaximumEventAgeInSeconds 59/],
    [{ InputPath: '$.detail' }, /does not model Targets' InputPath/],
    [{ DeadLetterConfig: { Arn: 'arn:aws:sqs:ca-central-1:1:x' } }, /no template has the queue/],
  ])('is refused with a target of %j', async (target, says) => {
    await expect(stillWorld(withQueue(toTarget(target)))).rejects.toThrow(says);
  });
});

describe('what a rule cannot deliver', () => {
  const retried = { RetryPolicy: { MaximumRetryAttempts: 3, MaximumEventAgeInSeconds: 900 } };

  it('has a queue that takes it: nothing is amiss', async () => {
    const { world } = await stillWorld(withQueue(toTarget({ ...ASKED, ...retried })));

    expect(found(world)).toEqual([]);
  });

  it.each<[string, object, RegExp]>([
    ['no policy', { statement: grant(['sqs:GetQueueUrl']) }, /sqs:SendMessage/],
    [
      'a policy for another rule',
      { statement: grant(['sqs:SendMessage'], 'arn:aws:events:*:*:rule/other') },
      /sqs:SendMessage/,
    ],
  ])('fails the run where the queue has %s, before anything happens', async (_what, of, says) => {
    const { world } = await stillWorld(withQueue(toTarget(ASKED), of));

    expect(found(world)).toEqual([expect.stringMatching(says)]);
  });

  it.each<[string, readonly string[], number]>([
    ['lets EventBridge use it', ['kms:GenerateDataKey', 'kms:Decrypt'], 0],
    ['does not', [], 2],
  ])('needs the key of the queue as well, which %s', async (_what, actions, missing) => {
    const encrypted = withQueue(
      (template) => {
        toTarget(ASKED)(template);
        const statements = [
          { Effect: 'Allow', Principal: { AWS: '*' }, Action: 'kms:PutKeyPolicy', Resource: '*' },
          ...(actions.length > 0 ? [grant(actions)] : []),
        ];
        template.Resources.OurKey = {
          Type: 'AWS::KMS::Key',
          Properties: { KeyPolicy: { Statement: statements } },
        };
      },
      { queue: { KmsMasterKeyId: { 'Fn::GetAtt': ['OurKey', 'Arn'] } } },
    );

    const { world } = await stillWorld(encrypted);

    expect(found(world)).toHaveLength(missing);
  });

  it('is in the queue when EventBridge may not invoke the function', async () => {
    const of = withQueue((template) => {
      toTarget(ASKED)(template);
      withPattern({ source: ['test'] })(template);
      unpermitted(template);
    });

    const { world, asked } = await following(of);

    expect(asked).toEqual([]);
    expect(world.sqs.messages(queueOf(world))).toEqual([
      {
        at: expect.any(Number),
        body: expect.stringContaining('"detail-type":"Something"'),
        attributes: {
          RULE_ARN: expect.stringContaining(':rule/'),
          TARGET_ARN: expect.stringContaining(':function:'),
          ERROR_CODE: 'NO_PERMISSIONS',
          ERROR_MESSAGE: expect.stringContaining('no AWS::Lambda::Permission'),
          RETRY_ATTEMPTS: '0',
        },
      },
    ]);
    expect(found(world)).toEqual([expect.stringContaining('no AWS::Lambda::Permission')]);
  });

  it('is in the queue when there is no such function any more, which is no fault of a right', async () => {
    const { world } = await stillWorld(
      withQueue((template) => {
        toTarget(ASKED)(template);
        withPattern({ source: ['test'] })(template);
      }),
    );
    world.lambda.has = () => false;

    world.bus.emit(event());
    await wait(world, 0.2);

    const [{ attributes } = {}] = world.sqs.messages(queueOf(world));
    expect(attributes).toMatchObject({ ERROR_CODE: 'NO_RESOURCE' });
    expect(found(world)).toEqual([]);
  });

  it('is lost where nobody has asked for a queue', async () => {
    const of = withQueue((template) => {
      withPattern({ source: ['test'] })(template);
      unpermitted(template);
    });

    const { world } = await following(of);

    expect(world.sqs.messages(queueOf(world))).toEqual([]);
  });
});

describe('what a function fails at whose sender does not wait', () => {
  /** The tick fails each time; what is recorded of it, and when it was tried. */
  async function failing(more: object = {}) {
    const { world } = await stillWorld(withQueue(recorded(true, more)));
    const { clock, lambda } = world;
    const [tick = ''] = world.site.assembly
      .resources('AWS::Lambda::Function')
      .filter((one) => one.text('Handler') === 'site/tick.handler')
      .map((one) => String(world.site.assembly.names(one).attributes?.Arn));
    const tries: number[] = [];
    const began = clock.now;
    lambda.invoke = async (_arn, what) => {
      if ((what as { ours?: boolean }).ours) tries.push((clock.now - began) / MINUTE_MS);
      throw new LambdaFailure('TickIncomplete', 'the table is gone');
    };
    lambda.invokeAsync(tick, { ours: true }).catch(() => {});
    await wait(world, 10);
    const records = world.sqs
      .messages(queueOf(world))
      .map(({ body }) => JSON.parse(body))
      .filter(({ requestPayload }) => requestPayload.ours);
    return { records, tick, tries, world };
  }

  it('is recorded after the last attempt', async () => {
    const { records, tick, tries, world } = await failing({
      MaximumRetryAttempts: 2,
      MaximumEventAgeInSeconds: 21_600,
    });

    expect(tries).toEqual([0, 1, 3]);
    expect(records).toEqual([
      {
        version: '1.0',
        timestamp: expect.stringMatching(/^2026-11-30T05:03:00/),
        requestContext: {
          requestId: expect.any(String),
          functionArn: `${tick}:$LATEST`,
          condition: 'RetriesExhausted',
          approximateInvokeCount: 3,
        },
        requestPayload: { ours: true },
        responseContext: {
          statusCode: 200,
          executedVersion: '$LATEST',
          functionError: 'Unhandled',
        },
        responsePayload: { errorType: 'TickIncomplete', errorMessage: 'the table is gone' },
      },
    ]);
    expect(found(world)).toEqual([]);
  });

  it('is recorded at once where it is not tried again', async () => {
    const { records, tries } = await failing({ MaximumRetryAttempts: 0 });

    expect(tries).toEqual([0]);
    expect(records).toHaveLength(1);
  });

  it('is given up when the event would be too old', async () => {
    const more = { MaximumRetryAttempts: 2, MaximumEventAgeInSeconds: 120 };
    const { records, tries } = await failing(more);

    expect(tries).toEqual([0, 1]);
    expect(records[0].requestContext).toMatchObject({
      condition: 'EventAgeExceeded',
      approximateInvokeCount: 2,
    });
  });

  it('fails the run where the role of the function may not record it', async () => {
    const { world } = await stillWorld(withQueue(recorded(false)));

    expect(found(world)).toEqual([expect.stringMatching(/Site\/Tick.*sqs:SendMessage/)]);
  });

  it('goes nowhere but into queues', async () => {
    const other = { DestinationConfig: { OnFailure: { Destination: 'arn:aws:sns:x:1:y' } } };

    await expect(stillWorld(withQueue(recorded(true, other)))).rejects.toThrow(/only a queue/);
  });
});

it('a queue tells each minute how much is in it, until its time is over', async () => {
  const { world } = await stillWorld(
    withQueue(() => {}, { queue: { QueueName: 'dead', MessageRetentionPeriod: 300 } }),
  );
  const told: unknown[] = [];
  world.cloudwatch.record = (...value) => void told.push(value);
  const queue = queueOf(world);

  world.sqs.send(queue, 'one');
  await wait(world, 2.5);
  world.sqs.send(queue, 'another');
  await wait(world, 10);

  const ours = told.filter((value) => (value as string[])[0] === 'AWS/SQS');
  expect(ours).toEqual(
    [1, 1, 1, 2, 2, 1, 1, 1].map((many) => [
      'AWS/SQS',
      'ApproximateNumberOfMessagesVisible',
      { QueueName: 'dead' },
      many,
    ]),
  );
  expect(world.sqs.messages(queue)).toEqual([]);
});

it('a queue keeps what is in it over a deployment', async () => {
  const { world } = await stillWorld(withQueue(() => {}));
  world.sqs.send(queueOf(world), 'one');

  world.deploy();

  expect(world.sqs.messages(queueOf(world))).toMatchObject([{ body: 'one' }]);
});
