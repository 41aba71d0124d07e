import { constants, privateEncrypt, sign } from 'node:crypto';
import type {
  DescribeKeyCommandInput,
  DescribeKeyCommandOutput,
  GetPublicKeyCommandInput,
  GetPublicKeyCommandOutput,
  SignCommandInput,
  SignCommandOutput,
  SigningAlgorithmSpec,
} from '@aws-sdk/client-kms';
import { type Operations, operation, type Permission } from '../api.ts';
import { AwsError, NotModelled } from '../aws-error.ts';
import { type RsaKey, rsaKey } from '../rsa-key.ts';
import { ACCOUNT, type Assembly, type Resource, type ResourceType } from '../template.ts';

type Output<T> = Omit<T, '$metadata'>;

export const kmsTypes: Readonly<Record<string, ResourceType>> = {
  'AWS::KMS::Key': {
    reads: ['EnableKeyRotation', 'KeyPolicy', 'KeySpec', 'KeyUsage'],
    ignores: ['Description', 'PendingWindowInDays'],
    names: (resource) => {
      const id = resource.fingerprint(32);
      return { ref: id, attributes: { Arn: resource.arn('kms', `key/${id}`), KeyId: id } };
    },
  },
};

const ALGORITHM: SigningAlgorithmSpec = 'RSASSA_PKCS1_V1_5_SHA_256';
/** What a key of RSA_3072 can do: https://docs.aws.amazon.com/kms/latest/developerguide/symm-asymm-choose-key-spec.html */
const ALGORITHMS: SigningAlgorithmSpec[] = [
  ALGORITHM,
  'RSASSA_PKCS1_V1_5_SHA_384',
  'RSASSA_PKCS1_V1_5_SHA_512',
  'RSASSA_PSS_SHA_256',
  'RSASSA_PSS_SHA_384',
  'RSASSA_PSS_SHA_512',
];
/** What comes before a SHA-256 digest: https://www.rfc-editor.org/rfc/rfc8017#section-9.2 */
const DIGEST_INFO = Buffer.from('3031300d060960864801650304020105000420', 'hex');
const DIGEST_BYTES = 32;
/** https://docs.aws.amazon.com/kms/latest/APIReference/API_Sign.html */
const LONGEST_MESSAGE = 4096;

/** A key of the templates. */
export interface Key {
  readonly arn: string;
  readonly id: string;
  /** Absent where it encrypts and nothing more: that takes no call of ours. */
  readonly pair: (() => RsaKey) | undefined;
  readonly createdAt: Date;
}

/** The keys of a site, made at this instant. Throws `NotModelled` on one of another kind. */
export const keysOf = (assembly: Assembly, createdAt: Date): Key[] =>
  assembly.resources('AWS::KMS::Key').map((resource) => {
    const { ref: id, attributes } = assembly.names(resource);
    const arn = String(attributes?.Arn);
    const pair = signs(resource) ? () => rsaKey(arn, 3072) : undefined;
    return { arn, id, pair, createdAt };
  });

function signs(key: Resource): boolean {
  const spec = key.optional('KeySpec') ?? 'SYMMETRIC_DEFAULT';
  const usage = key.optional('KeyUsage') ?? 'ENCRYPT_DECRYPT';
  if (spec === 'SYMMETRIC_DEFAULT' && usage === 'ENCRYPT_DECRYPT') return false;
  if (spec !== 'RSA_3072' || usage !== 'SIGN_VERIFY') {
    throw new NotModelled(`${key.where}: a key of ${spec} for ${usage} is not modelled`);
  }
  // https://docs.aws.amazon.com/kms/latest/developerguide/rotate-keys.html
  if (key.optional('EnableKeyRotation') === true) {
    throw new NotModelled(`${key.where}: EnableKeyRotation: AWS rotates no key that signs`);
  }
  return true;
}

/** KMS, as far as keys sign. */
export class Kms {
  private readonly keys = new Map<string, Key>();
  /** Why a key is disabled, counted; by its ARN. */
  private readonly disabled = new Map<string, number>();

  /** Adds those that a deployment has made; one that was there stays as it is. */
  add(keys: readonly Key[]): void {
    for (const key of keys) if (!this.keys.has(key.arn)) this.keys.set(key.arn, key);
  }

  /** The keys of these ARNs that sign are disabled from now on (1), or no longer (-1). */
  disable(arns: readonly string[], more: 1 | -1): void {
    for (const arn of arns) this.disabled.set(arn, (this.disabled.get(arn) ?? 0) + more);
  }

  readonly operations: Operations = {
    DescribeKey: operation(
      (input: DescribeKeyCommandInput) => this.permission('kms:DescribeKey', input),
      ({ KeyId }): Output<DescribeKeyCommandOutput> => {
        const key = this.find(KeyId);
        const { arn, id, pair, createdAt } = key;
        const enabled = this.isEnabled(key);
        return {
          KeyMetadata: {
            AWSAccountId: ACCOUNT,
            KeyId: id,
            Arn: arn,
            CreationDate: createdAt,
            Enabled: enabled,
            KeyState: enabled ? 'Enabled' : 'Disabled',
            KeyManager: 'CUSTOMER',
            KeySpec: pair ? 'RSA_3072' : 'SYMMETRIC_DEFAULT',
            KeyUsage: pair ? 'SIGN_VERIFY' : 'ENCRYPT_DECRYPT',
            MultiRegion: false,
            Origin: 'AWS_KMS',
            ...(pair && { SigningAlgorithms: ALGORITHMS }),
          },
        };
      },
    ),
    GetPublicKey: operation(
      (input: GetPublicKeyCommandInput) => this.permission('kms:GetPublicKey', input),
      ({ KeyId }): Output<GetPublicKeyCommandOutput> => {
        const { arn, pair } = this.find(KeyId);
        if (!pair) throw new AwsError('UnsupportedOperationException', `${arn} is symmetric`);
        this.assertEnabled(KeyId);
        return {
          KeyId: arn,
          KeySpec: 'RSA_3072',
          KeyUsage: 'SIGN_VERIFY',
          PublicKey: new Uint8Array(pair().spki),
          SigningAlgorithms: ALGORITHMS,
        };
      },
    ),
    Sign: operation(
      ({ KeyId, MessageType = 'RAW', SigningAlgorithm = ALGORITHM }: SignCommandInput) =>
        this.permission(
          'kms:Sign',
          { KeyId },
          { 'kms:MessageType': MessageType, 'kms:SigningAlgorithm': SigningAlgorithm },
        ),
      (input): Output<SignCommandOutput> => {
        const { arn, pair } = this.find(input.KeyId);
        if (!pair) throw new AwsError('InvalidKeyUsageException', `${arn} key usage is not SIGN`);
        this.assertEnabled(input.KeyId);
        const SigningAlgorithm = input.SigningAlgorithm ?? ALGORITHM;
        return { KeyId: arn, Signature: signature(pair(), input), SigningAlgorithm };
      },
    ),
  };

  private permission(
    action: string,
    { KeyId }: { readonly KeyId?: string | undefined },
    context: Permission['context'] = {},
  ): Permission[] {
    return [{ action, resources: [this.find(KeyId).arn], context }];
  }

  private find(id = ''): Key {
    const key = [...this.keys.values()].find((one) => one.arn === id || one.id === id);
    if (!key) throw new AwsError('NotFoundException', `Key '${id}' does not exist`);
    return key;
  }

  private isEnabled({ arn, pair }: Key): boolean {
    return !(pair && (this.disabled.get(arn) ?? 0) > 0);
  }

  /** https://docs.aws.amazon.com/kms/latest/developerguide/key-state.html */
  private assertEnabled(id: string | undefined): void {
    const key = this.find(id);
    if (!this.isEnabled(key)) throw new AwsError('DisabledException', `${key.arn} is disabled.`);
  }
}

/** This padding takes no chance: the same message has the same signature. */
function signature({ privateKey }: RsaKey, input: SignCommandInput): Uint8Array {
  const { Message = new Uint8Array(), MessageType = 'RAW', SigningAlgorithm } = input;
  if (SigningAlgorithm !== ALGORITHM || (MessageType !== 'RAW' && MessageType !== 'DIGEST')) {
    throw new NotModelled(`kms:Sign of ${MessageType} with ${SigningAlgorithm} is not modelled`);
  }
  if (MessageType === 'RAW') {
    if (Message.length === 0 || Message.length > LONGEST_MESSAGE) {
      throw new AwsError('ValidationError', `Message takes 1 to ${LONGEST_MESSAGE} bytes`);
    }
    return new Uint8Array(sign('sha256', Message, privateKey));
  }
  if (Message.length !== DIGEST_BYTES) {
    throw new AwsError('ValidationError', `Digest is invalid length for algorithm ${ALGORITHM}.`);
  }
  const padding = constants.RSA_PKCS1_PADDING;
  const encoded = Buffer.concat([DIGEST_INFO, Message]);
  return new Uint8Array(privateEncrypt({ key: privateKey, padding }, encoded));
}
