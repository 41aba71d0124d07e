import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, it } from 'vitest';
import { runCa } from '../../../cli/certificate/ca.ts';
import { testAuthority } from '../../support/authority.ts';
import { CLINIC_CA, DEVICES_CA, SECOND_CLINIC_CA } from '../../support/certificates.ts';
import { CLINIC } from '../../support/clinic.ts';
import { type CertificateAccount, certificateAccount } from '../support/certificate-account.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'orthweb-ca-'));
const config = path.join(folder, 'site.ts');
writeFileSync(config, `export default ${JSON.stringify(CLINIC)};`);

const BOTH = CLINIC_CA + SECOND_CLINIC_CA;

async function ca(account: CertificateAccount = {}, out?: string) {
  const outside = certificateAccount(account);
  const code = await runCa({ config, ...(out !== undefined && { out }) }, outside.connect);
  return { ...outside, code };
}

it('says of each authority its name, when it is in force, and its fingerprint', async () => {
  const { code, printed } = await ca({ parameter: BOTH });

  expect(printed).toEqual([
    'authority 1    O=Orthweb, CN=Orthweb clinic CA 1',
    '  valid        from 2026-11-20 07:00 to 2036-11-20 08:00 (America/Toronto)',
    '  AE:89:AB:CE:E1:B3:38:BD:44:AA:31:2F:BA:6E:92:CE:6F:64:80:91:69:7A:D1:FB:36:76:84:B4:34:F9:6D:D9',
    '',
    'authority 2    O=Orthweb, CN=Orthweb clinic CA 2',
    '  valid        from 2034-11-20 07:00 to 2044-11-20 08:00 (America/Toronto)',
    '  65:31:53:6E:24:97:A4:4B:35:55:E1:05:1C:08:97:BC:18:A7:89:4C:35:80:F6:46:C6:58:18:35:3D:03:A1:6E',
    '',
  ]);
  expect(code).toBe(0);
});

it('knows the number of an authority that is made as the site makes it', async () => {
  const { certificate, listed } = await testAuthority({ number: 12 });
  const { printed } = await ca({ parameter: listed.pem });

  expect(printed[0]).toBe('authority 12   O=Orthweb, CN=Orthweb clinic CA 12');
  expect(printed[2]).toBe(`  ${certificate.fingerprint256}`);
});

it('says of an authority without a number what it is called', async () => {
  const { printed } = await ca({ parameter: DEVICES_CA });

  expect(printed[0]).toBe('authority ?    O=Orthweb tests, CN=Devices of the tests');
});

it('writes what clients are to trust, in the order of the site, once', async () => {
  const out = path.join(folder, 'both.pem');
  const first = await ca({ parameter: BOTH }, out);
  const second = await ca({ parameter: BOTH }, out);

  expect(readFileSync(out, 'utf8')).toBe(BOTH);
  expect(first.printed.at(-1)).toBe(`${out} has both certificates now.`);
  expect(second.printed.at(-1)).toBe(`${out} has both certificates already.`);
  expect([first.code, second.code]).toEqual([0, 0]);
});

it('overwrites no file that has something else in it', async () => {
  const out = path.join(folder, 'other.pem');
  writeFileSync(out, DEVICES_CA);

  await expect(ca({}, out)).rejects.toMatchObject({
    name: 'UserError',
    message:
      `--out: "${out}" is not written (it is there already, with something else in it). Write the ` +
      'name of a new file, or move that one away.',
  });
  expect(readFileSync(out, 'utf8')).toBe(DEVICES_CA);
});

it.each([
  ['a folder', folder, /^--out: "\/.*" is not written \(EISDIR/],
  ['a file in no folder', path.join(folder, 'none/ca.pem'), /is not written \(ENOENT/],
  ['no name', '', /^--out: "" is not written \(it is no name\)/],
])('is a sentence for the user where the file is %s', async (_what, out, sentence) => {
  const refused = ca({}, out);

  await expect(refused).rejects.toMatchObject({ name: 'UserError' });
  await expect(refused).rejects.toThrow(sentence);
});

it('is a sentence for the user where the site has no stack, or no authority yet', async () => {
  await expect(ca({ stack: false })).rejects.toThrow(/^There is no stack clinic/);
  await expect(ca({ parameter: undefined })).rejects.toThrow(/^There is no parameter/);
});
