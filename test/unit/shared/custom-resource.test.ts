import { expect, it } from 'vitest';
import * as z from 'zod/mini';
import type { Answer } from '../../../functions/shared/answer.ts';
import { customResource } from '../../../functions/shared/custom-resource.ts';
import { clients, context } from '../support/clients.ts';

const Properties = z.object({ Word: z.string() });
const URL = 'https://answers.example/put?signed';

const request = (more: object = {}) => ({
  RequestType: 'Create',
  ResponseURL: URL,
  StackId: 'arn:aws:cloudformation:ca-central-1:111122223333:stack/clinic/0000-1111',
  RequestId: 'r-1',
  LogicalResourceId: 'Authority1',
  ResourceProperties: { ServiceToken: 'arn', Word: 'one' },
  ...more,
});

/** Calls a resource that echoes its word, and collects what CloudFormation is answered. */
async function call(
  event: object,
  make: (given: { readonly Word: string }) => Promise<Record<string, string>> = async ({
    Word,
  }) => ({
    Word,
  }),
) {
  const sent: { readonly url: string; readonly answer: Answer }[] = [];
  const answers = {
    put: async (url: string, answer: Answer) => {
      sent.push({ url, answer });
    },
  };
  const create = customResource(Properties, make);
  await create({ POWERTOOLS_LOG_LEVEL: 'SILENT' }, clients({ answers }))(event, context);
  return sent;
}

it('answers CloudFormation with the attributes of what it has made, to the address it gave', async () => {
  expect(await call(request())).toEqual([
    {
      url: URL,
      answer: {
        Status: 'SUCCESS',
        PhysicalResourceId: 'clinic/Authority1',
        StackId: request().StackId,
        RequestId: 'r-1',
        LogicalResourceId: 'Authority1',
        Data: { Word: 'one' },
      },
    },
  ]);
});

it('keeps the id that the resource has, whatever changes', async () => {
  const event = request({ RequestType: 'Update', PhysicalResourceId: 'mine' });

  const [done] = await call(event);
  const [failed] = await call({ ...event, ResourceProperties: {} });

  expect(done?.answer).toMatchObject({ Status: 'SUCCESS', PhysicalResourceId: 'mine' });
  expect(failed?.answer).toMatchObject({ Status: 'FAILED', PhysicalResourceId: 'mine' });
});

it('has nothing to remove: a Delete succeeds, whatever its properties are', async () => {
  const event = request({
    RequestType: 'Delete',
    PhysicalResourceId: 'clinic/Authority1',
    ResourceProperties: {},
  });

  const [sent] = await call(event, () => Promise.reject(new Error('was not to be called')));

  expect(sent?.answer).toMatchObject({
    Status: 'SUCCESS',
    PhysicalResourceId: 'clinic/Authority1',
  });
});

it('answers with the reason when it fails, cut to what an answer may hold', async () => {
  const [sent] = await call(request(), () => Promise.reject(new TypeError('x'.repeat(9000))));

  expect(sent?.answer).toMatchObject({ Status: 'FAILED', PhysicalResourceId: 'clinic/Authority1' });
  expect(sent?.answer.Reason).toMatch(/^TypeError: x{900,}$/);
  expect(JSON.stringify(sent?.answer).length).toBeLessThan(4096);
});

it('answers with the property that is wrong', async () => {
  const [sent] = await call(request({ ResourceProperties: { Word: 7 } }));

  expect(sent?.answer).toMatchObject({ Status: 'FAILED', Reason: expect.stringMatching(/Word/) });
});

it('fails when its answer is not taken, so that Lambda tries again', async () => {
  const answers = { put: () => Promise.reject(new Error('not taken')) };
  const create = customResource(Properties, async () => ({}));

  await expect(
    create({ POWERTOOLS_LOG_LEVEL: 'SILENT' }, clients({ answers }))(request(), context),
  ).rejects.toThrow('not taken');
});

it('refuses an event that CloudFormation did not send', async () => {
  await expect(call({ foreign: true })).rejects.toMatchObject({ name: 'InvalidInput' });
});
