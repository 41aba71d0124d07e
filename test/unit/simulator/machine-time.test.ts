import { sign, X509Certificate } from 'node:crypto';
import { expect, it } from 'vitest';
import { authorityCertificate } from '../../../functions/certificate/authority-certificate.ts';
import { leaf } from '../../../functions/certificate/leaf.ts';
import { seal } from '../../../functions/certificate/x509.ts';
import { NotModelled } from '../../../simulator/aws-error.ts';
import { MachineTime } from '../../../simulator/machine-time.ts';
import { type RsaKey, rsaKey } from '../../../simulator/rsa-key.ts';

const HOUR_MS = 3_600_000;
/** When the machines were made, and when it is in the play. */
const TRUE = Date.parse('2026-11-23T09:30:00Z');
const PLAYED = new Date('2031-05-05T12:00:00Z');
const [key, host] = [rsaKey('an authority', 3072), rsaKey('a host', 2048)];
const by =
  ({ privateKey }: RsaKey) =>
  async (bytes: Uint8Array) =>
    sign('sha256', bytes, privateKey);
const authority = await seal(
  authorityCertificate({ publicKey: key.publicKey, site: 'clinic', number: 1, signed: PLAYED }),
  by(key),
);

const issuedBy = async (signer: RsaKey) => {
  const unsigned = leaf({
    publicKey: host.publicKey,
    site: 'clinic',
    node: 'a',
    names: ['a.example.org'],
    authority,
    now: PLAYED,
    serial: Buffer.alloc(16, 1),
  });
  const certificate = await seal(unsigned, by(signer));
  return {
    certificate,
    parameters: {
      Generation: '20310505T120000Z-0a1b2c3d',
      Certificate: certificate.raw.toString('base64'),
      Authorities: Buffer.from(authority.toString()).toString('base64'),
      Name: 'a.example.org',
    },
  };
};
const machineTime = () => new MachineTime(() => [{ number: 1, key, certificate: authority }], TRUE);
const decoded = (base64 = '') => Buffer.from(base64, 'base64');

it('has a machine get what is issued in the play, valid from now for as long', async () => {
  const { certificate, parameters } = await issuedBy(key);

  const { Certificate, Authorities, ...rest } = machineTime().toMachine(parameters);

  const [sent, sender] = [Certificate, Authorities].map((one) => new X509Certificate(decoded(one)));
  expect(rest).toEqual({ Generation: parameters.Generation, Name: parameters.Name });
  for (const [there, here] of [
    [sent, certificate],
    [sender, authority],
  ]) {
    const [from, to] = [there, here].map((one) => Date.parse(one?.validFrom ?? ''));
    expect(from).toBe(TRUE - HOUR_MS);
    expect(Date.parse(there?.validTo ?? '') - (from ?? 0)).toBe(
      Date.parse(here?.validTo ?? '') - (to ?? 0),
    );
  }
  expect(sent?.subjectAltName).toBe('DNS:a.example.org');
  expect(sent?.checkPrivateKey(host.privateKey)).toBe(true);
  expect(sender && sent?.checkIssued(sender) && sent.verify(sender.publicKey)).toBe(true);
});

it('has the play hear of what was issued there, whatever the machine has instead', async () => {
  const time = machineTime();
  const { certificate, parameters } = await issuedBy(key);
  const { Certificate } = time.toMachine(parameters);
  const sent = new X509Certificate(decoded(Certificate));
  const pair = { fingerprint: sent.fingerprint256, notAfter: '2027-02-21T08:30:00Z', names: ['x'] };

  const heard = JSON.parse(time.fromMachine(JSON.stringify({ serves: true, pair })));

  expect(heard).toEqual({
    serves: true,
    pair: {
      fingerprint: certificate.fingerprint256,
      notAfter: new Date(certificate.validTo).toISOString().replace('.000Z', 'Z'),
      names: ['x'],
    },
  });
});

it('leaves alone what is about no certificate of the play', () => {
  const time = machineTime();

  expect(time.toMachine({ Service: 'nginx' })).toEqual({ Service: 'nginx' });
  expect(time.fromMachine('no JSON')).toBe('no JSON');
  const interim = '{"pair":{"fingerprint":"AA:BB","notAfter":"2027-01-01T00:00:00Z"}}';
  expect(time.fromMachine(interim)).toBe(interim);
});

it('refuses what no authority of the site has signed', async () => {
  const { parameters } = await issuedBy(host);

  expect(() => machineTime().toMachine(parameters)).toThrow(NotModelled);
});
