import { NotModelled } from '../aws-error.ts';
import type { Caller } from '../iam/evaluation.ts';
import type { Site } from '../site.ts';
import { ACCOUNT, type ResourceType } from '../template.ts';
import type { World } from '../world.ts';

export const sqsTypes: Readonly<Record<string, ResourceType>> = {
  'AWS::SQS::Queue': {
    reads: ['KmsMasterKeyId', 'MessageRetentionPeriod', 'QueueName'],
    // Nobody here takes a message out, and its own encryption asks nobody for a right.
    ignores: ['KmsDataKeyReusePeriodSeconds', 'SqsManagedSseEnabled', 'VisibilityTimeout'],
    names: (resource) => {
      const name = String(resource.optional('QueueName') ?? resource.generatedName().slice(0, 80));
      const url = `https://sqs.${resource.stack.region}.amazonaws.com/${ACCOUNT}/${name}`;
      return {
        ref: url,
        attributes: { Arn: resource.arn('sqs', name), QueueName: name, QueueUrl: url },
      };
    },
  },
  'AWS::SQS::QueuePolicy': {
    reads: ['PolicyDocument', 'Queues'],
    names: (resource) => ({ ref: resource.generatedName() }),
  },
};

/** SQS encrypts with the queue's key on behalf of the sender. */
const KEY_ACTIONS = ['kms:GenerateDataKey', 'kms:Decrypt'];
/** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html */
const USUAL_RETENTION_S = 345_600;
const MINUTE_MS = 60_000;

/** A message that waits for somebody to take it. */
export interface Message {
  readonly at: number;
  readonly body: string;
  readonly attributes: Readonly<Record<string, string>>;
}

interface Queue {
  readonly site: Site;
  readonly name: string;
  readonly key: string | undefined;
  readonly retentionMs: number;
  messages: readonly Message[];
  counting: boolean;
}

/** SQS: queues in which messages wait until their time is over, and how many there are. */
export class Sqs {
  private readonly world: World;
  private readonly queues = new Map<string, Queue>();

  constructor(world: World) {
    this.world = world;
  }

  /** The queues of a site, from now on; one that was there keeps its messages. */
  deploy(site: Site): void {
    const { assembly } = site;
    const before = new Map(this.queues);
    for (const [arn, queue] of before) if (queue.site === site) this.queues.delete(arn);
    for (const resource of assembly.resources('AWS::SQS::Queue')) {
      const { Arn = '', QueueName = '' } = assembly.names(resource).attributes ?? {};
      const key = resource.optional('KmsMasterKeyId');
      const retention = Number(resource.optional('MessageRetentionPeriod') ?? USUAL_RETENTION_S);
      this.queues.set(Arn, {
        site,
        name: QueueName,
        key: key === undefined ? undefined : String(key),
        retentionMs: retention * 1000,
        messages: before.get(Arn)?.messages ?? [],
        counting: false,
      });
      this.count(Arn);
    }
  }

  /**
   * Why a caller may not put anything into the queue, by each right that this takes: none of them
   * is there when it may. With a key of ours it is the sender who must be let use it.
   * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-key-management.html
   */
  refusals(arn: string, caller: Caller): string[] {
    const { key } = this.queue(arn);
    const { iam } = this.world;
    return [
      iam.judge(caller, 'sqs:SendMessage', arn),
      ...(key ? KEY_ACTIONS.map((action) => iam.judge(caller, action, key)) : []),
    ].filter((refusal) => refusal !== undefined);
  }

  send(arn: string, body: string, attributes: Readonly<Record<string, string>> = {}): void {
    const queue = this.queue(arn);
    const at = this.world.clock.now;
    queue.messages = [...queue.messages, { at, body, attributes }];
    const why = attributes.ERROR_MESSAGE ?? '';
    queue.site.say('trigger', 'SQS', `${queue.name} takes what nobody could handle`, why);
    this.count(arn);
  }

  /** What waits in a queue, the oldest first. */
  messages(arn: string): readonly Message[] {
    const { messages, retentionMs } = this.queue(arn);
    return messages.filter(({ at }) => this.world.clock.now < at + retentionMs);
  }

  /**
   * The number is told each minute while there is anything to count.
   * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html
   */
  private count(arn: string): void {
    const queue = this.queue(arn);
    if (queue.counting || queue.messages.length === 0) return;
    queue.counting = true;
    const look = () => {
      if (this.queues.get(arn) !== queue) return;
      queue.messages = this.messages(arn);
      queue.counting = queue.messages.length > 0;
      if (!queue.counting) return;
      const dimensions = { QueueName: queue.name };
      const { length } = queue.messages;
      this.world.cloudwatch.record(
        'AWS/SQS',
        'ApproximateNumberOfMessagesVisible',
        dimensions,
        length,
      );
      this.world.clock.after(MINUTE_MS, look, { housekeeping: true });
    };
    this.world.clock.after(0, look, { housekeeping: true });
  }

  private queue(arn: string): Queue {
    const queue = this.queues.get(arn);
    if (!queue) throw new NotModelled(`no template has the queue ${arn}`);
    return queue;
  }
}
