import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { clinic } from '../template/support/sites.ts';
import { DEVICE_CERTIFICATE_COMMANDS } from './support/devices-page.ts';

describe('docs/devices.md', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'orthweb-devices-'));
  const sh = (script: string) =>
    execFileSync('sh', ['-euc', script], { cwd: folder, encoding: 'utf8', stdio: 'pipe' });

  it('has commands that make an authority which the configuration takes', () => {
    sh(DEVICE_CERTIFICATE_COMMANDS);

    const clientAuthority = readFileSync(path.join(folder, 'devices-ca.pem'), 'utf8');
    const { dicom } = clinic({ dicom: { clientCertificates: 'required', clientAuthority } });

    expect(dicom.clientAuthority).toBe(clientAuthority);
  });

  it('has commands that make a device’s certificate which a server takes from its client', () => {
    sh(DEVICE_CERTIFICATE_COMMANDS);

    expect(sh('openssl verify -purpose sslclient -CAfile devices-ca.pem ct1.pem')).toBe(
      'ct1.pem: OK\n',
    );
    expect(() => clinic({ dicom: { clientAuthority: sh('cat ct1.pem') } })).toThrow(
      'is that of a device (CN=CT1), not of an authority',
    );
  });
});
