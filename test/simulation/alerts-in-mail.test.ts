import type { PublishCommandInput } from '@aws-sdk/client-sns';
import { expect, it } from 'vitest';
import { stillWorld } from './support/still-world.ts';

/** What the operators read of what was published, or the error that SNS answers with. */
async function mailed(input: Omit<PublishCommandInput, 'TopicArn'>) {
  const { world } = await stillWorld();
  const { clock, site, sns, trace } = world;
  const [topic] = site.assembly.resources('AWS::SNS::Topic');
  const TopicArn = topic && site.assembly.names(topic).ref;
  sns.operations.Publish?.run({ TopicArn, Subject: 'S', ...input } as never, {} as never);
  await clock.runUntil(new Date(clock.now + 10_000), () => {});
  return trace.deliveries.map(({ text }) => text);
}

const json = (message: unknown) => ({
  MessageStructure: 'json',
  Message: typeof message === 'string' ? message : JSON.stringify(message),
});

it.each<[string, Omit<PublishCommandInput, 'TopicArn'>, string]>([
  ['its own text', json({ default: '{}', email: 'for people', https: '{}' }), 'for people'],
  ['the default, where it has none of its own', json({ default: 'for all' }), 'for all'],
  ['the default, where its own is no text', json({ default: 'for all', email: {} }), 'for all'],
  ['what was published, where that says the same to all', { Message: '{"a":1}' }, '{"a":1}'],
])('a mail has %s', async (_what, input, expected) => {
  expect(await mailed(input)).toEqual([expected]);
});

it.each<[string, object, RegExp]>([
  ['a default', json({ email: 'x' }), /No default entry in JSON message body/],
  ['a default that is text', json({ default: {} }), /No default entry in JSON message body/],
  ['JSON', json('{'), /JSON message body failed to parse/],
  ['JSON that is an object', json('null'), /No default entry/],
  ['a structure that SNS knows', { ...json('{}'), MessageStructure: 'xml' }, /Must be json/],
  ['256 KB at most', { Message: 'é'.repeat(131_073) }, /Message too long/],
])('SNS takes no message without %s', async (_what, input, says) => {
  const error = await mailed(input as PublishCommandInput).catch((refusal) => refusal);

  expect(error).toMatchObject({ name: 'InvalidParameterException' });
  expect(error.message).toMatch(says);
});
