import { InvokeCommand, type InvokeCommandOutput } from '@aws-sdk/client-lambda';
import { describe, expect, it } from 'vitest';
import type { World } from '../../simulator/world.ts';
import { allowing, asking, deployed, functionId } from './support/asking.ts';
import { clinic } from './support/faulted.ts';
import { templateOf } from './support/play.ts';
import { found, stillWorld } from './support/still-world.ts';

const [CALLER, CALLED] = ['power/look', 'certificate/verify'];
const site = allowing(clinic, CALLER, {
  Effect: 'Allow',
  Action: 'lambda:InvokeFunction',
  Resource: {
    'Fn::GetAtt': [functionId(templateOf(clinic, 'OrthwebOperations'), CALLED), 'Arn'],
  },
});

type Handler = (event: unknown, world: World) => unknown;

/** What the function that looks hears when it invokes another one that does this. */
async function invoked(does: Handler, { of = site, input = {}, named = 'name' }: Scene = {}) {
  const { world } = await stillWorld(of);
  const called = deployed(world, CALLED);
  Object.assign(called, { handler: async (event: unknown) => does(event, world) });
  const command = new InvokeCommand({
    FunctionName: called[named],
    Payload: Buffer.from(JSON.stringify({ asked: 1 })),
    ...input,
  });
  const from = world.clock.now;
  let took = 0;
  const { answer, error } = await asking<InvokeCommandOutput>(world, CALLER, async ({ lambda }) => {
    try {
      return await lambda.send(command);
    } finally {
      took = (world.clock.now - from) / 1000;
    }
  });
  const payload = answer?.Payload?.transformToString();
  return { world, answer, error, took, said: payload && JSON.parse(payload) };
}

interface Scene {
  readonly of?: typeof site;
  readonly input?: Partial<InvokeCommand['input']>;
  readonly named?: 'name' | 'arn';
}

describe('a function that another one invokes', () => {
  it.each(['name', 'arn'] as const)(
    'by its %s gets the event and is answered for',
    async (named) => {
      const { answer, said, world } = await invoked((event) => ({ event, at: new Date(0) }), {
        named,
      });

      expect(answer).toMatchObject({ StatusCode: 200, ExecutedVersion: '$LATEST' });
      expect(answer).not.toHaveProperty('FunctionError');
      expect(said).toEqual({ event: { asked: 1 }, at: '1970-01-01T00:00:00.000Z' });
      expect(found(world)).toEqual([]);
    },
  );

  it('gets an empty event where the call brings none, and may answer nothing', async () => {
    const events: unknown[] = [];

    const { said } = await invoked((event) => void events.push(event), {
      input: { Payload: undefined },
    });

    expect(events).toEqual([{}]);
    expect(said).toBe(null);
  });

  it('acts in its own name, and who called it in his own again', async () => {
    const names: (string | undefined)[] = [];
    const { world } = await stillWorld(site);
    const called = deployed(world, CALLED);
    const note = () => names.push(world.api.caller?.functionName);
    Object.assign(called, { handler: async () => note() });

    await asking(world, CALLER, async ({ lambda }) => {
      note();
      await lambda.send(new InvokeCommand({ FunctionName: called.name }));
      note();
    });

    expect(names).toEqual([CALLER, CALLED, CALLER]);
  });

  it('fails as an answer, in the words of what it threw', async () => {
    const { answer, said } = await invoked(() => {
      throw new TypeError('no such node');
    });

    expect(answer).toMatchObject({ StatusCode: 200, FunctionError: 'Unhandled' });
    expect(said).toEqual({ errorType: 'TypeError', errorMessage: 'no such node' });
  });

  it('has its own time, which is not that of who called it', async () => {
    const { said, took, world } = await invoked(() => new Promise(() => {}));

    const { timeoutMs } = deployed(world, CALLED);
    expect(said).toMatchObject({ errorType: 'Sandbox.Timedout' });
    expect(took).toBeGreaterThan(timeoutMs / 1000);
    expect(took).toBeLessThan(timeoutMs / 1000 + 2);
  });

  it('goes on when who called it dies, who hears nothing any more', async () => {
    const { world } = await stillWorld(site);
    const called = deployed(world, CALLED);
    let ended = false;
    const handler = async () => {
      await world.clock.sleep(2000);
      ended = true;
    };
    Object.assign(called, { handler });

    const heard = await asking(world, CALLER, ({ lambda }, by) => {
      world.clock.after(1500, () => {
        by.dead = true;
      });
      return lambda.send(new InvokeCommand({ FunctionName: called.name }));
    });

    expect(ended).toBe(true);
    expect(heard).toEqual({});
  });
});

describe('a call that Lambda refuses', () => {
  it('of a role that may not is a gap in the templates', async () => {
    const { error, world } = await invoked(() => {}, { of: clinic });

    expect(error?.name).toBe('AccessDeniedException');
    expect(found(world)).toEqual([expect.stringContaining('lambda:InvokeFunction')]);
  });

  it('has an event that is no JSON', async () => {
    const { error } = await invoked(() => {}, { input: { Payload: Buffer.from('{') } });

    expect(error?.name).toBe('InvalidRequestContentException');
  });

  it('has an event of more than 6 MB', async () => {
    const { error } = await invoked(() => {}, { input: { Payload: Buffer.alloc(7_000_000) } });

    expect(error?.name).toBe('RequestTooLargeException');
  });

  it('names a function that is not there', async () => {
    const everything = allowing(clinic, CALLER, {
      Effect: 'Allow',
      Action: 'lambda:InvokeFunction',
      Resource: { 'Fn::Sub': 'arn:aws:lambda:${AWS::Region}:${AWS::AccountId}:function:*' },
    });

    const { error } = await invoked(() => {}, {
      of: everything,
      input: { FunctionName: 'nobody' },
    });

    expect(error?.name).toBe('ResourceNotFoundException');
  });
});

it('an invocation of another kind ends the rehearsal', async () => {
  await expect(invoked(() => {}, { input: { InvocationType: 'Event' } })).rejects.toThrow(
    'lambda:Invoke: the simulator does not model InvocationType Event',
  );
});
