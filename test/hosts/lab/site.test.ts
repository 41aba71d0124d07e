import { copyFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Lab, nameOf } from '../../../simulator/lab/lab.ts';
import { makeStudy } from '../../../simulator/lab/study.ts';

let lab: Lab;

beforeAll(async () => {
  lab = await Lab.start();
  await Promise.all([lab.a.boot(), lab.b.boot()]);
}, 120_000);

afterAll(() => lab?.remove());

/** What nginx of a node says when it is asked on the node how it is. */
const health = async (node: 'a' | 'b', of: 'orthanc' | 'deep') =>
  (
    await lab[node].run([
      ...['curl', '--silent', '--insecure', '--max-time', '5', '--output', '/dev/null'],
      ...['--write-out', '%{http_code}', `https://localhost/healthz/${of}`],
    ])
  ).stdout;

/** What a person gets of a node, with the password that is in Secrets Manager. */
const asked = async (node: 'a' | 'b', place: string) =>
  (
    await lab.client.run([
      ...['curl', '--silent', '--insecure', '--max-time', '10'],
      ...['--user', `admin:${lab.secrets.users.admin}`, `https://${nameOf(node)}${place}`],
    ])
  ).stdout;

describe('a site in the lab, on the bundle that a deployment brings', () => {
  it('takes a study on one node and shows it on the other', async () => {
    copyFileSync(lab.a.disk('opt/orthweb/tls/ca.pem'), lab.client.path('ca.pem'));
    const study = await makeStudy(lab.client.path('study'), { instances: 3, size: 64 });

    const sent = await lab.client.run([
      ...[
        'storescu',
        '+tla',
        '+cf',
        '/mnt/client/ca.pem',
        '-aet',
        'CT1',
        '-aec',
        'ORTHWEB',
        nameOf('a'),
        '11112',
      ],
      ...study.files.map((file) => `/mnt/client/study/${file}`),
    ]);

    expect(sent).toMatchObject({ code: 0 });
    const found = await asked('b', `/orthanc/dicom-web/studies?PatientID=${study.patientId}`);
    expect(JSON.parse(found)).toEqual([
      expect.objectContaining({ '0020000D': { Value: [study.studyUid], vr: 'UI' } }),
    ]);
  });

  it('answers for itself when its database does not, and is whole again after that', async () => {
    await lab.database.silence();
    const silent = [await health('a', 'orthanc'), await health('a', 'deep')];
    await lab.database.speak();
    await expect.poll(() => health('a', 'deep'), { timeout: 60_000 }).toBe('200');
    await lab.database.stop();
    const stopped = [await health('a', 'orthanc'), await health('a', 'deep')];
    await lab.database.start();
    await expect.poll(() => health('a', 'deep'), { timeout: 60_000 }).toBe('200');

    expect(silent).toEqual(['200', expect.stringMatching(/^50/)]);
    expect(stopped).toEqual(['200', expect.stringMatching(/^50/)]);
  });

  it.each(['powerOff', 'crash'] as const)(
    'serves again after %s',
    async (end) => {
      await lab.b[end]();
      await lab.b.boot();

      await expect.poll(() => health('b', 'deep'), { timeout: 60_000 }).toBe('200');
      expect(JSON.parse(await asked('b', '/orthanc/studies'))).toHaveLength(1);
    },
    120_000,
  );
});
