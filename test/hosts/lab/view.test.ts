import { X509Certificate } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { serves } from '../../../functions/shared/sight.ts';
import type { Sight } from '../../../functions/shared/view.ts';
import { DEVICES_CA } from '../../support/certificates.ts';
import { killed, signalled } from '../support/break.ts';
import { runningLab } from '../support/running-lab.ts';
import { until } from '../support/until.ts';
import { ViewOfClient } from '../support/view-of-client.ts';

const { lab, on, send } = await runningLab();
const view = await ViewOfClient.of(lab);

const shown = new X509Certificate(readFileSync(lab.a.disk('opt/orthweb/tls/live/fullchain.pem')));
const SHOWN = {
  trusted: true,
  fingerprint: shown.fingerprint256,
  notAfter: new Date(shown.validTo).toISOString(),
};
const at = expect.any(String);
const REFUSED = {
  at,
  web: { trusted: false, said: expect.stringContaining('ECONNREFUSED') },
  dicom: { trusted: false, said: expect.stringContaining('ECONNREFUSED') },
};
const SILENT = { trusted: false, said: 'no answer within 8 s' };
const ECHOES = { ...SHOWN, echo: true };
const MUTE = (said: string) => ({ ...SHOWN, echo: false, said: `C-ECHO: ${said}` });

const backToService = () => until('node a', () => view.look('a'), serves, 60);

it('a node that serves shows its certificate on both ports, is well, and echoes', async () => {
  expect(await view.look('a')).toEqual({ at, web: { ...SHOWN, status: 200 }, dicom: ECHOES });
});

it('a node is not to be trusted by those who trust another authority, or ask for another', async () => {
  const { trusted: _, ...certificate } = SHOWN;
  const untrusted = (said: string) => {
    const wrong = { ...certificate, trusted: false, said: expect.stringContaining(said) };
    return { at, web: wrong, dicom: wrong };
  };

  const others = await view.look('a', { authorities: DEVICES_CA });
  const other = await view.look('a', { name: 'node-b.example.org' });

  expect(others).toEqual(untrusted('SELF_SIGNED'));
  expect(other).toEqual(untrusted("node-b.example.org. is not in the cert's altnames"));
});

it('a node refuses an association that calls it by another title', async () => {
  const { dicom } = await view.look('a', { aeTitle: 'ORTHANC' });

  const said = 'the association was rejected: called AE title not recognized';
  expect(dicom).toEqual(MUTE(said));
});

interface Fault {
  readonly what: string;
  readonly strike: () => Promise<unknown>;
  readonly seen: Sight;
  readonly mend: () => Promise<unknown>;
}

const FAULTS: readonly Fault[] = [
  {
    what: 'nginx is dead',
    strike: () => on('a', killed('nginx')),
    seen: REFUSED,
    mend: () => send('a', 'restart', { Service: 'nginx' }),
  },
  {
    what: 'the host is drained, as when nginx is dead',
    strike: () => send('a', 'drain'),
    seen: REFUSED,
    mend: () => send('a', 'undrain'),
  },
  {
    what: 'nginx hangs',
    strike: () => on('a', signalled('STOP', 'nginx')),
    seen: { at, web: SILENT, dicom: SILENT },
    mend: () => on('a', signalled('CONT', 'nginx')),
  },
  {
    what: 'Orthanc is dead',
    strike: () => on('a', killed('orthanc')),
    seen: {
      at,
      web: { ...SHOWN, status: 502, orthanc: 502 },
      dicom: MUTE('the connection was closed without an answer'),
    },
    mend: () => send('a', 'restart', { Service: 'orthanc' }),
  },
  {
    what: 'Orthanc hangs',
    strike: () => on('a', signalled('STOP', 'orthanc')),
    seen: { at, web: { ...SHOWN, status: 504, orthanc: 504 }, dicom: MUTE('no answer within 8 s') },
    mend: () => on('a', signalled('CONT', 'orthanc')),
  },
  {
    what: 'the database is stopped',
    strike: () => lab.database.stop(),
    seen: { at, web: { ...SHOWN, status: 503, orthanc: 200 }, dicom: ECHOES },
    mend: () => lab.database.start(),
  },
  {
    what: 'the database hangs',
    strike: () => lab.database.hang(),
    seen: { at, web: { ...SHOWN, status: 504, orthanc: 200 }, dicom: ECHOES },
    mend: () => lab.database.goOn(),
  },
];

it.each(FAULTS)('a client sees it when $what', async ({ strike, seen, mend }) => {
  await strike();

  expect(await view.look('a')).toEqual(seen);

  await mend();
  await backToService();
});

/** Has node a ask devices for certificates, as after an update with another configuration. */
async function configure(clientCertificates: string): Promise<void> {
  const file = lab.a.disk('opt/orthweb/settings.json');
  const { dicom, ...others } = JSON.parse(readFileSync(file, 'utf8'));
  writeFileSync(file, JSON.stringify({ ...others, dicom: { ...dicom, clientCertificates } }));
  writeFileSync(lab.a.disk('opt/orthweb/dicom-clients.pem'), DEVICES_CA);
  await on('a', 'bash /opt/orthweb/host/render.sh');
  await send('a', 'restart', { Service: 'nginx' });
}

it('a node that wants a certificate of each device is not asked for an echo, and serves', async () => {
  await configure('required');

  const sight = await view.look('a');

  expect(sight).toEqual({ at, web: { ...SHOWN, status: 200 }, dicom: SHOWN });
  expect(serves(sight)).toBe(true);
});

it('a node that takes certificates from devices that have one echoes', async () => {
  await configure('optional');

  expect(await view.look('a')).toMatchObject({ dicom: ECHOES });
});
