import { Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as kms from 'aws-cdk-lib/aws-kms';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { punctuation } from './generated-password.ts';
import { removalOf } from './removal.ts';

export interface SecretAccessProps {
  /** The role that both hosts wear. */
  readonly hosts: iam.Role;
  /** Encrypts the secrets. */
  readonly key: kms.IKey;
  /** Name and password of Orthanc's own user of the database. */
  readonly database: secretsmanager.ISecret;
  /** Name and password of the database's master user. */
  readonly master: secretsmanager.ISecret;
  /** Whether the secret of users outlives the stack. */
  readonly keepsData: boolean;
}

/** Who may log in to Orthanc, and which secrets a host may read: three, each by its ARN. */
export class SecretAccess extends Construct {
  /**
   * Names and passwords of the people and programs that may log in, `{ "name": "password" }`; the
   * same on both hosts. It begins with one name, and the operator adds others.
   */
  readonly users: secretsmanager.Secret;

  constructor(scope: Construct, id: string, props: SecretAccessProps) {
    super(scope, id);
    const { hosts, key, database, master } = props;
    const { region } = Stack.of(this);

    this.users = new secretsmanager.Secret(this, 'Users', {
      description: 'Who may log in to Orthanc: a JSON object of names and passwords',
      encryptionKey: key,
      // Never to be changed: Secrets Manager would make the secret anew, without those who were added.
      generateSecretString: {
        secretStringTemplate: '{}',
        generateStringKey: 'orthweb',
        excludeCharacters: punctuation,
      },
      removalPolicy: removalOf(props),
    });

    const readable = [
      // Orthanc's way to its index, fetched at each boot because a host keeps it in memory alone.
      database.secretArn,
      // For a first boot, which makes that user of the database if no other host has.
      master.secretArn,
      // Whom Orthanc lets in, fetched at each boot and whenever the operator has changed it.
      this.users.secretArn,
    ];
    hosts.addToPolicy(
      new iam.PolicyStatement({
        sid: 'Secrets',
        actions: ['secretsmanager:GetSecretValue'],
        resources: readable,
      }),
    );
    hosts.addToPolicy(
      new iam.PolicyStatement({
        sid: 'KeyOfSecrets',
        // Secrets Manager decrypts on behalf of its caller, who must have the right. By this way
        // and for these secrets alone: the same key encrypts images and disks.
        actions: ['kms:Decrypt'],
        resources: [key.keyArn],
        conditions: {
          StringEquals: {
            'kms:ViaService': `secretsmanager.${region}.amazonaws.com`,
            'kms:EncryptionContext:SecretARN': readable,
          },
        },
      }),
    );
  }
}
