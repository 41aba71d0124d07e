import { Duration, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import type { Construct } from 'constructs';
import { removalOf } from './removal.ts';

export interface SiteKeyProps {
  /** Name of the site; the key is found under `alias/<site>`. */
  readonly site: string;
  /** Whether the key outlives the stack. Without the key, everything it encrypted is lost. */
  readonly keepsData: boolean;
}

/**
 * The one key of a site: images, index, secrets, disks and the logs of
 * database and containers are readable with it only.
 *
 * Its policy hands the decision to IAM and names two services, because only CloudWatch and its Logs
 * use the key in their own name. RDS, EBS, S3 and Secrets Manager use it on behalf of a caller
 * who must have the right; log delivery writes to a bucket that does not use the key.
 */
export class SiteKey extends kms.Key {
  constructor(scope: Construct, id: string, props: SiteKeyProps) {
    super(scope, id, {
      alias: props.site,
      description: `Encrypts the data of the Orthweb site ${props.site}`,
      enableKeyRotation: true,
      // The longest wait AWS offers: a deleted key is the one loss that no backup mends.
      pendingWindow: Duration.days(30),
      removalPolicy: removalOf(props),
    });

    const { partition, region, account } = Stack.of(this);
    this.addToResourcePolicy(
      new iam.PolicyStatement({
        sid: 'LogsOfThisSite',
        principals: [new iam.ServicePrincipal(`logs.${region}.amazonaws.com`)],
        // AWS's example also has DescribeKey, which never comes with an encryption context.
        actions: ['kms:Encrypt', 'kms:Decrypt', 'kms:ReEncrypt*', 'kms:GenerateDataKey*'],
        resources: ['*'],
        conditions: {
          ArnLike: {
            'kms:EncryptionContext:aws:logs:arn': ['aws/rds/instance', 'orthweb'].map(
              (whose) =>
                `arn:${partition}:logs:${region}:${account}:log-group:/${whose}/${props.site}/*`,
            ),
          },
        },
      }),
    );
    // The alert topic is encrypted, and CloudWatch publishes alarms to it in its own name.
    this.addToResourcePolicy(
      new iam.PolicyStatement({
        sid: 'AlarmsOfThisAccount',
        principals: [new iam.ServicePrincipal('cloudwatch.amazonaws.com')],
        actions: ['kms:Decrypt', 'kms:GenerateDataKey'],
        resources: ['*'],
        conditions: { StringEquals: { 'aws:SourceAccount': account } },
      }),
    );
  }
}
