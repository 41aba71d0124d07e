import { createPublicKey, X509Certificate } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { World } from '../../simulator/world.ts';
import { clinic } from './support/faulted.ts';
import { edited, optionsOf, type Site, type Template } from './support/play.ts';
import { found } from './support/still-world.ts';

/** What a deployment at this time of the clinic's clock puts out; the process keeps its own time. */
async function deployed(of: Site, from = '2026-11-30T00:00') {
  const options = optionsOf(of, { from, days: 0, certificates: 'interim' });
  const world = await World.load({ skipQuietTicks: true, ...options });
  world.clock.uninstall();
  const { assembly } = world.site;
  const [resource] = assembly.resources('Custom::CertificateAuthority');
  const attributes = resource && assembly.names(resource).attributes;
  return { world, attributes, findings: found(world) };
}

const authority = ({ Resources }: Template) =>
  Object.values(Resources).find(({ Type }) => Type === 'Custom::CertificateAuthority');

const inSite = (edit: (template: Template) => void) => edited(clinic, edit, 'Orthweb');

describe('CloudFormation has a function make an authority', () => {
  it('with the key of the template, at the instant of the deployment', async () => {
    const { world, attributes, findings } = await deployed(clinic);

    const certificate = new X509Certificate(attributes?.Pem ?? '');
    const [key] = world.site.assembly
      .resources('AWS::KMS::Key')
      .filter((one) => one.optional('KeySpec') === 'RSA_3072');
    const KeyId = key && world.site.assembly.names(key).ref;
    const { GetPublicKey } = world.kms.operations;
    const found = GetPublicKey?.run({ KeyId } as never, {} as never);
    const { PublicKey = '' } = (found ?? {}) as { readonly PublicKey?: string };
    const spki = createPublicKey({ key: Buffer.from(PublicKey), format: 'der', type: 'spki' });
    expect(certificate.verify(spki)).toBe(true);
    expect(certificate.validFrom).toBe('Nov 30 04:00:00 2026 GMT');
    expect(attributes?.Fingerprint).toBe(certificate.fingerprint256);
    expect(findings).toEqual([]);
  });

  it('the same in each play, and another on another day', async () => {
    const [once, again, later] = [
      await deployed(clinic),
      await deployed(inSite(() => {})),
      await deployed(clinic, '2026-12-01T00:00'),
    ];

    expect(again.attributes).toEqual(once.attributes);
    expect(later.attributes?.Pem).not.toBe(once.attributes?.Pem);
  });

  it('and puts it into the parameter that functions read', async () => {
    const { world, attributes } = await deployed(clinic);

    const { GetParameter } = world.ssm.operations;
    const read = GetParameter?.run({ Name: '/orthweb/clinic/ca' } as never, {} as never);

    expect(read).toMatchObject({ Parameter: { Value: attributes?.Pem, Type: 'String' } });
    expect(GetParameter?.permissions({ Name: '/orthweb/clinic/ca' } as never)).toEqual([
      {
        action: 'ssm:GetParameter',
        resources: ['arn:aws:ssm:ca-central-1:111122223333:parameter/orthweb/clinic/ca'],
      },
    ]);
  });
});

it('a deployment fails with the reason that the function gives', async () => {
  const tomorrow = inSite((template) => {
    Object.assign(authority(template)?.Properties, { Signed: '2026-12-02' });
  });

  await expect(deployed(tomorrow)).rejects.toMatchObject({
    name: 'DeploymentFailed',
    message: expect.stringMatching(/Custom::CertificateAuthority .*InvalidInput: .*2026-12-02/),
  });
});

it.each(['kms:DescribeKey', 'kms:GetPublicKey', 'kms:Sign'])(
  'the run fails when the function may not %s',
  async (action) => {
    const without = inSite(({ Resources }) => {
      for (const { Type, Properties } of Object.values(Resources)) {
        if (Type !== 'AWS::IAM::Policy') continue;
        for (const statement of Properties.PolicyDocument.Statement) {
          if (!Array.isArray(statement.Action)) continue;
          statement.Action = statement.Action.filter((one: string) => one !== action);
        }
      }
    });

    const { findings } = await deployed(without);

    expect(findings).toEqual([expect.stringContaining(`no statement that allows ${action} on`)]);
  },
);

describe('a key that KMS would not make so is refused:', () => {
  const keyed = (properties: object) =>
    inSite(({ Resources }) => {
      for (const { Type, Properties } of Object.values(Resources)) {
        if (Type === 'AWS::KMS::Key' && Properties.KeySpec) Object.assign(Properties, properties);
      }
    });

  it.each([
    ['of another kind', { KeySpec: 'ECC_NIST_P256' }, /a key of ECC_NIST_P256 for SIGN_VERIFY/],
    ['for another use', { KeyUsage: 'ENCRYPT_DECRYPT' }, /of RSA_3072 for ENCRYPT_DECRYPT/],
    ['that is to rotate', { EnableKeyRotation: true }, /AWS rotates no key that signs/],
  ])('%s', async (_what, properties, says) => {
    await expect(deployed(keyed(properties))).rejects.toThrow(says);
  });
});
