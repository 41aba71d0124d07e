import { CfnOutput, CustomResource, Duration, Fn, Stack } from 'aws-cdk-lib';
import * as kms from 'aws-cdk-lib/aws-kms';
import type { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { StringParameter } from 'aws-cdk-lib/aws-ssm';
import { Construct } from 'constructs';
import type { Config } from '../config.ts';
import { OperatorFunction } from '../operator-function.ts';
import { removalOf } from './removal.ts';

export interface AuthorityProps {
  /** Name of the site; it is in the name of each authority. */
  readonly site: string;
  /** The first signs, clients are to trust all. */
  readonly authorities: Config['certificate']['authorities'];
  /** Days that the log of the function that makes certificates is kept. */
  readonly logRetentionDays: RetentionDays;
  /** Whether keys outlive the stack. Without its key, an authority can never sign again. */
  readonly keepsData: boolean;
}

/** A key that signs, and the certificate by which clients know it. */
export interface SigningKey {
  /** Its number in the configuration. */
  readonly number: number;
  readonly key: kms.Key;
}

/**
 * Who vouches for the nodes: for each number a key that never leaves KMS, and a certificate.
 *
 * A key is found by its number alone, so another order of the list, or another number beside it,
 * touches no key that stays. The certificate is a function of key and configuration, with the same
 * bytes however often it is made; CloudFormation has it made, and so it is there before a host asks.
 */
export class Authority extends Construct {
  /** In the order of the configuration. */
  readonly keys: readonly SigningKey[];
  /** The certificates of all authorities, PEM, in order. */
  readonly parameter: StringParameter;
  private readonly props: AuthorityProps;

  constructor(scope: Construct, id: string, props: AuthorityProps) {
    super(scope, id);
    const { site, authorities } = props;
    this.props = props;
    this.keys = authorities.map(({ number }) => ({ number, key: this.key(number) }));
    const maker = this.maker();
    const certificates = authorities.map(
      ({ number, signed }, index) =>
        new CustomResource(this, `Certificate${number}`, {
          resourceType: 'Custom::CertificateAuthority',
          serviceToken: maker.lambda.functionArn,
          // Room for Lambda's two further tries. By default an answer is waited for for an hour.
          serviceTimeout: Duration.minutes(10),
          properties: {
            Site: site,
            Number: String(number),
            Key: this.keys[index]?.key.keyArn,
            ...(signed !== undefined && { Signed: signed }),
          },
        }),
    );
    this.parameter = new StringParameter(this, 'Parameter', {
      parameterName: `/orthweb/${site}/ca`,
      description: `Authorities of the Orthweb site ${site}, for its clients to trust`,
      stringValue: Fn.join(
        '',
        certificates.map((certificate) => certificate.getAttString('Pem')),
      ),
    });
    this.tell(certificates);
  }

  private key(number: number): kms.Key {
    const { site } = this.props;
    return new kms.Key(this, `Key${number}`, {
      // With a slash, because the site's own key is found under its bare name.
      alias: `${site}/ca-${number}`,
      description: `Signs certificates of the Orthweb site ${site}, authority ${number}`,
      keySpec: kms.KeySpec.RSA_3072,
      keyUsage: kms.KeyUsage.SIGN_VERIFY,
      // The longest wait AWS offers: without the key each device has to be told of another one.
      pendingWindow: Duration.days(30),
      removalPolicy: removalOf(this.props),
    });
  }

  private maker() {
    const maker = new OperatorFunction(this, 'Maker', {
      handler: 'certificate/authority',
      description: 'Makes the certificate of an authority, when CloudFormation asks for it.',
      settings: {},
      timeoutSeconds: 60,
      retentionDays: this.props.logRetentionDays,
    });
    maker.allow(
      'an authority’s certificate names its key, and the key signs it',
      ['kms:DescribeKey', 'kms:GetPublicKey', 'kms:Sign'],
      this.keys.map(({ key }) => key.keyArn),
    );
    return maker;
  }

  private tell([first, second]: readonly CustomResource[]): void {
    const stack = Stack.of(this);
    const fingerprint = (id: string, of: CustomResource, what: string) =>
      new CfnOutput(stack, id, { value: of.getAttString('Fingerprint'), description: what });
    if (first) {
      fingerprint(
        'AuthorityFingerprint',
        first,
        'SHA-256 of the authority that signs: compare it when a device is told to trust it',
      );
    }
    if (second) {
      fingerprint(
        'SecondAuthorityFingerprint',
        second,
        'SHA-256 of the other authority that devices are to trust',
      );
    }
    new CfnOutput(stack, 'AuthorityParameter', {
      value: this.parameter.parameterName,
      description: 'Parameter with the certificates of all authorities, PEM, also at /ca.pem',
    });
  }
}
