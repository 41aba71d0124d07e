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
    ['the data bucket refuses plain HTTP and the public', data],
    ['the log bucket refuses plain HTTP and the public', logs],
  ])('%s', (_, [id, bucket]) => {
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
      // No images.
      {
        Status: 'Enabled',
        Prefix: 'checks/',
        NoncurrentVersionExpiration: { NoncurrentDays: 1 },
      },
    ]);
  });

  it.each([
    [
      'no principal but the containers of the hosts can read or write them',
      { sid: 'ContainersOnly', operator: 'ArnNotEquals', key: 'aws:PrincipalArn' },
      /^HostsImagesRole/,
    ],
    [
      'nobody can read or write them from outside the network of the site',
      { sid: 'ThisNetworkOnly', operator: 'StringNotEquals', key: 'aws:SourceVpce' },
      /^NetworkVpcS3/,
    ],
  ])('%s', (_, { sid, operator, key }, whose) => {
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

  it('can be read, written, deleted and listed by those containers, and their bucket changed by none', () => {
    const policies = all(template, 'AWS::IAM::Policy');
    const statements = policies
      .filter(([, { Roles }]) => Roles[0].Ref.startsWith('HostsImagesRole'))
      .flatMap(([, { PolicyDocument }]) => PolicyDocument.Statement)
      .filter(({ Action }) => JSON.stringify(Action).includes('s3:'));
    const arn = { 'Fn::GetAtt': [data[0], 'Arn'] };

    expect(statements).toEqual([
      {
        Sid: 'Images',
        Effect: 'Allow',
        Action: ['s3:DeleteObject', 's3:GetObject', 's3:PutObject'],
        Resource: { 'Fn::Join': ['', [arn, '/images/*']] },
      },
      {
        Sid: 'ListOfImages',
        Effect: 'Allow',
        Action: 's3:ListBucket',
        Resource: arn,
      },
    ]);
    expect(policies.filter(([, policy]) => JSON.stringify(policy).includes(data[0]))).toHaveLength(
      1,
    );
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
});

describe('the log bucket', () => {
  const template = synth();
  const [[id, bucket] = ['', {}]] = all(template, 'AWS::S3::Bucket') as [string, Properties][];

  it('is told of all traffic, of what was let through too', () => {
    expect(all(template, 'AWS::EC2::FlowLog').map(([, log]) => log)).toEqual([
      expect.objectContaining({
        TrafficType: 'ALL',
        LogDestinationType: 's3',
        LogDestination: {
          'Fn::Join': ['', [{ 'Fn::GetAtt': [id, 'Arn'] }, '/flow']],
        },
      }),
    ]);
  });

  it('forgets a log when the configuration says', () => {
    expect(bucket.LifecycleConfiguration.Rules).toEqual([
      expect.objectContaining({ Status: 'Enabled', ExpirationInDays: 90 }),
    ]);
    expect(bucket.VersioningConfiguration).toBeUndefined();
  });

  it('is encrypted with S3’s own key, the one that AWS documents for access logs', () => {
    expect(bucket.BucketEncryption.ServerSideEncryptionConfiguration).toEqual([
      { ServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' } },
    ]);
  });
});
