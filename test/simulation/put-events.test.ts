import {
  PutEventsCommand,
  type PutEventsCommandOutput,
  type PutEventsRequestEntry,
} from '@aws-sdk/client-eventbridge';
import { describe, expect, it } from 'vitest';
import { ACCOUNT } from '../../simulator/template.ts';
import { allowing, asking, deployed, functionId } from './support/asking.ts';
import { clinic } from './support/faulted.ts';
import { edited, type Site } from './support/play.ts';
import { found, stillWorld } from './support/still-world.ts';

const [CALLER, TARGET] = ['power/look', 'site/tick'];

/** The site with a rule for events of its own functions. */
const ruled: Site = edited(clinic, (template) => {
  const target = { 'Fn::GetAtt': [functionId(template, TARGET), 'Arn'] };
  template.Resources.Listens = {
    Type: 'AWS::Events::Rule',
    Properties: {
      EventPattern: { source: ['orthweb'], 'detail-type': ['Node Unhealthy'] },
      State: 'ENABLED',
      Targets: [{ Arn: target, Id: 'Target0' }],
    },
  };
  template.Resources.MayBeInvoked = {
    Type: 'AWS::Lambda::Permission',
    Properties: {
      Action: 'lambda:InvokeFunction',
      FunctionName: target,
      Principal: 'events.amazonaws.com',
      SourceArn: { 'Fn::GetAtt': ['Listens', 'Arn'] },
    },
  };
});

const bus = { 'Fn::Sub': `arn:aws:events:\${AWS::Region}:\${AWS::AccountId}:event-bus/default` };
const allowed = allowing(ruled, CALLER, {
  Effect: 'Allow',
  Action: 'events:PutEvents',
  Resource: bus,
});

const unhealthy = (different: Partial<PutEventsRequestEntry> = {}): PutEventsRequestEntry => ({
  Source: 'orthweb',
  DetailType: 'Node Unhealthy',
  Detail: JSON.stringify({ node: 'a' }),
  ...different,
});

/** What a function is told that puts these events, and what reaches the target of the rule. */
async function put(Entries: PutEventsRequestEntry[], of = allowed) {
  const { world } = await stillWorld(of);
  const reached: unknown[] = [];
  const handler = async (event: unknown) => void reached.push(event);
  Object.assign(deployed(world, TARGET), { handler });
  const at = world.clock.now;
  const { answer, error } = await asking<PutEventsCommandOutput>(world, CALLER, ({ eventbridge }) =>
    eventbridge.send(new PutEventsCommand({ Entries })),
  );
  // The tick calls the same function, without a source.
  const heard = reached.filter((event) => (event as { source?: string }).source === 'orthweb');
  return { world, at, answer, error, heard };
}

describe('an event that a function puts on the bus', () => {
  it('reaches the targets of the rules for it, as one of this account and region', async () => {
    const { answer, at, heard, world } = await put([unhealthy()]);

    expect(answer).toEqual({ FailedEntryCount: 0, Entries: [{ EventId: expect.any(String) }] });
    expect(heard).toEqual([
      {
        version: '0',
        id: answer?.Entries?.[0]?.EventId,
        source: 'orthweb',
        'detail-type': 'Node Unhealthy',
        account: ACCOUNT,
        region: 'ca-central-1',
        time: expect.stringMatching(new Date(at).toISOString().slice(0, 16)),
        resources: [],
        detail: { node: 'a' },
      },
    ]);
    expect(found(world)).toEqual([]);
  });

  it('reaches nobody who has not asked for it', async () => {
    const { answer, heard } = await put([unhealthy({ DetailType: 'Node Recovered' })]);

    expect(answer?.FailedEntryCount).toBe(0);
    expect(heard).toEqual([]);
  });

  it.each<[string, Partial<PutEventsRequestEntry>, string]>([
    ['no type', { DetailType: undefined }, 'InvalidArgument'],
    ['a detail that is no object', { Detail: '[1]' }, 'MalformedDetail'],
    ['a detail that is no JSON', { Detail: '{' }, 'MalformedDetail'],
    ['the name of an AWS service', { Source: 'aws.ec2' }, 'NotAuthorizedForSourceException'],
  ])('with %s is refused for itself, and the next one is not', async (_what, wrong, code) => {
    const { answer, heard } = await put([unhealthy(wrong), unhealthy()]);

    expect(answer?.FailedEntryCount).toBe(1);
    expect(answer?.Entries).toEqual([
      { ErrorCode: code, ErrorMessage: expect.any(String) },
      { EventId: expect.any(String) },
    ]);
    expect(heard).toHaveLength(1);
  });
});

describe('a call that EventBridge refuses', () => {
  it.each([0, 11])('puts %i events at once', async (many) => {
    const { error } = await put(Array.from({ length: many }, () => unhealthy()));

    expect(error?.name).toBe('ValidationException');
  });

  it('is of a role that may not, which is a gap in the templates', async () => {
    const { error, heard, world } = await put([unhealthy()], ruled);

    expect(error?.name).toBe('AccessDeniedException');
    expect(heard).toEqual([]);
    expect(found(world)).toEqual([
      expect.stringMatching(/no statement that allows events:PutEvents on .*:event-bus\/default$/),
    ]);
  });
});

it.each<[string, Partial<PutEventsRequestEntry>]>([
  ['another bus', { EventBusName: 'other' }],
  ['another time', { Time: new Date(0) }],
])('%s ends the rehearsal', async (_what, different) => {
  await expect(put([unhealthy(different)])).rejects.toThrow('not modelled');
});
