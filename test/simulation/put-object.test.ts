import { PutObjectCommand, type PutObjectCommandOutput } from '@aws-sdk/client-s3';
import { describe, expect, it } from 'vitest';
import type { Fault } from '../../simulator/faults/library.ts';
import { ACCOUNT, Assembly, type Resource } from '../../simulator/template.ts';
import { KNOWN_TYPES } from '../../simulator/world.ts';
import { allowing, asking } from './support/asking.ts';
import { clinic } from './support/faulted.ts';
import { edited, type Site } from './support/play.ts';
import { found, stillWorld } from './support/still-world.ts';

const CALLER = 'power/look';

/** The bucket of images is the one that a key of KMS encrypts. */
const nameOf = (assembly: Assembly, images: boolean): string => {
  const isOfImages = (bucket: Resource) =>
    JSON.stringify(bucket.optional('BucketEncryption')).includes('aws:kms');
  const bucket = assembly.resources('AWS::S3::Bucket').find((one) => isOfImages(one) === images);
  return (bucket && assembly.names(bucket).ref) ?? '';
};

const objects = { Effect: 'Allow', Action: 's3:PutObject', Resource: 'arn:aws:s3:::*/checks/*' };
const key = { Effect: 'Allow', Action: 'kms:GenerateDataKey', Resource: '*' };

/** The bucket of images without what keeps all but containers away. */
const unguarded = (of: Site): Site =>
  edited(
    of,
    ({ Resources }) => {
      for (const { Type, Properties } of Object.values(Resources)) {
        if (Type !== 'AWS::S3::BucketPolicy') continue;
        const { PolicyDocument } = Properties;
        PolicyDocument.Statement = PolicyDocument.Statement.filter(
          ({ Sid }: { Sid?: string }) => Sid !== 'ContainersOnly' && Sid !== 'ThisNetworkOnly',
        );
      }
    },
    'Orthweb',
  );

const allowed = unguarded(allowing(clinic, CALLER, objects, key));

/** What comes of an object that a function puts. */
async function put({ of = allowed, images = true, input = {}, faults = [] }: Scene = {}) {
  const { world } = await stillWorld(of, '2026-11-30T12:00', 'issued', faults);
  const Bucket = nameOf(world.site.assembly, images);
  const said = { Bucket, Key: 'checks/observer', Body: '{"a":"ü"}', ...input };
  const { answer, error } = await asking<PutObjectCommandOutput>(world, CALLER, ({ s3 }) =>
    s3.send(new PutObjectCommand(said)),
  );
  return { world, Bucket, answer, error, stored: world.s3.objects.get(`${Bucket}/${said.Key}`) };
}

interface Scene {
  readonly of?: Site;
  readonly images?: boolean;
  readonly input?: Partial<PutObjectCommand['input']>;
  readonly faults?: readonly Fault[];
}

describe('an object that is put', () => {
  it('is there, under its key, encrypted as its bucket has it', async () => {
    const { answer, stored, world } = await put();

    expect(stored?.body).toBe('{"a":"ü"}');
    expect(answer).toMatchObject({
      ETag: expect.stringMatching(/^"[0-9a-f]{32}"$/),
      ServerSideEncryption: 'aws:kms',
      SSEKMSKeyId: expect.stringMatching(`^arn:aws:kms:ca-central-1:${ACCOUNT}:key/`),
      BucketKeyEnabled: true,
      VersionId: expect.any(String),
    });
    expect(found(world)).toEqual([]);
  });

  it('may be of bytes, in a bucket that S3 encrypts itself', async () => {
    const { answer, stored } = await put({ images: false, input: { Body: Buffer.from('{}') } });

    expect(stored?.body).toBe('{}');
    expect(answer).toEqual({ ETag: expect.any(String), ServerSideEncryption: 'AES256' });
  });
});

describe('an object that is refused', () => {
  it.each<[string, Scene, RegExp]>([
    [
      'whose key the caller may not put',
      { input: { Key: 'images/1' } },
      /no statement that allows s3:PutObject on .*\/images\/1$/,
    ],
    [
      'for which the caller may have no key made',
      { of: unguarded(allowing(clinic, CALLER, objects)) },
      /no statement that allows kms:GenerateDataKey/,
    ],
    [
      'whose bucket turns the caller away',
      {
        of: allowing(clinic, CALLER, { ...objects, Resource: 'arn:aws:s3:::*/images/*' }, key),
        input: { Key: 'images/1' },
      },
      /is denied s3:PutObject on .*, statement (ContainersOnly|ThisNetworkOnly)$/,
    ],
  ])('is one %s, which is a gap in the templates', async (_which, scene, says) => {
    const { error, stored, world } = await put(scene);

    expect(error?.name).toBe('AccessDenied');
    expect(found(world)).toEqual([expect.stringMatching(says)]);
    expect(stored).toBeUndefined();
  });

  it('has a bucket that is not there', async () => {
    const { error } = await put({ input: { Bucket: 'nobodys' } });

    expect(error).toMatchObject({ name: 'NoSuchBucket', $fault: 'client' });
  });

  it('comes too fast', async () => {
    const at = new Date('2026-11-30T17:00:00Z');

    const { error, stored } = await put({
      faults: [{ name: 'throttled-api', on: 's3:PutObject', at }],
    });

    expect(error).toMatchObject({ name: 'SlowDown', $fault: 'server' });
    expect(stored).toBeUndefined();
  });
});

it.each([
  [true, 'KMS.DisabledException'],
  [false, undefined],
])('a fault may hit the objects of one bucket alone: of images %s', async (images, name) => {
  const bucket = nameOf(new Assembly(clinic.directory, KNOWN_TYPES), images);
  const on = `s3:PutObject/${bucket}=KMS.DisabledException`;
  const at = new Date('2026-11-30T17:00:00Z');

  const { error } = await put({ faults: [{ name: 'failing-api', on, at }] });

  expect(error?.name).toBe(name);
});

it.each<[string, Scene, RegExp]>([
  ['a stream', { input: { Body: new Blob([]) as never } }, /neither text nor a Uint8Array/],
  ['a list of access', { input: { ACL: 'private' } }, /does not model ACL$/],
  ['another encryption', { input: { ServerSideEncryption: 'AES256' } }, /ServerSideEncryption AES/],
])('%s ends the rehearsal', async (_what, scene, says) => {
  await expect(put(scene)).rejects.toThrow(says);
});

describe('denied-storage', () => {
  const at = new Date('2026-11-30T17:00:00Z');
  const faults = [{ name: 'denied-storage', at, minutes: 10 }] as const;

  it('refuses who puts an object, without a gap in the templates', async () => {
    const { error, world } = await put({ faults });

    expect(error).toMatchObject({ name: 'AccessDenied', message: 'Access Denied' });
    expect(found(world)).toEqual([]);
  });

  it('leaves other buckets alone', async () => {
    expect((await put({ faults, images: false })).error).toBeUndefined();
  });

  it('keeps both hosts from serving, and no longer when it is over', async () => {
    const { world } = await put({ faults });
    const hosts = () => ['a', 'b'].map((node) => world.site.node(node)?.host);
    const words: string[] = [];
    hosts()[0]?.run('probe', ({ output }) => words.push(JSON.parse(output).verdict));

    const denied = hosts().map((host) => host?.serves);
    await world.clock.runUntil(new Date(at.getTime() + 9 * 60_000), () => {});
    const servedBefore = hosts().map((host) => host?.servedSince(at.getTime()));
    const servedAfter = hosts().map((host) => host?.servedSince(at.getTime() + 1));
    await world.clock.runUntil(new Date(at.getTime() + 11 * 60_000), () => {});

    expect(denied).toEqual([false, false]);
    expect(words).toEqual(['storage-failing']);
    expect([servedBefore, servedAfter]).toEqual([
      [true, true],
      [false, false],
    ]);
    expect(hosts().map((host) => host?.serves)).toEqual([true, true]);
  });
});
