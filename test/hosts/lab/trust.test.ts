import { randomBytes } from 'node:crypto';
import { copyFileSync, writeFileSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import { leaf } from '../../../functions/certificate/leaf.ts';
import { readRequest } from '../../../functions/certificate/signing-request.ts';
import { seal } from '../../../functions/certificate/x509.ts';
import { Lab, nameOf } from '../../../simulator/lab/lab.ts';
import { makeStudy } from '../../../simulator/lab/study.ts';
import { signer, testAuthority } from '../../support/authority.ts';
import { commandOf, linesOf } from '../support/certificates-page.ts';

const lab = await Lab.start();
afterAll(() => lab.remove());
await lab.a.boot();

const node = nameOf('a');
const [ours, stranger] = await Promise.all([
  testAuthority({ site: 'clinic' }),
  testAuthority({ site: 'clinic', number: 2 }),
]);
await install();
await makeStudy(lab.client.path('study'), { instances: 1, size: 16 });
copyFileSync(lab.client.path('study/1.dcm'), lab.client.path('image.dcm'));

/** A key that the host makes, with a certificate of the authority, put into use as a renewal does. */
async function install(): Promise<void> {
  const script = (name: string, values: readonly string[] = []) =>
    lab.a.run(['env', ...values, 'bash', `/opt/orthweb/host/certificate-${name}.sh`]);
  const asked = await script('request');
  const { generation, request } = JSON.parse(asked.stdout);
  const unsigned = leaf({
    publicKey: readRequest(request),
    site: ours.site,
    node: 'a',
    names: [node],
    authority: ours.certificate,
    now: new Date(),
    serial: randomBytes(16).fill(1, 0, 1),
  });
  const certificate = await seal(unsigned, signer(ours.kms.privateKey));
  const installed = await script('install', [
    `SSM_Generation=${generation}`,
    `SSM_Certificate=${certificate.raw.toString('base64')}`,
    `SSM_Authorities=${Buffer.from(ours.listed.pem).toString('base64')}`,
    `SSM_Name=${node}`,
  ]);
  if (installed.code !== 0)
    throw new Error(`${installed.code}: ${installed.stdout}${installed.stderr}`);
}

/** Types lines on the client's computer. */
const type = (lines: string, seconds = 60) =>
  lab.client.run(['bash', '--norc', '-euc', `cd /mnt/client\n${lines}`], seconds);

describe('docs/certificates.md', () => {
  it('has a node tell whom to trust, and each fingerprint by which that is checked', async () => {
    const [fetch = ''] =
      /curl .*/.exec(linesOf('Trust the authority, not a node', 'sh', node)) ?? [];
    const compare = /awk .*/s.exec(linesOf('Trust the authority, not a node', 'sh', node))?.[0];
    const { code, stdout, stderr } = await type(`${fetch} --silent\n${compare}`);

    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toContain(`=${ours.certificate.fingerprint256}\n`);
    expect(stdout).toContain('CN = Orthweb clinic CA 1');
  });

  it('has lines of DCMTK that echo and store, trusting what the node publishes', async () => {
    writeFileSync(lab.client.path('ca.pem'), ours.listed.pem);
    const { code, stderr } = await type(linesOf('DCMTK', 'sh', node));

    expect([code, stderr]).toEqual([0, '']);
  });

  it('has lines of DCMTK that give nothing to a node whose authority they do not know', async () => {
    writeFileSync(lab.client.path('ca.pem'), stranger.listed.pem);
    const lines = linesOf('DCMTK', 'sh', node).trim().split('\n');

    expect(lines).toHaveLength(2);
    for (const line of lines) {
      const { code, stderr } = await type(line);
      expect(code).not.toBe(0);
      expect(stderr).toMatch(/certificate verify failed/);
    }
  });

  it.each([
    ['+py', 0],
    ['+px', 0],
    ['+pz', 0],
    ['+pa', 1],
    ['+pn', 1],
  ])('says right of the profile %s of DCMTK whether it works', async (profile, ends) => {
    writeFileSync(lab.client.path('ca.pem'), ours.listed.pem);
    const [echo = ''] = linesOf('DCMTK', 'sh', node).split('\n');
    const { code } = await type(echo.replace('echoscu', `echoscu ${profile}`));

    expect(Math.min(code ?? 1, 1)).toBe(ends);
  });

  it('says right that DCMTK does not compare the address with the certificate', async () => {
    writeFileSync(lab.client.path('ca.pem'), ours.listed.pem);
    const [echo = ''] = linesOf('DCMTK', 'sh', `$(getent hosts ${node} | cut -d ' ' -f 1)`).split(
      '\n',
    );

    expect(await type(echo)).toMatchObject({ code: 0, stderr: '' });
  });

  it.each([
    ['that it knows', ours, 200],
    ['that it does not know', stranger, 500],
  ])('has an Orthanc that reaches a node by an authority %s, or not', async (_what, by, status) => {
    writeFileSync(lab.client.path('ca.pem'), by.listed.pem);
    const settings = JSON.parse(linesOf('Orthanc', 'json', node).replaceAll('/etc/orthanc', '.'));
    const own = { StorageDirectory: 'db', RemoteAccessAllowed: false };
    writeFileSync(lab.client.path('orthanc.json'), JSON.stringify({ ...settings, ...own }));
    const { stdout, stderr } = await type(`
      ${commandOf('openssl req -x509 -newkey')} 2>openssl.log
      rm -rf db
      Orthanc orthanc.json >orthanc.log 2>&1 & orthanc=$!
      curl --silent --retry 100 --retry-all-errors --retry-delay 0 --output system.json \
        http://localhost:8042/system
      ${commandOf('curl --request POST')} --silent --output answer.json --write-out '%{http_code}'
      kill "$orthanc"; wait "$orthanc"`);

    expect([stdout, stderr]).toEqual([String(status), '']);
  });
});
