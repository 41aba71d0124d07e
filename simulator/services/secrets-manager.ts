import type { Assembly, ResourceType } from '../template.ts';

export const secretsManagerTypes: Readonly<Record<string, ResourceType>> = {
  'AWS::SecretsManager::Secret': {
    reads: ['KmsKeyId'],
    ignores: ['Description', 'GenerateSecretString', 'Name'],
    // Secrets Manager adds six characters to the name.
    // https://docs.aws.amazon.com/secretsmanager/latest/userguide/whats-in-a-secret.html
    names: (resource) => {
      const name = String(resource.optional('Name') ?? resource.generatedName());
      return { ref: resource.arn('secretsmanager', `secret:${name}-${resource.fingerprint(6)}`) };
    },
  },
  'AWS::SecretsManager::SecretTargetAttachment': {
    reads: ['SecretId'],
    ignores: ['TargetId', 'TargetType'],
    names: (resource) => ({ ref: resource.text('SecretId') }),
  },
};

/** The key that each secret of the templates is encrypted with, by ARN, where it is one of ours. */
export const keysOfSecrets = (assembly: Assembly): ReadonlyMap<string, string> =>
  new Map(
    assembly.resources('AWS::SecretsManager::Secret').flatMap((secret) => {
      const key = secret.optional('KmsKeyId');
      return key === undefined ? [] : [[assembly.names(secret).ref, String(key)] as const];
    }),
  );
