import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { done } from '../../../simulator/lab/command.ts';
import { makeStudy } from '../../../simulator/lab/study.ts';
import { Clients } from '../support/clients.ts';
import { DEVICE_CERTIFICATE_COMMANDS } from '../support/devices-page.ts';
import { runningLab } from '../support/running-lab.ts';

const { lab, send } = await runningLab();
const clients = new Clients(lab);
const study = await makeStudy(lab.client.path('study'), { instances: 1, size: 64 });
const image = ['study/1.dcm'];

describe('a device', () => {
  const echo = (as: string, called?: string) =>
    clients.dicom('a', 'echoscu', { as, ...(called && { called }) });
  const find = async (as: string) => {
    const options = ['-S', '-k', 'QueryRetrieveLevel=STUDY', '-k', 'StudyInstanceUID='];
    const { stderr } = await clients.dicom('a', 'findscu', { as, options });
    return stderr;
  };
  const refused = /Peer aborted Association/;

  it('may ask whether the site answers, under whatever title', async () => {
    expect((await echo('CT1')).code).toBe(0);
    expect((await echo('NOBODY')).code).toBe(0);
  });

  it('has to call the site by its title', async () => {
    const { code, stderr } = await echo('CT1', 'ORTHANC');

    expect(code).not.toBe(0);
    expect(stderr).toMatch(/Called AE Title Not Recognized/);
  });

  it('that may store does so, and finds nothing', async () => {
    expect((await clients.store('a', image, { as: 'CT1' })).code).toBe(0);
    expect(await find('CT1')).toMatch(refused);
  });

  it('that may find does so, and stores nothing', async () => {
    expect(await find('READER')).toContain(study.studyUid);
    const { code, stderr } = await clients.store('a', image, { as: 'READER' });
    expect(code).not.toBe(0);
    expect(stderr).toMatch(refused);
  });

  it('that nobody has configured neither stores nor finds', async () => {
    const { code, stderr } = await clients.store('a', image, { as: 'NOBODY' });
    expect(code).not.toBe(0);
    expect(stderr).toMatch(refused);
    expect(await find('NOBODY')).toMatch(refused);
  });
});

describe('a device proves who it is by a certificate', async () => {
  for (const authority of ['ours', 'others']) {
    const folder = lab.client.path(authority);
    mkdirSync(folder);
    await done(['bash', '-euc', `cd "$0"; ${DEVICE_CERTIFICATE_COMMANDS}`, folder]);
  }
  const certificate = (authority: string) => [
    ...['+tls', `/mnt/client/${authority}/ct1.key`, `/mnt/client/${authority}/ct1.pem`],
  ];
  const answer = async (tls: readonly string[]) => {
    const { code } = await clients.dicom('a', 'echoscu', { tls });
    return code === 0 ? 'let in' : 'turned away';
  };

  /** Has node a ask for certificates, as after an update with another configuration. */
  const configure = async (clientCertificates: string) => {
    const settings = lab.a.disk('opt/orthweb/settings.json');
    const { dicom, ...others } = JSON.parse(readFileSync(settings, 'utf8'));
    const changed = { ...others, dicom: { ...dicom, clientCertificates } };
    writeFileSync(settings, JSON.stringify(changed));
    const authority = lab.a.disk('opt/orthweb/dicom-clients.pem');
    copyFileSync(lab.client.path('ours/devices-ca.pem'), authority);
    const { code } = await lab.a.run(['bash', '/opt/orthweb/host/render.sh']);
    const { json } = await send('a', 'restart', { Service: 'nginx' });
    expect([code, json]).toEqual([0, { restarted: 'nginx' }]);
  };

  it.each([
    ['off', 'let in', 'let in', 'let in'],
    ['optional', 'let in', 'let in', 'turned away'],
    ['required', 'turned away', 'let in', 'turned away'],
  ])(
    '%s: without one it is %s, with one of its authority %s, with any other %s',
    async (clientCertificates, ...answers) => {
      await configure(clientCertificates);

      expect([
        await answer(['+tla']),
        await answer(certificate('ours')),
        await answer(certificate('others')),
      ]).toEqual(answers);
    },
  );

  it('takes nothing of a device that is turned away', async () => {
    const stored = async (tls: readonly string[]) =>
      (await clients.store('a', image, { tls })).code;

    expect(await stored(certificate('ours'))).toBe(0);
    expect(await stored(['+tla'])).not.toBe(0);
    expect(await stored(certificate('others'))).not.toBe(0);
  });
});
