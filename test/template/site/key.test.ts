import { describe, expect, it } from 'vitest';
import type { Properties } from '../support/assembly.ts';
import { all, synth } from '../support/site-stack.ts';

describe('the key', () => {
  const template = synth();
  const [, key = {}] = all(template, 'AWS::KMS::Key').find(([id]) => id.startsWith('Key')) ?? [];

  it('serves CloudWatch for the logs of this site and the alarms of this account, and no other service', () => {
    const account = { Ref: 'AWS::AccountId' };
    const groups = (names: string) => ({
      'Fn::Join': ['', ['arn:aws:logs:ca-central-1:', account, `:log-group:${names}`]],
    });
    const services = key.KeyPolicy.Statement.filter(
      ({ Principal }: Properties) => Principal.Service !== undefined,
    ).map(({ Principal, Condition }: Properties) => [Principal.Service, Condition]);

    expect(services).toEqual([
      [
        'logs.ca-central-1.amazonaws.com',
        {
          ArnLike: {
            'kms:EncryptionContext:aws:logs:arn': [
              groups('/aws/rds/instance/clinic/*'),
              groups('/orthweb/clinic/*'),
            ],
          },
        },
      ],
      ['cloudwatch.amazonaws.com', { StringEquals: { 'aws:SourceAccount': account } }],
    ]);
  });

  it('is renewed each year, and can be called back for a month after its deletion', () => {
    expect(key).toMatchObject({ EnableKeyRotation: true, PendingWindowInDays: 30 });
  });
});
