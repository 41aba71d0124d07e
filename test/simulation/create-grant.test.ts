import type { DescribeInstancesCommandOutput, Instance } from '@aws-sdk/client-ec2';
import { expect, it } from 'vitest';
import { instantAt } from '../../simulator/report/local-time.ts';
import type { World } from '../../simulator/world.ts';
import { play, siteOf } from './support/play.ts';
import { grantsIn } from './support/policies.ts';

const site = siteOf();

/** What DescribeInstances says of node a at these times of the site's clock. */
async function seen(of: typeof site, times: readonly string[]) {
  const answers: (Instance | undefined)[] = [];
  const result = await play(of, {
    from: '2026-11-30T06:00',
    days: 0.15,
    prepare: (world) => {
      for (const time of times) {
        world.clock.at(instantAt(time, site.timeZone).getTime(), () => answers.push(nodeA(world)));
      }
    },
  });
  return { ...result, answers };
}

function nodeA({ ec2 }: World): Instance | undefined {
  const input = { Filters: [{ Name: 'tag:orthweb:node', Values: ['a'] }] };
  const answer = ec2.operations.DescribeInstances?.run(input as never, undefined as never);
  return (answer as DescribeInstancesCommandOutput).Reservations?.[0]?.Instances?.[0];
}

it('says why an instance is stopped, and nothing of it while it runs', async () => {
  const { answers, failure } = await seen(site, ['2026-11-30T06:30', '2026-11-30T08:00']);

  expect(failure).toBeUndefined();
  const [stopped, running] = answers;
  expect(stopped?.State?.Name).toBe('stopped');
  expect(stopped?.StateReason).toEqual({
    Code: 'Client.UserInitiatedShutdown',
    Message: 'Client.UserInitiatedShutdown: User initiated shutdown',
  });
  expect(stopped?.StateTransitionReason).toMatch(/^User initiated \(2026-11-30 11:0\d:\d\d GMT\)$/);
  expect(running?.State?.Name).toBe('running');
  expect(running?.StateReason).toBeUndefined();
});

it('lets a start without kms:CreateGrant fall back to stopped, and the operator hears of it', async () => {
  const [grant] = grantsIn(site).filter(({ name }) => /Act\/Grants .*kms:CreateGrant$/.test(name));
  const without = grant?.without() ?? site;

  const { answers, deliveries, entries, failure } = await seen(without, ['2026-11-30T07:15']);

  const called = entries.findIndex(({ text }) => text === 'ec2:StartInstances node a');
  const fell = entries.slice(called).find(({ who, kind }) => who === 'node a' && kind === 'world');
  expect(called).toBeGreaterThan(0);
  expect(fell?.text).toBe('stopped');
  expect(fell?.reason).toMatch(
    /^Client\.InternalError: OrthwebOperations\/Power\/Act\/Role .* has no statement that allows kms:CreateGrant on arn:aws:kms:/,
  );
  const seconds = (Date.parse(fell?.at ?? '') - Date.parse(entries[called]?.at ?? '')) / 1000;
  expect(seconds).toBeGreaterThan(1);
  expect(seconds).toBeLessThan(30);
  expect(answers[0]?.StateReason).toEqual({
    Code: 'Client.InternalError',
    Message: 'Client.InternalError: Client error on launch',
  });
  expect(entries.some(({ who, text }) => who === 'node a' && text === 'running')).toBe(false);
  const late = deliveries.find(({ attributes }) => attributes.kind === 'LATE');
  expect(late?.text).toContain('node a is stopped (Client.InternalError: Client error on launch)');
  const starts = entries.filter(
    ({ at, text }) => text === 'ec2:StartInstances node a' && at < '2026-11-30T13:00',
  );
  // Tried again in this run and in the next one, with pauses that grow.
  expect(starts.length).toBeGreaterThan(3);
  expect(starts.length).toBeLessThan(20);
  // A site that does not open for want of a right is a broken promise, told or not.
  expect(failure).toMatchObject({ invariant: 15 });
});
