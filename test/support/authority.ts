import {
  createHash,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign,
  type X509Certificate,
} from 'node:crypto';
import { CertificationRequest, CertificationRequestInfo } from '@peculiar/asn1-csr';
import { AsnConvert } from '@peculiar/asn1-schema';
import type { TBSCertificate } from '@peculiar/asn1-x509';
import { authorityCertificate } from '../../functions/certificate/authority-certificate.ts';
import { leaf } from '../../functions/certificate/leaf.ts';
import {
  publicKeyInfo,
  seal,
  sha256WithRsa,
  spki,
  subject,
} from '../../functions/certificate/x509.ts';

/** A key made for the tests, once per process and name; none is ever written to a file. */
export function rsaKey(name: string, bits = 2048): KeyObject {
  const key = keys.get(name) ?? generateKeyPairSync('rsa', { modulusLength: bits }).privateKey;
  keys.set(name, key);
  return key;
}
const keys = new Map<string, KeyObject>();

/** When a stand-in's key was made, unless a test says otherwise. */
export const BIRTH = new Date('2026-11-01T08:15:30.250Z');

/** KMS with the key of one authority, as `functions/certificate/` asks it. */
export class KeyStandIn {
  readonly arn: string;
  readonly privateKey: KeyObject;
  readonly born: Date;
  /** The operations it was asked for, in their order: `Sign`. */
  readonly calls: string[] = [];
  /** What each call is refused with; undefined while the key is well. */
  refusal: Error | undefined;

  constructor(number = 1, { born = BIRTH }: { readonly born?: Date } = {}) {
    this.arn = `arn:aws:kms:ca-central-1:111122223333:key/00000000-0000-4000-8000-00000000000${number}`;
    this.privateKey = rsaKey(`authority ${number}`, 3072);
    this.born = born;
  }

  get publicKey(): KeyObject {
    return createPublicKey(this.privateKey);
  }

  /** Fits `Clients['kms']`. */
  readonly send = (async (command: { readonly input: unknown }): Promise<unknown> => {
    const operation = command.constructor.name.replace(/Command$/, '');
    const { KeyId, ...input } = command.input as { readonly KeyId?: string } & Signing;
    this.calls.push(operation);
    if (this.refusal) throw this.refusal;
    if (KeyId !== this.arn) {
      throw Object.assign(new Error(`Key '${KeyId}' does not exist`), {
        name: 'NotFoundException',
      });
    }
    return this.answer(operation, input);
  }) as never;

  private answer(operation: string, input: Signing): object {
    switch (operation) {
      case 'GetPublicKey':
        return {
          KeyId: this.arn,
          KeySpec: 'RSA_3072',
          KeyUsage: 'SIGN_VERIFY',
          PublicKey: Uint8Array.from(spki(this.publicKey)),
          SigningAlgorithms: [ALGORITHM],
        };
      case 'DescribeKey':
        return { KeyMetadata: { KeyId: this.arn, Arn: this.arn, CreationDate: this.born } };
      case 'Sign': {
        const { Message = new Uint8Array(), MessageType, SigningAlgorithm } = input;
        if (MessageType !== 'RAW' || SigningAlgorithm !== ALGORITHM || Message.length > 4096) {
          throw Object.assign(new Error('not as we sign'), { name: 'ValidationException' });
        }
        return {
          KeyId: this.arn,
          Signature: Uint8Array.from(sign('sha256', Message, this.privateKey)),
          SigningAlgorithm,
        };
      }
      default:
        throw new Error(`${operation} was not to be called`);
    }
  }
}

const ALGORITHM = 'RSASSA_PKCS1_V1_5_SHA_256';

interface Signing {
  readonly Message?: Uint8Array;
  readonly MessageType?: string;
  readonly SigningAlgorithm?: string;
}

/** An authority of a site, whose key a stand-in of KMS holds. */
export interface TestAuthority {
  readonly number: number;
  readonly site: string;
  readonly kms: KeyStandIn;
  readonly certificate: X509Certificate;
  /** As in the list of a run. */
  readonly listed: {
    readonly number: number;
    readonly fingerprint: string;
    readonly notAfter: string;
    readonly pem: string;
  };
  /** As in the setting `AUTHORITIES`. */
  readonly setting: { readonly number: number; readonly key: string };
}

/** Made by the code that makes the real ones; the same number has the same key in all of a process. */
export async function testAuthority({
  number = 1,
  site = 'clinic',
  signed = BIRTH,
}: {
  readonly number?: number;
  readonly site?: string;
  readonly signed?: Date;
} = {}): Promise<TestAuthority> {
  const kms = new KeyStandIn(number);
  const certificate = await seal(
    authorityCertificate({ publicKey: kms.publicKey, site, number, signed }),
    signer(kms.privateKey),
  );
  return {
    number,
    site,
    kms,
    certificate,
    listed: {
      number,
      fingerprint: certificate.fingerprint256,
      notAfter: new Date(certificate.validTo).toISOString(),
      pem: certificate.toString(),
    },
    setting: { number, key: kms.arn },
  };
}

/** Signs as KMS does, with a key at hand. */
export const signer = (key: KeyObject) => async (bytes: Uint8Array) => sign('sha256', bytes, key);

/** What a test may say of a leaf. */
export interface LeafWishes {
  readonly privateKey?: KeyObject;
  readonly node?: 'a' | 'b';
  readonly names?: readonly string[];
  readonly now?: Date;
  readonly serial?: Uint8Array;
  /** Changes what is signed. */
  readonly change?: (unsigned: TBSCertificate) => void;
}

/** The names of a node that has all four. */
export const NAMES = [
  'ec2-203-0-113-10.ca-central-1.compute.amazonaws.com',
  '203.0.113.10',
  'ip-10-0-0-10.ca-central-1.compute.internal',
  '10.0.0.10',
] as const;

/** A leaf of an authority, made by the code that makes the real ones. */
export async function testLeaf(
  authority: TestAuthority,
  {
    privateKey = rsaKey('node a'),
    node = 'a',
    names = NAMES,
    now = new Date(),
    serial = createHash('sha256').update(node).digest().subarray(0, 16),
    change = () => {},
  }: LeafWishes = {},
): Promise<X509Certificate> {
  const unsigned = leaf({
    publicKey: createPublicKey(privateKey),
    site: authority.site,
    node,
    names,
    authority: authority.certificate,
    now,
    serial,
  });
  change(unsigned);
  return seal(unsigned, signer(authority.kms.privateKey));
}

/** A host's PKCS#10 request for its key, in DER and base64. */
export function testRequest(
  privateKey: KeyObject = rsaKey('node a'),
  change: (request: CertificationRequest) => void = () => {},
): string {
  const info = new CertificationRequestInfo({
    subject: subject('orthweb'),
    subjectPKInfo: publicKeyInfo(createPublicKey(privateKey)),
  });
  const request = new CertificationRequest({
    certificationRequestInfo: info,
    signatureAlgorithm: sha256WithRsa(),
    signature: Uint8Array.from(
      sign('sha256', new Uint8Array(AsnConvert.serialize(info)), privateKey),
    ).buffer,
  });
  change(request);
  return Buffer.from(AsnConvert.serialize(request)).toString('base64');
}
