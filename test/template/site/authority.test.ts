import type { Template } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import { all, synth } from '../support/site-stack.ts';

const listing = (...authorities: { number: number; signed?: string }[]) =>
  synth({ certificate: { authorities } });
const keys = (template: Template) =>
  Object.fromEntries(all(template, 'AWS::KMS::Key').filter(([id]) => id.startsWith('Authority')));
const published = (template: Template) =>
  Array.from(
    JSON.stringify(all(template, 'AWS::SSM::Parameter')[0]?.[1].Value).matchAll(
      /AuthorityCertificate(\d)\w+","Pem"/g,
    ),
    ([, number]) => Number(number),
  );

describe('an authority', () => {
  const both = listing({ number: 1 }, { number: 2, signed: '2026-11-01' });

  it('has a key that can sign and do nothing else, to be called back for a month', () => {
    for (const key of Object.values(keys(both))) {
      expect(key).toMatchObject({
        KeySpec: 'RSA_3072',
        KeyUsage: 'SIGN_VERIFY',
        PendingWindowInDays: 30,
      });
    }
  });

  it('keeps its key by its number, whatever order it stands in and whatever stands beside it', () => {
    const [one, turned] = [listing({ number: 1 }), listing({ number: 2 }, { number: 1 })];

    expect(Object.keys(keys(both))).toHaveLength(2);
    expect(keys(turned)).toEqual(keys(both));
    expect(keys(both)).toMatchObject(keys(one));
  });

  it('is published in the order of the configuration, the one that signs first', () => {
    expect(published(both)).toEqual([1, 2]);
    expect(published(listing({ number: 2 }, { number: 1 }))).toEqual([2, 1]);
    both.hasResourceProperties('AWS::SSM::Parameter', { Name: '/orthweb/clinic/ca' });
  });

  it('is made anew for another day, and for its site, number and key', () => {
    const [first, second] = all(both, 'Custom::CertificateAuthority').map(([, of]) => of);

    expect(first).toMatchObject({ Site: 'clinic', Number: '1' });
    expect(first).not.toHaveProperty('Signed');
    expect(second).toMatchObject({ Site: 'clinic', Number: '2', Signed: '2026-11-01' });
    expect([first?.Key, second?.Key]).toEqual(
      Object.keys(keys(both)).map((id) => ({ 'Fn::GetAtt': [id, 'Arn'] })),
    );
  });

  it('tells the operator its fingerprint, to compare when a device is told to trust it', () => {
    for (const [output, number] of [
      ['AuthorityFingerprint', 1],
      ['SecondAuthorityFingerprint', 2],
    ] as const) {
      expect(JSON.stringify(both.toJSON().Outputs[output].Value)).toMatch(
        new RegExp(`"AuthorityCertificate${number}\\w+","Fingerprint"`),
      );
    }
    expect(listing({ number: 1 }).toJSON().Outputs).not.toHaveProperty(
      'SecondAuthorityFingerprint',
    );
  });
});
