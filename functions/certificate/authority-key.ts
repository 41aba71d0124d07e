import { createPublicKey, type KeyObject } from 'node:crypto';
import {
  DescribeKeyCommand,
  GetPublicKeyCommand,
  type KMSClient,
  SignCommand,
} from '@aws-sdk/client-kms';
import { AuthorityUnavailable } from '../shared/errors.ts';
import { PROFILE } from './profile.ts';

type Kms = Pick<KMSClient, 'send'>;

/** https://docs.aws.amazon.com/kms/latest/APIReference/API_Sign.html, `Message` */
const MOST_BYTES = 4096;

/**
 * Refusals that time does not mend, by their documented names: a key that is disabled, that is to
 * be deleted or is gone, or that we may not use. All others (throttling, `KeyUnavailableException`,
 * `DependencyTimeoutException`, `KMSInternalException`) keep their names, for a retry.
 * https://docs.aws.amazon.com/kms/latest/APIReference/API_Sign.html#API_Sign_Errors
 */
const LASTING = new Set([
  'AccessDeniedException',
  'DisabledException',
  'InvalidArnException',
  'InvalidKeyUsageException',
  'KMSInvalidStateException',
  'NotFoundException',
  'UnsupportedOperationException',
  'ValidationException',
]);

/** The public half of an authority's key. */
export async function readPublicKey(kms: Kms, key: string): Promise<KeyObject> {
  const found = await refusing(key, () => kms.send(new GetPublicKeyCommand({ KeyId: key })));
  if (found.KeySpec !== PROFILE.authority.keySpec || found.KeyUsage !== 'SIGN_VERIFY') {
    throw new AuthorityUnavailable(
      `the key ${key} is ${found.KeySpec} for ${found.KeyUsage}, ` +
        `not ${PROFILE.authority.keySpec} for SIGN_VERIFY`,
    );
  }
  const der = Buffer.from(found.PublicKey ?? []);
  return createPublicKey({ key: der, format: 'der', type: 'spki' });
}

/** When an authority's key was made. */
export async function readBirth(kms: Kms, key: string): Promise<Date> {
  const found = await refusing(key, () => kms.send(new DescribeKeyCommand({ KeyId: key })));
  const birth = found.KeyMetadata?.CreationDate;
  if (!birth) throw new Error(`KMS does not say when the key ${key} was made`);
  return birth;
}

/** Has KMS sign with an authority's key, which never leaves it. */
export async function signWith(kms: Kms, key: string, message: Uint8Array): Promise<Uint8Array> {
  if (message.length > MOST_BYTES) {
    throw new Error(`${message.length} bytes to sign are more than KMS takes: ${MOST_BYTES}`);
  }
  const signed = await refusing(key, () =>
    kms.send(
      new SignCommand({
        KeyId: key,
        Message: message,
        MessageType: 'RAW',
        SigningAlgorithm: 'RSASSA_PKCS1_V1_5_SHA_256',
      }),
    ),
  );
  return signed.Signature ?? new Uint8Array();
}

async function refusing<T>(key: string, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    if (!(error instanceof Error) || !LASTING.has(error.name)) throw error;
    throw new AuthorityUnavailable(`KMS refuses the key ${key}: ${error.name}: ${error.message}`, {
      cause: error,
    });
  }
}
