import { Duration } from 'aws-cdk-lib';
import type * as kms from 'aws-cdk-lib/aws-kms';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { removalOf } from './removal.ts';

/** Where checks of the data bucket write: no image is there. */
export const checksPrefix = 'checks/';

export interface StorageProps {
  /** Encrypts the images. */
  readonly key: kms.IKey;
  /** Days until an access or flow log is deleted. */
  readonly logRetentionDays: number;
  /** Whether S3 moves images that nobody reads to cheaper tiers, from which they come as fast. */
  readonly intelligentTiering: boolean;
  /** Whether the buckets outlive the stack. */
  readonly keepsData: boolean;
}

/**
 * The bucket of images, and the bucket that records who touched it and what crossed the network.
 *
 * Where data is not kept, deleting the stack deletes the buckets, which S3 refuses unless they are
 * empty: the operator empties them first. The alternative is a Lambda of CDK's that may delete
 * every image of a site, and such a right should not exist, even in a test site.
 */
export class Storage extends Construct {
  /** Images, written and read by both hosts. */
  readonly data: s3.Bucket;
  /** S3 access logs and VPC flow logs. */
  readonly logs: s3.Bucket;

  constructor(scope: Construct, id: string, props: StorageProps) {
    super(scope, id);

    const common = {
      blockPublicAccess: s3.BlockPublicAccess.BLOCK_ALL,
      objectOwnership: s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
      enforceSSL: true,
      removalPolicy: removalOf(props),
    } satisfies s3.BucketProps;

    this.logs = new s3.Bucket(this, 'Logs', {
      ...common,
      // AWS documents only SSE-S3 for a bucket that receives access logs. They hold no images.
      encryption: s3.BucketEncryption.S3_MANAGED,
      lifecycleRules: [
        {
          expiration: Duration.days(props.logRetentionDays),
          abortIncompleteMultipartUploadAfter: Duration.days(7),
        },
      ],
    });

    this.data = new s3.Bucket(this, 'Data', {
      ...common,
      encryption: s3.BucketEncryption.KMS,
      encryptionKey: props.key,
      // One KMS call for many objects: a CT study is a thousand of them.
      bucketKeyEnabled: true,
      versioned: true,
      minimumTLSVersion: 1.2,
      serverAccessLogsBucket: this.logs,
      serverAccessLogsPrefix: 'access/data/',
      lifecycleRules: [
        {
          // One day longer than RDS can keep a backup: an index restored to any moment
          // still finds the images it lists.
          noncurrentVersionExpiration: Duration.days(36),
          expiredObjectDeleteMarker: true,
          // Parts of a broken upload are billed and seen by nobody.
          abortIncompleteMultipartUploadAfter: Duration.days(7),
          // Its archive tiers stay off, as they are unless a bucket asks for them: Orthanc could not
          // read an image from there.
          transitions: props.intelligentTiering
            ? [
                {
                  storageClass: s3.StorageClass.INTELLIGENT_TIERING,
                  transitionAfter: Duration.days(0),
                },
              ]
            : [],
        },
        // Written each minute, to see whether the bucket takes anything: one version is enough.
        { prefix: checksPrefix, noncurrentVersionExpiration: Duration.days(1) },
      ],
    });
  }
}
