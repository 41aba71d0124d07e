import { Match } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import type { Properties } from '../support/assembly.ts';
import { all, synth } from '../support/site-stack.ts';

describe('images', () => {
  const template = synth();
  const [logs, data] = all(template, 'AWS::S3::Bucket') as [
    [string, Properties],
    [string, Properties],
  ];

  it('lie in a bucket that is encrypted with our key, versioned, private and watched', () => {
    template.hasResourceProperties('AWS::S3::Bucket', {
      BucketEncryption: {
        ServerSideEncryptionConfiguration: [
          {
            BucketKeyEnabled: true,
            ServerSideEncryptionByDefault: {
              SSEAlgorithm: 'aws:kms',
              KMSMasterKeyID: { 'Fn::GetAtt': [Match.stringLikeRegexp('^Key'), 'Arn'] },
            },
          },
        ],
      },
      VersioningConfiguration: { Status: 'Enabled' },
      LoggingConfiguration: { DestinationBucketName: { Ref: logs[0] } },
    });
  });

  it.each([
    ['data', data],
    ['log', logs],
  ])('the %s bucket refuses plain HTTP and the public', (_, [id, bucket]) => {
    const policy = all(template, 'AWS::S3::BucketPolicy').find(
      ([, { Bucket }]) => Bucket.Ref === id,
    );

    expect(policy?.[1].PolicyDocument.Statement).toContainEqual(
      expect.objectContaining({
        Effect: 'Deny',
        Action: 's3:*',
        Principal: { AWS: '*' },
        Condition: { Bool: { 'aws:SecureTransport': 'false' } },
      }),
    );
    expect(Object.values(bucket.PublicAccessBlockConfiguration)).toEqual([true, true, true, true]);
    expect(bucket.OwnershipControls.Rules).toEqual([{ ObjectOwnership: 'BucketOwnerEnforced' }]);
  });

  it('are never deleted by a rule, only their replaced versions and broken uploads', () => {
    expect(data[1].LifecycleConfiguration.Rules).toEqual([
      {
        Status: 'Enabled',
        NoncurrentVersionExpiration: { NoncurrentDays: 36 },
        ExpiredObjectDeleteMarker: true,
        AbortIncompleteMultipartUpload: { DaysAfterInitiation: 7 },
      },
    ]);
  });

  it('are followed by logs of all traffic, kept as long as configured', () => {
    template.hasResourceProperties('AWS::EC2::FlowLog', {
      TrafficType: 'ALL',
      LogDestinationType: 's3',
    });

    expect(logs[1].LifecycleConfiguration.Rules[0].ExpirationInDays).toBe(90);
  });
});
