import { demand } from '../iam/demand.ts';
import type { Site } from '../site.ts';
import type { Assembly, Resource, ResourceType } from '../template.ts';

export const s3Types: Readonly<Record<string, ResourceType>> = {
  'AWS::S3::Bucket': {
    reads: ['BucketEncryption', 'BucketName', 'LoggingConfiguration', 'VersioningConfiguration'],
    ignores: ['LifecycleConfiguration', 'OwnershipControls', 'PublicAccessBlockConfiguration'],
    names: (resource) => {
      const name = String(resource.optional('BucketName') ?? resource.generatedName());
      return { ref: name.toLowerCase(), attributes: { Arn: `arn:aws:s3:::${name.toLowerCase()}` } };
    },
  },
  'AWS::S3::BucketPolicy': {
    reads: ['Bucket', 'PolicyDocument'],
    names: (resource) => ({ ref: resource.generatedName() }),
  },
};

interface GivenEncryption {
  readonly ServerSideEncryptionConfiguration: readonly {
    readonly BucketKeyEnabled?: boolean;
    readonly ServerSideEncryptionByDefault: { readonly KMSMasterKeyID?: string };
  }[];
}

/** What a bucket does to objects that come without a word about it. */
export interface Encryption {
  /** The key of KMS, by ARN; undefined if it is S3's own. */
  readonly key: string | undefined;
  /** KMS makes one key for many objects. */
  readonly isOfBucket: boolean;
}

export function encryptionOf(bucket: Resource): Encryption {
  const given = bucket.optional('BucketEncryption') as GivenEncryption | undefined;
  const [rule] = given?.ServerSideEncryptionConfiguration ?? [];
  return {
    key: rule?.ServerSideEncryptionByDefault.KMSMasterKeyID,
    isOfBucket: rule?.BucketKeyEnabled === true,
  };
}

/** The key that a bucket of the templates is encrypted with, by ARN; undefined if it is S3's own. */
export function keyOfBucket(assembly: Assembly, arn: string): string | undefined {
  const bucket = assembly
    .resources('AWS::S3::Bucket')
    .find((resource) => assembly.names(resource).attributes?.Arn === arn);
  return bucket && encryptionOf(bucket).key;
}

/**
 * S3 writes a bucket's access log into another bucket, which must let it, for that source.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/enable-server-access-logging.html
 */
export function demandAccessLogs({ assembly, world }: Site): void {
  for (const bucket of assembly.resources('AWS::S3::Bucket')) {
    const logging = bucket.optional('LoggingConfiguration') as
      | { readonly DestinationBucketName: string; readonly LogFilePrefix?: string }
      | undefined;
    if (!logging) continue;
    const { DestinationBucketName, LogFilePrefix = '' } = logging;
    const source = String(assembly.names(bucket).attributes?.Arn);
    const object = `arn:aws:s3:::${DestinationBucketName}/${LogFilePrefix}log`;
    const service = world.iam.service('logging.s3.amazonaws.com', source);
    demand(world, bucket.where, world.iam.judge(service, 's3:PutObject', object));
  }
}
