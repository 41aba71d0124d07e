import type { PutEventsCommandInput } from '@aws-sdk/client-eventbridge';
import { describe, expect, it } from 'vitest';
import { emit } from '../../../functions/health/telling.ts';
import { service } from '../support/clients.ts';
import { FLAW, judgement, trouble, Watched } from '../support/course.ts';
import { at } from '../support/time.ts';

const DOWN = judgement({ a: trouble('a') });
const WELL = judgement();
const PLANNED = judgement({}, { a: 'planned' });

/** The events of all that a series of looks changes, one look for each time: `a Node Unhealthy`. */
async function events(looks: Readonly<Record<string, Parameters<Watched['look']>[0]>>) {
  const watched = new Watched();
  const eventbridge = service({
    PutEvents: () => ({ FailedEntryCount: 0, Entries: [{ EventId: '1' }] }),
  });
  for (const [time, seen] of Object.entries(looks)) {
    await emit({ eventbridge }, 'clinic', watched.look(seen, at(time)));
  }
  return eventbridge.calls.flatMap(({ input }) =>
    ((input as PutEventsCommandInput).Entries ?? []).map(({ Source, DetailType, Detail = '' }) => {
      const { site, incident } = JSON.parse(Detail);
      return `${Source} ${site}: ${incident.subject} ${DetailType}, ${incident.cause}`;
    }),
  );
}

describe('programs get an event', () => {
  it('when a node fails, and when it has recovered', async () => {
    const said = await events({ '12:00': DOWN, '12:01': DOWN, '12:02': WELL, '12:05': WELL });

    expect(said).toEqual([
      'orthweb clinic: a Node Unhealthy, orthanc-hung',
      'orthweb clinic: a Node Recovered, orthanc-hung',
    ]);
  });

  it('one for each node that fails in the same look', async () => {
    const said = await events({ '12:00': judgement({ a: trouble('a'), b: trouble('b') }) });

    expect(said).toEqual([
      'orthweb clinic: a Node Unhealthy, orthanc-hung',
      'orthweb clinic: b Node Unhealthy, orthanc-hung',
    ]);
  });

  it('when the database fails, as of the site', async () => {
    const said = await events({ '12:00': judgement({ database: trouble('database') }) });

    expect(said).toEqual(['orthweb clinic: database Site Unhealthy, database']);
  });

  it.each([
    ['only filled its disk', FLAW, '12:10', 'disk-filling'],
    ['fitted nothing', { class: 'unknown', cause: 'unclear' }, '12:05', 'unclear'],
  ] as const)('once more when what %s brings the node down', async (_, first, told, cause) => {
    const suspected = judgement({ a: trouble('a', first as object) });

    const said = await events({ '12:00': suspected, [told]: suspected, '12:11': DOWN });

    expect(said).toEqual([
      `orthweb clinic: a Site Unhealthy, ${cause}`,
      'orthweb clinic: a Node Unhealthy, orthanc-hung',
    ]);
  });

  it('none for a suspicion that nobody is told of', async () => {
    const suspected = judgement({ a: trouble('a', FLAW) });

    await expect(events({ '12:00': suspected, '12:01': WELL })).resolves.toEqual([]);
  });

  it('none that a node has recovered which is to be stopped', async () => {
    const said = await events({ '12:00': DOWN, '12:01': PLANNED });

    expect(said).toEqual(['orthweb clinic: a Node Unhealthy, orthanc-hung']);
  });
});

it('an event that EventBridge has not taken is no event', async () => {
  const eventbridge = service({
    PutEvents: () => ({
      FailedEntryCount: 1,
      Entries: [{ ErrorCode: 'InternalFailure', ErrorMessage: 'later' }],
    }),
  });
  const changes = new Watched().look(DOWN, at('12:00'));

  await expect(emit({ eventbridge }, 'clinic', changes)).rejects.toThrow(
    'EventBridge has not taken 1 of 1 events: InternalFailure',
  );
});
