import type {
  PutEventsCommandInput,
  PutEventsCommandOutput,
  PutEventsRequestEntry,
  PutEventsResultEntry,
} from '@aws-sdk/client-eventbridge';
import { type Invocation, type Operations, operation } from '../api.ts';
import { AwsError, NotModelled } from '../aws-error.ts';
import { ACCOUNT } from '../template.ts';
import type { World } from '../world.ts';

type Output<T> = Omit<T, '$metadata'>;

/** https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html */
const MOST_ENTRIES = 10;

/** Only AWS itself speaks under such names. */
const OF_AWS = /^aws\./;

/**
 * EventBridge's API, as far as functions put events of their own onto the default bus.
 * https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-putevents.html
 */
export const eventOperations = (world: World): Operations => ({
  PutEvents: operation(
    ({ Entries = [] }: PutEventsCommandInput) =>
      Entries.map(({ Source = '', DetailType = '' }) => ({
        action: 'events:PutEvents',
        resources: [`arn:aws:events:${world.site.assembly.region}:${ACCOUNT}:event-bus/default`],
        context: { 'events:source': Source, 'events:detail-type': DetailType },
      })),
    ({ Entries = [], EndpointId }, by): Output<PutEventsCommandOutput> => {
      if (EndpointId !== undefined) {
        throw new NotModelled('eventbridge:PutEvents to a global endpoint is not modelled');
      }
      if (Entries.length === 0 || Entries.length > MOST_ENTRIES) {
        throw new AwsError(
          'ValidationException',
          `Value at 'entries' has ${Entries.length} members: it takes 1 to ${MOST_ENTRIES}`,
        );
      }
      const results = Entries.map((entry) => put(world, entry, by));
      const FailedEntryCount = results.filter(({ ErrorCode }) => ErrorCode !== undefined).length;
      return { FailedEntryCount, Entries: results };
    },
  ),
});

/**
 * One that cannot be is refused for itself; the others go their way.
 * https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEventsResultEntry.html
 */
function put(world: World, entry: PutEventsRequestEntry, by: Invocation): PutEventsResultEntry {
  const { Source, DetailType, Detail, EventBusName, Resources = [], Time, TraceHeader } = entry;
  if ((EventBusName ?? 'default') !== 'default' || Time || TraceHeader) {
    throw new NotModelled(
      'eventbridge:PutEvents: EventBusName, Time and TraceHeader are not modelled',
    );
  }
  const refused = (ErrorCode: string, ErrorMessage: string) => ({ ErrorCode, ErrorMessage });
  if (!Source || !DetailType || !Detail) {
    return refused('InvalidArgument', 'Parameter Source, DetailType or Detail is not valid.');
  }
  if (OF_AWS.test(Source)) {
    return refused('NotAuthorizedForSourceException', 'Not authorized for the source.');
  }
  const detail = detailIn(Detail);
  if (!detail) return refused('MalformedDetail', 'Detail is malformed.');
  const event = { source: Source, 'detail-type': DetailType, resources: Resources, detail };
  return { EventId: world.bus.emit({ ...event, from: by.functionArn }) };
}

function detailIn(text: string): object | undefined {
  try {
    const detail: unknown = JSON.parse(text);
    return typeof detail === 'object' && detail !== null && !Array.isArray(detail)
      ? detail
      : undefined;
  } catch {
    return undefined;
  }
}
