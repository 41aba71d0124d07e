import {
  ListCommandInvocationsCommand,
  type ListCommandInvocationsCommandInput,
  type ListCommandInvocationsCommandOutput,
} from '@aws-sdk/client-ssm';
import { describe, expect, it } from 'vitest';
import { allowing, asking } from './support/asking.ts';
import { clinic } from './support/faulted.ts';
import { found, stillWorld } from './support/still-world.ts';

const CALLER = 'power/look';
const BEGIN = Date.parse('2026-11-30T17:00:00Z');
const site = allowing(clinic, CALLER, {
  Effect: 'Allow',
  Action: 'ssm:ListCommandInvocations',
  Resource: '*',
});

/** The world some minutes after a person has begun to update host a, which takes eight. */
async function updated(minutes: number, of = site) {
  const fault = { name: 'updating-host', on: 'a', at: new Date(BEGIN), minutes: 8 } as const;
  const { world } = await stillWorld(of, '2026-11-30T12:00', 'issued', [fault]);
  await world.clock.runUntil(new Date(BEGIN + minutes * 60_000), () => {});
  const node = world.site.node('a');
  const listed = async (input: Partial<ListCommandInvocationsCommandInput> = {}) => {
    const command = new ListCommandInvocationsCommand({ InstanceId: node?.id, ...input });
    const { answer, error } = await asking<ListCommandInvocationsCommandOutput>(
      world,
      CALLER,
      ({ ssm }) => ssm.send(command),
    );
    return { error, commands: answer?.CommandInvocations };
  };
  return { world, host: node?.host, listed };
}

describe('a host that a person updates', () => {
  it.each([
    [1, true],
    [4.5, false],
    [6, true],
    [9, true],
  ])('after %d minutes serves: %s', async (minutes, serves) => {
    expect((await updated(minutes)).host?.serves).toBe(serves);
  });

  it.each([
    [1, 'InProgress'],
    [9, 'Success'],
  ])('after %d minutes has its command listed as %s', async (minutes, Status) => {
    const { listed, world } = await updated(minutes);

    const { commands } = await listed();

    expect(commands).toEqual([
      {
        CommandId: expect.any(String),
        InstanceId: world.site.node('a')?.id,
        DocumentName: expect.stringMatching(/update$/i),
        RequestedDateTime: new Date(BEGIN),
        Status,
        StatusDetails: Status,
      },
    ]);
    expect(found(world)).toEqual([]);
  });
});

describe('commands are listed', () => {
  it.each<[string, Partial<ListCommandInvocationsCommandInput>, number]>([
    ['of one instance', { InstanceId: 'i-0' }, 0],
    ['by their status', { Filters: [{ key: 'Status', value: 'InProgress' }] }, 1],
    ['by their status alone', { Filters: [{ key: 'Status', value: 'Success' }] }, 0],
    ['since', { Filters: [{ key: 'InvokedAfter', value: '2026-11-30T17:00:01Z' }] }, 0],
    ['by their document', { Filters: [{ key: 'DocumentName', value: 'other' }] }, 0],
  ])('%s', async (_how, input, many) => {
    const { listed } = await updated(1);

    expect((await listed(input)).commands).toHaveLength(many);
  });

  it('by no other filter', async () => {
    const { listed } = await updated(1);

    const { error } = await listed({ Filters: [{ key: 'ExecutionStage', value: 'Executing' }] });

    expect(error?.name).toBe('InvalidFilterKey');
  });

  it('for a role that may, or it is a gap in the templates', async () => {
    const { listed, world } = await updated(1, clinic);

    expect((await listed()).error?.name).toBe('AccessDeniedException');
    expect(found(world)).toEqual([expect.stringContaining('ssm:ListCommandInvocations')]);
  });
});
