import { createHash } from 'node:crypto';
import type { PutObjectCommandInput, PutObjectCommandOutput } from '@aws-sdk/client-s3';
import { type Operations, operation, type Permission } from '../api.ts';
import { AwsError, NotModelled } from '../aws-error.ts';
import type { World } from '../world.ts';
import { type Encryption, encryptionOf } from './s3.ts';

type Output<T> = Omit<T, '$metadata'>;

/** What a call may say; what else there is would make another object of it, or another call. */
const MODELLED = new Set(['Body', 'Bucket', 'ContentType', 'Key', 'ServerSideEncryption']);

/** A bucket of the templates. */
interface Bucket {
  readonly arn: string;
  readonly region: string;
  readonly encryption: Encryption;
  readonly isVersioned: boolean;
}

/** An object as it was put last. */
interface StoredObject {
  readonly body: string;
  readonly contentType: string | undefined;
  /** Epoch milliseconds. */
  readonly putAt: number;
}

/** S3, as far as functions put objects into it; what containers store there is told of hosts alone. */
export class S3 {
  /** By bucket and key: `clinic-data/checks/observer`. */
  readonly objects = new Map<string, StoredObject>();
  private readonly world: World;
  private readonly buckets = new Map<string, Bucket>();
  /** Why a bucket takes and gives nothing, counted; by its ARN. */
  private readonly closed = new Map<string, number>();

  constructor(world: World) {
    this.world = world;
    for (const site of world.sites) {
      for (const resource of site.assembly.resources('AWS::S3::Bucket')) {
        const { ref, attributes } = site.assembly.names(resource);
        const versioning = resource.optional('VersioningConfiguration');
        this.buckets.set(ref, {
          arn: String(attributes?.Arn),
          region: resource.stack.region,
          encryption: encryptionOf(resource),
          isVersioned: (versioning as { Status?: string } | undefined)?.Status === 'Enabled',
        });
      }
    }
  }

  /** A bucket, by its ARN, refuses everybody from now on (1), or no longer for one of the reasons (-1). */
  close(arn: string, more: 1 | -1): void {
    this.world.noteServing();
    this.closed.set(arn, (this.closed.get(arn) ?? 0) + more);
  }

  isOpen(arn: string): boolean {
    return (this.closed.get(arn) ?? 0) === 0;
  }

  readonly operations: Operations = {
    PutObject: operation(
      (input: PutObjectCommandInput) => this.permissions(input),
      (input) => this.put(input),
    ),
  };

  /**
   * S3 has KMS make a key of the object in the name of who puts it; only an upload in parts would
   * have to read what it has written as well.
   * https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingKMSEncryption.html
   */
  private permissions({ Bucket = '', Key = '' }: PutObjectCommandInput): Permission[] {
    const object = `arn:aws:s3:::${Bucket}/${Key}`;
    const bucket = this.buckets.get(Bucket);
    const { key, isOfBucket } = bucket?.encryption ?? {};
    const putting = { action: 's3:PutObject', resources: [object] };
    if (!bucket || key === undefined) return [putting];
    const context = {
      'kms:ViaService': `s3.${bucket.region}.amazonaws.com`,
      // With a bucket key S3 names the bucket, not the object.
      'kms:EncryptionContext:aws:s3:arn': isOfBucket ? bucket.arn : object,
    };
    return [putting, { action: 'kms:GenerateDataKey', resources: [key], context }];
  }

  private put(input: PutObjectCommandInput): Output<PutObjectCommandOutput> {
    const { Bucket: name = '', Key = '', ServerSideEncryption, ContentType } = input;
    const bucket = this.buckets.get(name);
    if (!bucket) throw new AwsError('NoSuchBucket', 'The specified bucket does not exist');
    if (!this.isOpen(bucket.arn)) throw new AwsError('AccessDenied', 'Access Denied');
    if (Key === '' || Buffer.byteLength(Key) > LONGEST_KEY) {
      throw new AwsError('KeyTooLongError', 'Your key is too long');
    }
    const { key, isOfBucket } = bucket.encryption;
    const encryption = key === undefined ? 'AES256' : 'aws:kms';
    assertModelled(input, encryption);
    const bytes = Buffer.from((input.Body ?? '') as string | Uint8Array);
    const putAt = this.world.clock.now;
    this.objects.set(`${name}/${Key}`, {
      body: bytes.toString(),
      contentType: ContentType,
      putAt,
    });
    return {
      // Whatever a key of KMS has encrypted has an ETag that is no MD5 of it.
      ETag: `"${createHash('md5').update(`${key} `).update(bytes).digest('hex')}"`,
      ServerSideEncryption: ServerSideEncryption ?? encryption,
      ...(key !== undefined && { SSEKMSKeyId: key, BucketKeyEnabled: isOfBucket }),
      ...(bucket.isVersioned && { VersionId: this.world.chance(`${name}/${Key}`).identifier(32) }),
    };
  }
}

/** In bytes: https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html */
const LONGEST_KEY = 1024;

function assertModelled(input: PutObjectCommandInput, encryption: 'AES256' | 'aws:kms'): void {
  const given = Object.entries(input).filter(([, value]) => value !== undefined);
  const unknown = given.map(([name]) => name).filter((name) => !MODELLED.has(name));
  const { ServerSideEncryption: asked = encryption } = input;
  if (asked !== encryption) unknown.push(`ServerSideEncryption ${asked}`);
  if (unknown.length === 0) return;
  throw new NotModelled(`s3:PutObject: the simulator does not model ${unknown.join(', ')}`);
}
