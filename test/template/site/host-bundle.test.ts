import { mkdtempSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { Config } from '../../../infra/config.ts';
import { HOST_BUNDLE } from '../../../infra/site/host-bundle.ts';
import { DEVICES_CA, SECOND_CA } from '../../support/certificates.ts';
import { clinic, deploy } from '../support/site-stack.ts';

type Dicom = Config['dicom'];

const devices: Dicom = {
  aeTitle: 'CLINIC',
  modalities: { READER: ['get', 'find'], CT1: ['store'] },
  clientCertificates: 'off',
};

/** The bundle of a site with these differences, as it lies in the assembly, and the site's template. */
function bundled(dicom: Dicom, change: Partial<Config> = {}) {
  const { app, stack } = deploy({ ...change, dicom });
  const assembly = app.synth();
  const template = JSON.stringify(assembly.getStackArtifact(stack.artifactId).template);
  const hash = /([0-9a-f]{64})\.zip/.exec(template)?.[1] ?? '';
  const folder = path.join(assembly.directory, `asset.${hash}`);
  const text = (file: string) => readFileSync(path.join(folder, file), 'utf8');
  return { folder, hash, template, text, settings: () => JSON.parse(text('settings.json')) };
}

const filesIn = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => statSync(path.join(folder, file)).isFile())
    .sort();

describe('the host bundle', () => {
  it('is all of compose/ as it stands, and what the configuration says', () => {
    const { folder } = bundled(devices);

    const shipped = filesIn(HOST_BUNDLE);

    expect(filesIn(folder)).toEqual([...shipped, 'settings.json'].sort());
    for (const file of shipped) {
      const [here, there] = [path.join(HOST_BUNDLE, file), path.join(folder, file)];
      expect(readFileSync(there), file).toEqual(readFileSync(here));
      expect(statSync(there).mode, file).toBe(statSync(here).mode);
    }
  });

  it('tells hosts the devices, and the ranges of the site and of its containers', () => {
    const network = { ...clinic.network, cidr: '10.80.0.0/16', containers: '172.30.0.0/16' };

    expect(bundled(devices, { network }).settings()).toEqual({
      dicom: {
        aeTitle: 'CLINIC',
        clientCertificates: 'off',
        modalities: { CT1: ['store'], READER: ['find', 'get'] },
      },
      network: { vpc: '10.80.0.0/16', containers: '172.30.0.0/16' },
    });
  });

  it('brings the authorities of devices as they are written, where there are any', () => {
    const clientAuthority = `\n${DEVICES_CA}${SECOND_CA}\n\n`;

    const { text, settings } = bundled({
      ...devices,
      clientCertificates: 'required',
      clientAuthority,
    });

    expect(text('dicom-clients.pem')).toBe(DEVICES_CA + SECOND_CA);
    expect(settings().dicom.clientCertificates).toBe('required');
    expect(JSON.stringify(settings())).not.toContain('CERTIFICATE');
  });

  it('is another one when a device may do more, and nothing else of the stack is', () => {
    const before = bundled(devices);

    const after = bundled({ ...devices, modalities: { ...devices.modalities, US1: ['store'] } });

    expect(after.hash).not.toBe(before.hash);
    expect(after.template.replaceAll(after.hash, before.hash)).toBe(before.template);
  });

  it('is another one when an authority is renewed', () => {
    const dicom = { ...devices, clientCertificates: 'required' } as const;

    const hashes = [DEVICES_CA, SECOND_CA].map(
      (clientAuthority) => bundled({ ...dicom, clientAuthority }).hash,
    );

    expect(new Set(hashes).size).toBe(2);
  });

  it('is the same one however the same thing is written, and whatever is made in between', () => {
    const first = bundled(devices);
    const other = bundled({ ...devices, aeTitle: 'CLINID' });
    const again = bundled({
      ...devices,
      modalities: { CT1: ['store'], READER: ['find', 'get'] },
    });

    // As long as the first one, in the same files.
    expect(other.hash).not.toBe(first.hash);
    expect(again.template).toBe(first.template);
    expect([first, other, again].map(({ settings }) => settings().dicom.aeTitle)).toEqual([
      'CLINIC',
      'CLINID',
      'CLINIC',
    ]);
  });

  it('leaves nothing behind but in the assembly', () => {
    // Its own, as other tests put bundles together at the same time.
    const temporary = mkdtempSync(path.join(tmpdir(), 'orthweb-'));
    vi.stubEnv('TMPDIR', temporary);
    onTestFinished(() => void vi.unstubAllEnvs());

    const { folder } = bundled(devices);

    const [assembly = '', ...more] = readdirSync(temporary);
    expect(path.dirname(folder)).toBe(path.join(temporary, assembly));
    expect(more).toEqual([]);
    expect(filesIn(HOST_BUNDLE)).not.toContain('settings.json');
  });
});
