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

  it.each([
    ['ContainersOnly', 'ArnNotEquals', 'aws:PrincipalArn', /^HostsImagesRole/],
    ['ThisNetworkOnly', 'StringNotEquals', 'aws:SourceVpce', /^NetworkVpcS3/],
  ])('no principal but the hosts can read or write them: %s', (sid, operator, key, whose) => {
    const denial = all(template, 'AWS::S3::BucketPolicy')
      .flatMap(([, { PolicyDocument }]) => PolicyDocument.Statement)
      .find(({ Sid }) => Sid === sid);
    const spared = denial.Condition[operator][key];

    expect(denial).toMatchObject({
      Effect: 'Deny',
      Principal: { AWS: '*' },
      Action: ['s3:GetObject*', 's3:PutObject*'],
    });
    expect(spared.Ref ?? spared['Fn::GetAtt'][0]).toMatch(whose);
  });

  it('are taken by containers with a role of their own, which only the hosts can give them', () => {
    const [[, role] = []] = all(template, 'AWS::IAM::Role').filter(([id]) =>
      id.startsWith('HostsImagesRole'),
    );

    expect(role?.AssumeRolePolicyDocument.Statement).toEqual([
      {
        Effect: 'Allow',
        Action: 'sts:AssumeRole',
        Principal: { AWS: { 'Fn::GetAtt': [expect.stringMatching(/^HostsRole/), 'Arn'] } },
      },
    ]);
  });

  it('move to cheaper tiers where that is asked for, from which they come as fast', () => {
    const [, [, tiered] = []] = all(
      synth({ storage: { intelligentTiering: true } }),
      'AWS::S3::Bucket',
    );

    expect(tiered?.LifecycleConfiguration.Rules[0].Transitions).toEqual([
      { StorageClass: 'INTELLIGENT_TIERING', TransitionInDays: 0 },
    ]);
    expect(tiered?.IntelligentTieringConfigurations).toBeUndefined();
  });

  it('are followed by logs of all traffic, kept as long as configured', () => {
    template.hasResourceProperties('AWS::EC2::FlowLog', {
      TrafficType: 'ALL',
      LogDestinationType: 's3',
    });

    expect(logs[1].LifecycleConfiguration.Rules[0].ExpirationInDays).toBe(90);
  });
});
