import { StartInstancesCommand } from '@aws-sdk/client-ec2';
import { PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { InvokeCommand } from '@aws-sdk/client-lambda';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { ListCommandInvocationsCommand } from '@aws-sdk/client-ssm';
import { describe, expect, it } from 'vitest';
import type { Clients } from '../../functions/shared/clients.ts';
import { AwsError } from '../../simulator/aws-error.ts';
import type { Service } from '../../simulator/sdk-model/declarations.ts';
import { documentedErrors } from '../../simulator/sdk-model/errors.ts';
import { operationShapes, type Shape } from '../../simulator/sdk-model/shape.ts';
import { delivered, type ServiceEvent } from '../../simulator/services/eventbridge.ts';
import type { World } from '../../simulator/world.ts';
import { play, siteOf } from './support/play.ts';

const site = siteOf();
/** From a deployment over the first stop to the first start: every operation is called. */
const morning = { from: '2026-11-30T00:00', days: 0.32, certificates: 'interim' } as const;
/** What nobody asks in a morning on which all is well: here a function asks it once. */
const ASKED: Readonly<Record<string, (clients: Clients) => Promise<unknown>>> = {
  'lambda:Invoke': ({ lambda }) => lambda.send(new InvokeCommand({ FunctionName: 'any' })),
  'eventbridge:PutEvents': ({ eventbridge }) =>
    eventbridge.send(new PutEventsCommand({ Entries: [] })),
  'ssm:ListCommandInvocations': ({ ssm }) => ssm.send(new ListCommandInvocationsCommand({})),
  's3:PutObject': ({ s3 }) => s3.send(new PutObjectCommand({ Bucket: 'any', Key: 'any' })),
};
/** What CloudFormation has functions ask, before anything is played (`deployment.test.ts`). */
const AT_DEPLOYMENT = new Set(['kms:DescribeKey', 'kms:GetPublicKey']);

/** Every simulated operation, from the world itself: a new one is held to the model, too. */
const operations: [Service, string][] = [];
await play(site, {
  ...morning,
  days: 0,
  prepare: ({ api }) => {
    for (const [service, known] of Object.entries(api.services)) {
      operations.push(
        ...Object.keys(known)
          .filter((name) => !AT_DEPLOYMENT.has(`${service}:${name}`))
          .map((name): [Service, string] => [service as Service, name]),
      );
    }
  },
});

describe.each(operations)('%s:%s', (service, operation) => {
  it('is in the model, and all of it can be read', () => {
    const { input, output } = operationShapes(service, operation);

    expect(depth(input) + depth(output)).toBeGreaterThanOrEqual(2);
    const errors = [...documentedErrors(service, operation).keys()];
    expect(errors.length).toBeGreaterThan(10);
    expect(errors).toContainEqual(expect.stringMatching(/Throttling|Limit|TooMany|SlowDown/));
  });

  it('fails the run when it answers what AWS does not', async () => {
    const failure = await broken(service, operation, () => ({ Surprise: 1 }));

    expect(failure).toContain(`${service}:${operation} answered `);
    expect(failure).toMatch(/Surprise 1: \w+ has no such member$|undefined: \w+ requires it$/);
  });

  it('fails the run when it fails as AWS does not', async () => {
    const failure = await broken(service, operation, () => {
      throw new AwsError('Surprise', 'no such error');
    });

    expect(failure).toContain(`${service}:${operation} failed with Surprise: it is not`);
  });
});

describe('a wrong answer fails the run, by name and place:', () => {
  it.each([
    [
      'a value outside its enum',
      'ec2',
      'DescribeInstances',
      { Reservations: [{ Instances: [{ State: { Name: 'runing' } }] }] },
      'Reservations[0].Instances[0].State.Name "runing": not one of InstanceStateName (pending,',
    ],
    [
      'a required member that is missing',
      'sfn',
      'StartExecution',
      { executionArn: 'arn' },
      'startDate undefined: StartExecutionOutput requires it',
    ],
    ['a wrong type', 'dynamodb', 'Query', { Items: [], Count: '0' }, 'Count "0": not a number'],
  ] as const)('%s', async (_what, service, operation, output, says) => {
    expect(await broken(service, operation, () => output)).toContain(
      `${service}:${operation} answered ${says}`,
    );
  });
});

it('a wrong question fails the run, too: AWS would refuse it', async () => {
  const { failure } = await play(site, {
    ...morning,
    prepare: (world) =>
      ask(world, ({ ec2 }) => ec2.send(new StartInstancesCommand({ InstanceIds: undefined }))),
  });

  expect(failure?.message).toBe(
    'ec2:StartInstances was asked with InstanceIds undefined: StartInstancesRequest requires it',
  );
});

describe('an event has the members that its documentation shows, and no others', () => {
  // https://docs.aws.amazon.com/eventbridge/latest/ref/overiew-event-structure.html
  const envelope = [
    'account',
    'detail',
    'detail-type',
    'id',
    'region',
    'resources',
    'source',
    'time',
    'version',
  ];

  it.each([
    // https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/monitoring-instance-state-changes.html
    ['EC2 Instance State-change Notification', ['instance-id', 'state']],
    // https://docs.aws.amazon.com/step-functions/latest/dg/eventbridge-integration.html
    [
      'Step Functions Execution Status Change',
      [
        'executionArn',
        'input',
        'inputDetails',
        'name',
        'output',
        'outputDetails',
        'startDate',
        'stateMachineArn',
        'status',
        'stopDate',
      ],
    ],
  ])('%s', async (type, detail) => {
    const events: ServiceEvent[] = [];

    await play(site, { ...morning, prepare: ({ bus }) => eavesdrop(bus, events) });

    const mine = events.filter((event) => event['detail-type'] === type);
    expect(mine.length).toBeGreaterThan(1);
    for (const event of mine) {
      const whole = delivered(event, 'id', '2026-11-30T12:00:00.123Z');
      expect(Object.keys(whole).sort()).toEqual(envelope);
      expect(Object.keys(whole.detail).sort()).toEqual(detail);
      expect(whole).toMatchObject({
        version: '0',
        account: '111122223333',
        region: 'ca-central-1',
        time: '2026-11-30T12:00:00Z',
      });
    }
  });

  it('a run announces its begin without what is not there yet, and its end with it', async () => {
    const events: ServiceEvent[] = [];

    await play(site, { ...morning, prepare: ({ bus }) => eavesdrop(bus, events) });

    const details = events
      .filter(({ source }) => source === 'aws.states')
      .map(({ detail }) => detail as Record<string, unknown>);
    const begin = details.find(({ status }) => status === 'RUNNING');
    const end = details.find(({ status }) => status === 'SUCCEEDED');
    expect(begin).toMatchObject({ stopDate: null, output: null, outputDetails: null });
    expect(end).toMatchObject({ output: expect.any(String), outputDetails: { included: true } });
    expect(end?.stopDate).toBeGreaterThan(Number(end?.startDate));
  });
});

/** What ends the run when this operation is carried out so. */
async function broken(service: Service, operation: string, run: () => object): Promise<string> {
  const { failure } = await play(site, {
    ...morning,
    prepare: (world) => {
      const { services } = world.api;
      const asked = ASKED[`${service}:${operation}`];
      const open = asked && { permissions: () => [] };
      Object.assign(services[service], {
        [operation]: { ...services[service][operation], ...open, run },
      });
      if (asked) ask(world, asked);
    },
  });
  return String(failure?.message);
}

/** A function that no template has asks this, a moment after the begin. */
function ask(world: World, does: (clients: Clients) => Promise<unknown>): void {
  const { api, clock, site } = world;
  const by = {
    site,
    functionName: 'test',
    functionArn: 'test',
    role: 'test',
    execution: undefined,
    network: world.chance('a test'),
    skewMs: 0,
    die: () => {},
    dead: false,
  };
  clock.after(1, () => void api.within(by, () => does(api.clients)).catch(() => {}));
}

function eavesdrop(bus: World['bus'], events: ServiceEvent[]): void {
  const emit = bus.emit.bind(bus);
  bus.emit = (event) => {
    events.push(event);
    return emit(event);
  };
}

/** Reads a shape to its end; how many structures it is made of. */
function depth(shape: Shape, seen = new Set<Shape>()): number {
  if (shape.kind === 'list' || shape.kind === 'map') return depth(shape.of, seen);
  if (!('members' in shape) || seen.has(shape)) return seen.size;
  seen.add(shape);
  for (const member of shape.members().values()) depth(member, seen);
  return seen.size;
}
