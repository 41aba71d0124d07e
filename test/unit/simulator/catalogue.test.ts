import { expect, it } from 'vitest';
import { Catalogue } from '../../../simulator/iam/catalogue.ts';
import { statementsOf } from '../../../simulator/iam/statement.ts';

const catalogue = await Catalogue.of(['ec2', 'kms', 's3', 'sns', 'nosuch']);
const instance = 'arn:aws:ec2:ca-central-1:111122223333:instance/*';
const bucket = 'arn:aws:s3:::images';

const check = (statement: object) => () => {
  for (const one of statementsOf({ Statement: [{ Effect: 'Allow', ...statement }] }, 'Grants')) {
    catalogue.check(one);
  }
};

it.each([
  [{ Action: 'ec2:StopInstance', Resource: instance }, /#1: AWS has no action ec2:StopInstance:/],
  [{ Action: 'nosuch:*', Resource: '*' }, /AWS has no action nosuch:\*/],
  [
    { Action: 'ec2:DescribeInstances', Resource: instance },
    /ec2:DescribeInstances acts on none of .*: it is granted on \* alone/,
  ],
  [
    { Sid: 'Images', Action: 's3:PutObject', Resource: bucket },
    /Grants: statement Images: s3:PutObject acts on none of arn:aws:s3:::images: name one like .*\/\*/,
  ],
  [
    { Action: ['s3:PutObject'], Resource: [bucket, `${bucket}/*`] },
    /no action of it acts on arn:aws:s3:::images:/,
  ],
  [
    {
      Action: ['kms:Decrypt', 'kms:DescribeKey'],
      Resource: '*',
      Condition: { StringEquals: { 'kms:EncryptionContext:site': 'clinic' } },
    },
    /AWS never supplies kms:EncryptionContext:site for kms:DescribeKey, so StringEquals fails/,
  ],
  [
    {
      Action: 'sns:Publish',
      Resource: '*',
      Condition: { StringEquals: { 'aws:RequestTag/site': 'clinic' } },
    },
    /AWS never supplies aws:RequestTag\/site for sns:Publish/,
  ],
  [
    { Action: 'sns:Publish', Resource: '*', Condition: { Bool: { 'aws:ViaAWSService': 'true' } } },
    /the condition key aws:ViaAWSService is not modelled/,
  ],
])('refuses %j', (statement, says) => {
  expect(check(statement)).toThrow(says);
});

it.each([
  { Action: 's3:*', Resource: [bucket, `${bucket}/*`] },
  { Action: 'kms:GenerateDataKey*', Resource: '*' },
  { Action: 'ec2:DescribeInstances', Resource: '*' },
  {
    Action: ['ec2:StopInstances', 'ec2:StartInstances'],
    Resource: instance,
    Condition: { StringEquals: { 'aws:ResourceTag/orthweb:site': 'clinic' } },
  },
  { Action: 'sns:Publish', Resource: '*', Condition: { Bool: { 'AWS:securetransport': 'true' } } },
])('takes %j', (statement) => {
  expect(check(statement)).not.toThrow();
});

it.each([
  ['ec2:Nothing', '*', [], /no action ec2:Nothing/],
  ['ec2:StopInstances', bucket, [], /ec2:StopInstances does not act on arn:aws:s3:::images/],
  ['sns:Publish', '*', ['sns:Colour'], /AWS does not supply sns:Colour for sns:Publish/],
] as const)('knows no request of %s on %s with %j', (action, resource, keys, says) => {
  expect(() => catalogue.checkRequest(action, resource, keys)).toThrow(says);
});
