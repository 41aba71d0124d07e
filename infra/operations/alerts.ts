import { Stack } from 'aws-cdk-lib';
import { SlackChannelConfiguration } from 'aws-cdk-lib/aws-chatbot';
import { ManagedPolicy, PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import { Construct } from 'constructs';
import type { Config } from '../config.ts';
import type { OperatorFunction } from '../operator-function.ts';

/** The topic through which every message reaches the operator. */
export class Alerts extends Construct {
  readonly topic: Topic;
  private readonly key: IKey;

  constructor(
    scope: Construct,
    id: string,
    props: { readonly config: Config; readonly key: IKey },
  ) {
    super(scope, id);
    this.key = props.key;
    this.topic = new Topic(this, 'Topic', {
      displayName: `Orthweb ${props.config.site}`,
      masterKey: props.key,
      enforceSSL: true,
    });
    this.topic.addToResourcePolicy(
      new PolicyStatement({
        sid: 'AlarmsOfThisAccount',
        principals: [new ServicePrincipal('cloudwatch.amazonaws.com')],
        actions: ['sns:Publish'],
        resources: [this.topic.topicArn],
        conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(this).account } },
      }),
    );
    for (const email of props.config.alerts.emails) {
      this.topic.addSubscription(new EmailSubscription(email));
    }
    const { alerts, region, site } = props.config;
    if (alerts.slack) this.showIn(alerts.slack, `${site}-${region}`);
  }

  /**
   * A channel that is told, and where nobody can tell AWS anything: who writes there may do nothing in
   * this account, whatever their own role allows. Its name is one for all regions.
   * https://docs.aws.amazon.com/chatbot/latest/APIReference/API_SlackChannelConfiguration.html
   */
  private showIn(
    { workspaceId, channelId }: NonNullable<Config['alerts']['slack']>,
    name: string,
  ): void {
    new SlackChannelConfiguration(this, 'Slack', {
      slackChannelConfigurationName: name,
      slackWorkspaceId: workspaceId,
      slackChannelId: channelId,
      notificationTopics: [this.topic],
      guardrailPolicies: [ManagedPolicy.fromAwsManagedPolicyName('AWSDenyAll')],
    });
  }

  /** Lets a function publish; the topic is encrypted, so that takes its key as well. */
  allowPublish(fn: Pick<OperatorFunction<never>, 'allow'>): void {
    fn.allow('tell the operator', ['sns:Publish'], [this.topic.topicArn]);
    fn.allow(
      'SNS encrypts what it stores with the site key on the publisher’s behalf',
      ['kms:Decrypt', 'kms:GenerateDataKey'],
      [this.key.keyArn],
    );
  }
}
