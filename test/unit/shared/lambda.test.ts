import { afterEach, describe, expect, it, vi } from 'vitest';
import * as z from 'zod/mini';
import { create as begin } from '../../../functions/power/begin.ts';
import { Conflict, InvalidInput, InvalidSettings } from '../../../functions/shared/errors.ts';
import { lambda } from '../../../functions/shared/lambda.ts';
import { create as tick } from '../../../functions/site/tick.ts';
import { awsError, clients, context, service } from '../support/clients.ts';
import { environment } from '../support/power.ts';

const SILENT = { POWERTOOLS_LOG_LEVEL: 'SILENT', LIMIT: '3' };

/** A function that is told a node and hands back its setting. */
const create = lambda(
  {
    input: z.object({ node: z.object({ name: z.string() }) }),
    settings: z.object({ LIMIT: z.coerce.number() }),
  },
  async ({ node }, { settings }) => ({ node: node.name, limit: settings.LIMIT }),
);

/** A function that ends with this error. */
const failing = (error: Error) =>
  lambda({ input: z.unknown(), settings: z.object({}) }, async (): Promise<object> => {
    throw error;
  })(SILENT, clients({}));

/** What is written on the standard output while `act` runs. */
async function logged(act: () => Promise<unknown>): Promise<string> {
  const out = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  const err = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  await act();
  return [...out.mock.calls, ...err.mock.calls].map(([chunk]) => String(chunk)).join('');
}

afterEach(() => {
  vi.restoreAllMocks();
});

describe('a Lambda function', () => {
  it('gets its event and its settings as their shapes promise', async () => {
    const handler = create(SILENT, clients({}));

    const answer = await handler({ node: { name: 'a' }, more: 1 }, context);

    expect(answer).toEqual({ node: 'a', limit: 3 });
  });

  it('is handed the clients it was created with', async () => {
    const sns = service({ Publish: () => ({ MessageId: '1' }) });
    const publishes = lambda(
      { input: z.unknown(), settings: z.object({}) },
      async (_, { clients }) => ({ same: clients.sns === sns }),
    );

    const answer = await publishes(SILENT, clients({ sns }))({}, context);

    expect(answer).toEqual({ same: true });
  });

  it('is not created without a setting, and names the variable', () => {
    const { LIMIT, ...rest } = SILENT;

    const creating = () => create(rest, clients({}));

    expect(creating).toThrow(InvalidSettings);
    expect(creating).toThrow(/^environment: LIMIT: /);
  });

  it('names every variable that is missing', () => {
    const { TABLE, TOPIC, ...rest } = environment();

    const creating = () => tick(rest, clients({}));

    expect(creating).toThrow(/TABLE: .*; .*TOPIC: /);
  });

  it.each(['{', '{"timeZone":"Nowhere","schedule":{"timeZone":"Nowhere","windows":[]}}'])(
    'is not created with the garbled plan %s, and names the variable',
    (PLAN) => {
      const creating = () => begin({ ...environment(), PLAN }, clients({}));

      expect(creating).toThrow(InvalidSettings);
      expect(creating).toThrow(/PLAN/);
    },
  );

  it('refuses an event of another shape, and names the field', async () => {
    const handler = create(SILENT, clients({}));

    const answers = await Promise.allSettled([
      handler({ node: { name: 7 } }, context),
      handler('nonsense', context),
    ]);

    expect(answers.map((one) => 'reason' in one && one.reason)).toEqual([
      expect.any(InvalidInput),
      expect.any(InvalidInput),
    ]);
    expect(answers[0]).toMatchObject({
      reason: { name: 'InvalidInput', message: expect.stringMatching(/^event: node\.name: /) },
    });
    expect(answers[1]).toMatchObject({
      reason: { message: expect.stringMatching(/^event: \(whole\): /) },
    });
  });

  it('lets errors leave under their own names, which is what a workflow catches', async () => {
    const errors = [new Conflict('LEASE changed'), awsError('ThrottlingException', 'slow down')];

    const answers = await Promise.allSettled(errors.map((error) => failing(error)({}, context)));

    expect(answers.map((one) => 'reason' in one && one.reason)).toEqual(errors);
  });

  it('logs its verdict, and never the event', async () => {
    const handler = create({ ...SILENT, POWERTOOLS_LOG_LEVEL: 'INFO' }, clients({}));

    const text = await logged(() => handler({ node: { name: 'a' }, patient: 'Doe^Jane' }, context));

    expect(text).toContain('"verdict":{"node":"a","limit":3}');
    expect(text).not.toContain('Doe');
  });

  it('logs a failure with its reason, and never the event', async () => {
    const handler = create({ ...SILENT, POWERTOOLS_LOG_LEVEL: 'INFO' }, clients({}));

    const text = await logged(() =>
      handler({ node: 'none', patient: 'Doe^Jane' }, context).catch(() => undefined),
    );

    expect(text).toContain('"error":"InvalidInput"');
    expect(text).toContain('event: node');
    expect(text).not.toContain('Doe');
  });

  it('writes nothing at all when it is told to be silent', async () => {
    const handler = create(SILENT, clients({}));

    const text = await logged(() => handler({ node: { name: 'a' } }, context));

    expect(text).toBe('');
  });
});
