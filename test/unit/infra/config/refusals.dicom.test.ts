import { describe, expect, it } from 'vitest';
import { DEVICE, DEVICES_CA, FORMER_CA, SECOND_CA } from '../../../support/certificates.ts';
import { problemsIn, site } from '../../support/config.ts';
import { differentOf, expectRefusal, type Mistake } from '../../support/refusal.ts';

/** Nobody's: never shown, wherever it stands. */
const PRIVATE_KEY =
  '-----BEGIN EC PRIVATE KEY-----\nMHcCAQEEIsecret\n-----END EC PRIVATE KEY-----\n';

/** As much of a long text as a message shows. */
const beginning = (text: string): string => `${JSON.stringify(text).slice(0, 57)}…`;

const openForDicom = (range: string) => ({
  ...site.clients,
  dicom: [range],
  openToTheWorld: 'Ultrasound carts send from wherever they are.',
});

const mistakes: Mistake[] = [
  [
    'with an AE title of 17 letters',
    { dicom: { aeTitle: 'ORTHWEB_OF_CLINIC' } },
    'dicom.aeTitle',
    '"ORTHWEB_OF_CLINIC"',
    'is no AE title that can be used here. Write 1 to 16 letters, digits',
  ],
  [
    'with a space in its AE title',
    { dicom: { aeTitle: 'ORTH WEB' } },
    'dicom.aeTitle',
    '"ORTH WEB"',
    'Write 1 to 16 letters, digits',
  ],
  [
    'with a device of no AE title',
    { dicom: { modalities: { 'CT/1': ['store'] } } },
    'dicom.modalities.CT/1',
    '["store"]',
    'a name that is no AE title that can be used here. Write 1 to 16 letters',
  ],
  [
    'with two devices that differ in capitals alone',
    { dicom: { modalities: { CT1: ['store'], ct1: ['find'] } } },
    'dicom.modalities.ct1',
    '["find"]',
    'same device as CT1, capitals apart. Write one of them',
  ],
  [
    'with a device that may do nothing',
    { dicom: { modalities: { CT1: [] } } },
    'dicom.modalities.CT1',
    '[]',
    'may do nothing. Write what it may do, or leave it out',
  ],
  [
    'with a device that may do a thing twice',
    { dicom: { modalities: { CT1: ['store', 'store'] } } },
    'dicom.modalities.CT1',
    '["store","store"]',
    'Write each once',
  ],
  [
    'with a device that may move images',
    { dicom: { modalities: { CT1: ['store', 'move'] } } },
    'dicom.modalities.CT1[1]',
    '"move"',
    '^is none of store, find, get. Write a list of what .*, such as \\["store"\\] or \\["find", "get"\\].$',
  ],
  [
    'with a device whose right stands outside a list',
    { dicom: { modalities: { CT1: 'store' } } },
    'dicom.modalities.CT1',
    '"store"',
    '^is not a list. Write a list of what the device may do, such as \\["store"\\] or .*"\\].$',
  ],
  [
    'with a list of devices',
    { dicom: { modalities: ['CT1'] } },
    'dicom.modalities',
    '["CT1"]',
    'is not a group of names and values { … }. The devices that may',
  ],
  [
    'that says yes to certificates of devices',
    { dicom: { clientCertificates: 'on' } },
    'dicom.clientCertificates',
    '"on"',
    'is none of required, optional, off. Whether devices prove who they are',
  ],
  [
    'with the name of a file for the authority of devices',
    { dicom: { clientCertificates: 'required', clientAuthority: 'devices-ca.pem' } },
    'dicom.clientAuthority',
    '"devices-ca.pem"',
    'has no certificate. Write PEM text, such as readFileSync',
  ],
  [
    'with words between the authorities of devices',
    {
      dicom: {
        clientCertificates: 'required',
        clientAuthority: `${DEVICES_CA}\nand\n${SECOND_CA}`,
      },
    },
    'dicom.clientAuthority',
    beginning(DEVICES_CA),
    'has more than certificates in it. Keep only',
  ],
  [
    'with half a certificate for the authority of devices',
    {
      dicom: {
        clientCertificates: 'required',
        clientAuthority: DEVICES_CA.replace(/\n.{64}\n/, '\n'),
      },
    },
    'dicom.clientAuthority',
    beginning(DEVICES_CA.replace(/\n.{64}\n/, '\n')),
    'cannot be used: certificate 1 cannot be read. Copy it again, whole',
  ],
  [
    'with the certificate of a device for the authority of devices',
    { dicom: { clientCertificates: 'required', clientAuthority: DEVICES_CA + DEVICE } },
    'dicom.clientAuthority',
    beginning(DEVICES_CA),
    'certificate 2 is that of a device \\(CN=ct1.example.org\\), not of an authority. Write the cert',
  ],
  [
    'with an authority of devices that has run out',
    { dicom: { clientCertificates: 'required', clientAuthority: FORMER_CA } },
    'dicom.clientAuthority',
    beginning(FORMER_CA),
    'certificate 1 \\(CN=Former authority of the tests\\) ran out on 2021-01-01. Write the present',
  ],
  [
    'with the private key of the authority of devices',
    { dicom: { clientCertificates: 'required', clientAuthority: DEVICES_CA + PRIVATE_KEY } },
    'dicom.clientAuthority',
    beginning(DEVICES_CA),
    'must never be here: .* Write the certificate alone, and replace the key',
  ],
  [
    'with a private key for the authority of devices',
    { dicom: { clientCertificates: 'required', clientAuthority: PRIVATE_KEY } },
    'dicom.clientAuthority',
    'a private key',
    'must never be here: .* replace the key',
  ],
  [
    'with a private key in a list',
    { dicom: { clientAuthority: [PRIVATE_KEY] } },
    'dicom.clientAuthority',
    'a private key',
    'is not a text. The certificates of the authorities',
  ],
  [
    'with a private key in a field that is misspelled',
    { dicom: { clientAuthorities: PRIVATE_KEY } },
    'dicom.clientAuthorities',
    'a private key',
    'belongs to no field that exists',
  ],
  [
    'open to the world for DICOM where an AE title is all that is asked',
    { clients: openForDicom('0.0.0.0/0') },
    'dicom.clientCertificates',
    '"off"',
    'lets anyone in 0.0.0.0/0 of clients.dicom claim the AE title .* Write "required", or the ranges',
  ],
  [
    'open to half of the world for DICOM where a certificate is optional',
    {
      clients: openForDicom('128.0.0.0/1'),
      dicom: { clientCertificates: 'optional', clientAuthority: DEVICES_CA },
    },
    'dicom.clientCertificates',
    '"optional"',
    'lets anyone in 128.0.0.0/1 of clients.dicom claim the AE title of a device',
  ],
  [
    'that asks for certificates of no authority',
    { dicom: { clientCertificates: 'optional' } },
    'dicom.clientAuthority',
    'nothing',
    'dicom.clientCertificates is "optional". Write whose certificates count, such as readFileSync',
  ],
  [
    'that names an authority of devices and asks for no certificate',
    { dicom: { clientAuthority: DEVICES_CA } },
    'dicom.clientAuthority',
    'an authority',
    'has no effect while dicom.clientCertificates is "off". Write "required" or "optional"',
  ],
  [
    'with a device that has the AE title of the site',
    { dicom: { modalities: { Orthweb: ['store'] } } },
    'dicom.modalities.Orthweb',
    '["store"]',
    'is given to the site itself, whose dicom.aeTitle is "ORTHWEB". Write the AE title of a device',
  ],
];

describe('a configuration is refused', () => {
  it('for two dozen mistakes about devices, no two the same', () => {
    expect(differentOf(mistakes)).toBe(mistakes.length);
    expect(mistakes).toHaveLength(24);
  });

  it.each(mistakes)('%s', (...mistake) => expectRefusal(mistake));

  it('without a word of a private key, wherever it stands', () => {
    const withKey = mistakes.filter(([, change]) => JSON.stringify(change).includes('PRIVATE'));

    expect(withKey).toHaveLength(4);
    for (const [, change] of withKey) {
      expect(problemsIn({ ...site, ...change }).message).not.toContain('MHcCAQEEI');
    }
  });
});
