import { demand } from '../iam/demand.ts';
import type { Site } from '../site.ts';
import type { ResourceType } from '../template.ts';

export const logsTypes: Readonly<Record<string, ResourceType>> = {
  'AWS::Logs::LogGroup': {
    reads: ['KmsKeyId', 'LogGroupName'],
    ignores: ['RetentionInDays'],
    names: (resource) => {
      const name = String(resource.optional('LogGroupName') ?? resource.generatedName());
      return { ref: name, attributes: { Arn: resource.arn('logs', `log-group:${name}:*`) } };
    },
  },
};

const KEY_ACTIONS = [
  'kms:Encrypt',
  'kms:Decrypt',
  'kms:ReEncryptFrom',
  'kms:ReEncryptTo',
  'kms:GenerateDataKey',
];

/**
 * CloudWatch Logs uses a log group's key in its own name, and says for which group.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html
 */
export function demandLogKeys({ assembly, world }: Site): void {
  for (const group of assembly.resources('AWS::Logs::LogGroup')) {
    const key = group.optional('KmsKeyId');
    if (key === undefined) continue;
    const service = world.iam.service(`logs.${group.stack.region}.amazonaws.com`);
    const arn = group.arn('logs', `log-group:${assembly.names(group).ref}`);
    for (const action of KEY_ACTIONS) {
      const context = { 'kms:EncryptionContext:aws:logs:arn': arn };
      demand(world, group.where, world.iam.judge(service, action, String(key), context));
    }
  }
}
