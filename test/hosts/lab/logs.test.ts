import { writeFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { nameOf } from '../../../simulator/lab/lab.ts';
import { Device } from '../support/device.ts';
import { runningLab } from '../support/running-lab.ts';

const { lab, send } = await runningLab();
const device = new Device(lab);

/** What names a patient, a study or a person, in the forms in which it gets into logs. */
const SECRET = [
  ...['DOE', 'JOHN', 'Müller', 'M%C3%BCller', 'Ren', 'Søren', 'doe-john', 'DR_HOUSE', 'o-brien'],
  ...['19470315', '1947-03-15', '15.03.1947', '19470401'],
  ...['1.2.826.0.1.3680043.8.498', '2.25.3141592653589793'],
  ...['ACC-2026-4711', '4711', 'MRN0815', 'a1b2c3d4'],
];

const curl = (...more: readonly string[]) =>
  lab.client.run([
    ...['curl', '--silent', '--insecure', '--globoff', '--max-time', '10'],
    ...['--user', `admin:${lab.secrets.users.admin}`],
    ...more,
  ]);
const web = `https://${nameOf('a')}/orthanc`;

const logs = async (service: 'nginx' | 'orthanc', lines = '500') => {
  const { code, stdout, json } = await send('a', 'logs', { Service: service, Lines: lines });
  expect(code).toBe(0);
  return { text: stdout, lines: json.lines as readonly string[] };
};
const found = (text: string) => SECRET.filter((word) => text.includes(word));
/** What is in the container's log before the script has seen it. */
const raw = async (service: string) => {
  const command = `logs --no-color --no-log-prefix --timestamps --tail 2000 ${service}`;
  const { stdout } = await lab.a.run([
    ...['docker', 'compose', '--project-directory', '/opt/orthweb'],
    ...command.split(' '),
  ]);
  return stdout;
};

beforeAll(async () => {
  await device.images('plain', 1);
  writeFileSync(lab.client.path('identifier'), '(0010,0010) PN [DOE^JOHN]\n');
  // Queries and paths, in the web.
  await curl(`${web}/dicom-web/studies?PatientName=DOE^JOHN&PatientBirthDate=19470315`);
  await curl(
    `${web}/dicom-web/studies/1.2.826.0.1.3680043.8.498/series?AccessionNumber=ACC-2026-4711`,
  );
  await curl(`${web}/patients/M%C3%BCller-Ren%C3%A9-15.03.1947`);
  await curl(`${web}/doe-john/19470401`, `${web}/o-brien`);
  await curl('-X', 'DR_HOUSE', `${web}/studies/a1b2c3d4-a1b2c3d4-a1b2c3d4-a1b2c3d4-a1b2c3d4`);
  // What comes in headers and in bodies.
  await curl(
    '-H',
    'Referer: https://ris/?patient=MRN0815',
    '-A',
    'DOE^JOHN 1947-03-15',
    `${web}/nowhere`,
  );
  const body = ['-X', 'POST', '--data-binary'];
  await curl(...body, '{"Level":"DOE^JOHN","Query":{"PatientID":"MRN0815"}}', `${web}/tools/find`);
  await curl(...body, '{"Level":"Study","Query":{"Søren":"4711"}}', `${web}/tools/find`);
  await curl(...body, 'not DICOM: DOE^JOHN 2.25.3141592653589793', `${web}/instances`);
  await curl(...body, 'DOE', `${web}/tools/lookup`, '-H', 'Content-Type: JOHN');
  // Titles of devices in associations that are refused.
  await device.store('a', 'plain', { title: 'DOE^JOHN' });
  await device.store('a', 'plain', { title: 'MRN0815' });
  // What nginx cannot pass on.
  await lab.a.run(['docker', 'compose', '--project-directory', '/opt/orthweb', 'stop', 'orthanc']);
  await curl(`${web}/dicom-web/studies?PatientName=DOE^JOHN`, '-H', 'Referer: https://ris/MRN0815');
  await device.store('a', 'plain');
}, 120_000);

describe('logs', () => {
  it.each(['nginx', 'orthanc'] as const)(
    'of %s have nothing in them that names a patient, a study or a person',
    async (service) => {
      const written = await raw(service);

      const { text } = await logs(service);

      // nginx writes down none of it in the first place; Orthanc quotes what it is given.
      expect(found(written).length > 0).toBe(service === 'orthanc');
      expect(found(text)).toEqual([]);
    },
  );

  it('of nginx say who was answered what, how fast, and what went wrong', async () => {
    const { lines } = await logs('nginx');

    const time = String.raw`^\d{4}-\d\d-\d\dT[\d:.]+Z`;
    const said = (what: string) => expect.stringMatching(new RegExp(`${time} ${what}`));
    expect(lines).toContainEqual(
      said(String.raw`10\.231\.77\.20 GET /orthanc/dicom-web \d{3} \d+ [\d.]+ TLSv1\.3$`),
    );
    expect(lines).toContainEqual(said(String.raw`10\.231\.77\.20 DICOM 200 \d+ \d+ [\d.]+ TLSv1`));
    expect(lines).toContainEqual(said('error 111 .*Connection refused'));
  });

  it('of Orthanc say what went wrong and where', async () => {
    const { lines } = await logs('orthanc');

    expect(lines).toContainEqual(expect.stringMatching(/Z W \w+\.cpp:\d+ .*Orthanc has started/));
    expect(lines).toContainEqual(
      expect.stringMatching(/Z E \w+\.cpp:\d+ .*(Bad|Unknown|Parameter)/),
    );
  });

  it('are as many lines as were asked for, the last ones, and less than an answer may have', async () => {
    const { lines: all } = await logs('nginx');
    const { lines } = await logs('nginx', '3');

    expect(lines).toEqual(all.slice(-3));

    await curl(...Array.from({ length: 600 }, () => `${web}/${'x'.repeat(2000)}`));
    const { text, lines: many } = await logs('nginx');
    expect(many.length).toBeGreaterThan(200);
    expect(text.length).toBeLessThan(24_000);
  });

  it.each([
    [
      'E1123 10:00:00.000000 ServerContext.cpp:12] Bad file format: DOE^JOHN',
      ' E ServerContext.cpp:12 Bad file format',
    ],
    ['W1123 10:00:00.000000     HTTP-12 DOE JOHN.cpp:12] 19470315', ' (withheld)'],
    ['DOE^JOHN Timeout 19470315', ' Timeout'],
    [
      '1.2.3.4 [2026-11-23T16:56:55+00:00] GET /orthanc/doe 200 1 0.1 TLSv1.3',
      ' 1.2.3.4 GET other 200 1 0.1 TLSv1.3',
    ],
  ])('keep of a line no more than what it is known to have: %s', async (line, kept) => {
    await lab.a.run([
      'bash',
      '-c',
      'printf "%s\\n" "$1" >"/proc/$(docker inspect --format {{.State.Pid}} orthweb-nginx-1)/fd/2"',
      'write',
      line,
    ]);

    const { lines } = await logs('nginx', '1');

    expect(lines[0]?.replace(/^\S+/, '')).toBe(kept);
  });
});
