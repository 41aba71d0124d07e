import type { PublishCommandInput, PublishCommandOutput } from '@aws-sdk/client-sns';
import { type Operations, operation } from '../api.ts';
import { AwsError, NotModelled } from '../aws-error.ts';
import { demand } from '../iam/demand.ts';
import { type Site, withdraw } from '../site.ts';
import type { Resource, ResourceType } from '../template.ts';
import type { World } from '../world.ts';

type Output<T> = Omit<T, '$metadata'>;

export const snsTypes: Readonly<Record<string, ResourceType>> = {
  'AWS::SNS::Topic': {
    reads: ['KmsMasterKeyId', 'TopicName'],
    ignores: ['DisplayName'],
    names: (resource) => {
      const name = String(resource.optional('TopicName') ?? resource.generatedName());
      const arn = resource.arn('sns', name);
      return { ref: arn, attributes: { TopicArn: arn, TopicName: name } };
    },
  },
  'AWS::SNS::Subscription': {
    reads: ['TopicArn', 'Endpoint'],
    only: { Protocol: ['"email"'] },
    names: (resource) => ({ ref: resource.arn('sns', resource.fingerprint(12)) }),
  },
};

/** SNS encrypts with the topic's key on behalf of the publisher. */
const KEY_ACTIONS = ['kms:GenerateDataKey', 'kms:Decrypt'];

const MESSAGE_LIMIT = 256 * 1024;

interface Topic {
  readonly site: Site;
  readonly key: string | undefined;
  readonly to: string[];
}

/** SNS: what is published reaches each subscriber of the topic some seconds later. */
export class Sns {
  private readonly world: World;
  private readonly topics = new Map<string, Topic>();

  constructor(world: World) {
    this.world = world;
  }

  /** The topics of a site and who reads them, from now on. */
  deploy(site: Site): void {
    const { assembly } = site;
    withdraw(this.topics, site);
    for (const topic of assembly.resources('AWS::SNS::Topic')) {
      const key = topic.optional('KmsMasterKeyId');
      this.topics.set(assembly.names(topic).ref, {
        site,
        key: key === undefined ? undefined : String(key),
        to: [],
      });
    }
    for (const subscription of assembly.resources('AWS::SNS::Subscription')) {
      this.topic(subscription.text('TopicArn'), subscription).to.push(
        subscription.text('Endpoint'),
      );
    }
  }

  readonly operations: Operations = {
    Publish: operation(
      ({ TopicArn = '' }: PublishCommandInput) => {
        const key = this.topics.get(TopicArn)?.key;
        return [
          { action: 'sns:Publish', resources: [TopicArn] },
          ...(key ? KEY_ACTIONS.map((action) => ({ action, resources: [key] })) : []),
        ];
      },
      (input) => this.publish(input),
    ),
  };

  /**
   * What CloudWatch publishes in its own name when an alarm sounds: the topic must let it, and the
   * topic's key as well.
   * https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html
   */
  notify(alarmArn: string, topicArn: string, subject: string, text: string): void {
    const { iam } = this.world;
    const service = iam.service('cloudwatch.amazonaws.com', alarmArn);
    const key = this.topics.get(topicArn)?.key;
    const refusals = [
      iam.judge(service, 'sns:Publish', topicArn),
      ...(key ? KEY_ACTIONS.map((action) => iam.judge(service, action, key)) : []),
    ];
    for (const refusal of refusals) demand(this.world, alarmArn, refusal);
    if (refusals.every((refusal) => refusal === undefined)) {
      this.deliver(topicArn, subject, text, { kind: 'ALARM' });
    }
  }

  private publish({
    TopicArn = '',
    Subject,
    Message = '',
    MessageAttributes,
    MessageStructure,
  }: PublishCommandInput): Output<PublishCommandOutput> {
    if (!this.topics.has(TopicArn)) {
      throw new AwsError('NotFoundException', `Topic does not exist: ${TopicArn}`);
    }
    if (Subject !== undefined && !/^[\x21-\x7e][\x20-\x7e]{0,98}$/.test(Subject)) {
      throw new AwsError('InvalidParameterException', 'Invalid parameter: Subject');
    }
    const attributes = Object.fromEntries(
      Object.entries(MessageAttributes ?? {}).map(([name, value]) => [
        name,
        value.StringValue ?? '',
      ]),
    );
    if (Buffer.byteLength(Message) > MESSAGE_LIMIT) {
      throw new AwsError('InvalidParameterException', 'Invalid parameter: Message too long');
    }
    const text = MessageStructure === undefined ? Message : forMail(Message, MessageStructure);
    this.deliver(TopicArn, Subject ?? '', text, attributes);
    return { MessageId: this.world.chance('message').uuid() };
  }

  private deliver(
    topicArn: string,
    subject: string,
    text: string,
    attributes: Readonly<Record<string, string>>,
  ): void {
    const { clock, trace } = this.world;
    const { site = this.world.site, to: readers = [] } = this.topics.get(topicArn) ?? {};
    if (readers.length === 0) {
      this.world.broken(
        new NotModelled(`${topicArn} has no subscriber: "${subject}" reaches nobody`),
      );
    }
    for (const to of readers) {
      clock.after(site.chance(`mail to ${to}`).between(500, 4000), () => {
        trace.deliver({ to, subject, text, attributes, ...(site.mark && { site: site.mark }) });
      });
    }
    site.say('alert', attributes.kind ?? 'SNS', subject, text.split('\n').slice(2).join('\n'));
  }

  private topic(arn: string, from: Resource) {
    const topic = this.topics.get(arn);
    if (!topic) throw new AwsError('NotFoundException', `${from.where}: no topic ${arn}`);
    return topic;
  }
}

/**
 * What subscribers by e-mail get of a message that says something else for each protocol: their
 * own, or the default, which must be there. Values that are no texts count as absent.
 * https://docs.aws.amazon.com/sns/latest/api/API_Publish.html
 */
function forMail(message: string, structure: string): string {
  const invalid = (why: string) =>
    new AwsError('InvalidParameterException', `Invalid parameter: ${why}`);
  if (structure !== 'json') throw invalid('Invalid message structure. Must be json');
  let parsed: unknown;
  try {
    parsed = JSON.parse(message);
  } catch {
    throw invalid('Message Structure - JSON message body failed to parse');
  }
  const { default: fallback, email } = (parsed ?? {}) as Record<string, unknown>;
  if (typeof fallback !== 'string') {
    throw invalid('Message Structure - No default entry in JSON message body');
  }
  return typeof email === 'string' ? email : fallback;
}
