import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type { NodeName } from '../../../simulator/lab/host.ts';
import { nameOf } from '../../../simulator/lab/lab.ts';
import { makeStudy, type Study } from '../../../simulator/lab/study.ts';
import { Clients } from '../support/clients.ts';
import { sha256 } from '../support/images.ts';
import { runningLab } from '../support/running-lab.ts';

const { lab } = await runningLab();
const clients = new Clients(lab);

const sent = (folder: string, file: string): Buffer =>
  readFileSync(lab.client.path(path.join(folder, file)));

/** Makes a study in a folder of the client's. */
const made = (folder: string, instances: number, size: number): Promise<Study> =>
  makeStudy(lab.client.path(folder), { instances, size });

interface Found {
  readonly ID: string;
  readonly MainDicomTags: { readonly InstanceNumber: string };
}

/** Orthanc's own name for a study, at a node, and for each of its images by its number. */
async function found(node: NodeName, { studyUid }: Study) {
  const ids = await clients.json<string[]>(node, '/orthanc/tools/find', {
    options: ['--data', JSON.stringify({ Level: 'Study', Query: { StudyInstanceUID: studyUid } })],
  });
  const instances = await clients.json<Found[]>(node, `/orthanc/studies/${ids[0]}/instances`);
  return { ids, instances };
}

describe('a study that a device has sent to node a', async () => {
  const study = await made('one', 1, 256);
  const [file = ''] = study.files;
  const stored = await clients.store('a', [`one/${file}`]);
  const { instances } = await found('b', study);

  it('is read back through node b, byte for byte', async () => {
    const [read = Buffer.of()] = await clients.bytes('b', [
      `/orthanc/instances/${instances[0]?.ID}/file`,
    ]);

    expect(stored).toEqual({ code: 0, stdout: '', stderr: '' });
    expect(sha256(read)).toBe(sha256(sent('one', file)));
  });

  it('is found at node b by DICOMweb, at an address that leads back through nginx', async () => {
    const [answer] = await clients.json<Record<string, { readonly Value?: readonly string[] }>[]>(
      'b',
      `/orthanc/dicom-web/studies?PatientID=${study.patientId}`,
      { options: ['--header', 'Accept: application/dicom+json'] },
    );
    const address = answer?.['00081190']?.Value?.[0];
    const { Root, PublicRoot } = JSON.parse(
      (await lab.b.run(['cat', '/run/orthweb/config/orthanc/orthanc.json'])).stdout,
    ).DicomWeb;
    expect(address).toBe(`${clients.origin('b')}${Root}studies/${study.studyUid}`);

    // From 1.8 on DICOMweb puts PublicRoot where Root is; the lab's is older.
    const [whole = Buffer.of()] = await clients.bytes(
      'b',
      [`${PublicRoot}studies/${study.studyUid}`],
      { options: ['--header', 'Accept: multipart/related; type=application/dicom'] },
    );
    expect(whole.includes(sent('one', file))).toBe(true);
  });

  it('is found at either node by a device that may search', async () => {
    const keys = ['QueryRetrieveLevel=STUDY', 'StudyInstanceUID=', `PatientID=${study.patientId}`];
    const query = { as: 'READER', options: ['-S', ...keys.flatMap((key) => ['-k', key])] };

    const answers = await Promise.all([
      clients.dicom('a', 'findscu', query),
      clients.dicom('b', 'findscu', query),
    ]);

    for (const { stderr } of answers) {
      expect(stderr.match(/Find Response: \d+ \(Pending\)/g)).toHaveLength(1);
      expect(stderr).toContain(`UI [${study.studyUid}`);
    }
  });

  it('is fetched by a device that knows no TLS, by way of a TLS proxy of its own', async () => {
    // getscu of DCMTK 3.6.7 is such a device.
    writeFileSync(lab.client.path('proxy.conf'), proxyOf('b'));
    mkdirSync(lab.client.path('fetched'));
    expect((await lab.client.run(['nginx', '-c', '/mnt/client/proxy.conf'])).stderr).toBe('');

    const keys = ['QueryRetrieveLevel=STUDY', `StudyInstanceUID=${study.studyUid}`];
    const { code } = await lab.client.run([
      ...['getscu', '-S', '-aet', 'READER', '-aec', 'ORTHWEB', '-od', '/mnt/client/fetched'],
      ...[...keys.flatMap((key) => ['-k', key]), '127.0.0.1', '11112'],
    ]);

    const fetched = readdirSync(lab.client.path('fetched'));
    expect(code).toBe(0);
    expect(fetched.map((name) => sha256(sent('fetched', name)))).toEqual([
      sha256(sent('one', file)),
    ]);
  });
});

describe('a study larger than all that nginx may write, which is 64 MiB', async () => {
  // Noise, so that it stays as large when it is packed.
  const study = await made('large', 5, 4096);
  const stored = await clients.store(
    'a',
    study.files.map((file) => `large/${file}`),
  );
  const { ids } = await found('b', study);

  it('comes as an archive, each image as it was sent, to a client that is slow to take it', async () => {
    const curl = [...clients.curl('b'), `${clients.origin('b')}/orthanc/studies/${ids[0]}/archive`];
    const slowly = '"$@" | { sleep 4; cat; } >/mnt/client/archive.zip';
    const { stderr } = await lab.client.run(['bash', '-c', slowly, 'slowly', ...curl]);
    const unpack = ['unzip', '-q', '-j', '/mnt/client/archive.zip', '-d', '/mnt/client/unpacked'];
    await lab.client.run(unpack);

    const unpacked = readdirSync(lab.client.path('unpacked'));
    expect(stored.code).toBe(0);
    expect(stderr).toBe('');
    expect(statSync(lab.client.path('archive.zip')).size).toBeGreaterThan(64 * 2 ** 20);
    expect(unpacked.map((file) => sha256(sent('unpacked', file))).sort()).toEqual(
      study.files.map((file) => sha256(sent('large', file))).sort(),
    );
  });

  it('can be sent as that archive too, and is no second study then', async () => {
    const answers = await clients.json<readonly unknown[]>('a', '/orthanc/instances', {
      options: ['--header', 'Expect:', '--data-binary', '@/mnt/client/archive.zip'],
    });

    expect(answers).toHaveLength(5);
    const again = await found('b', study);
    expect(again.ids).toEqual(ids);
    expect(again.instances).toHaveLength(5);
  });
});

it('100 images of a study sent at once, half to each node, are 100 images of one study at both', async () => {
  const study = await made('many', 100, 64);
  const before = await clients.json<Statistics>('a', '/orthanc/statistics');
  const half = (remainder: number) => study.files.filter((_, at) => at % 2 === remainder);
  const store = (node: NodeName) => (file: string) => clients.store(node, [`many/${file}`]);

  const began = performance.now();
  const associations = await Promise.all([...half(0).map(store('a')), ...half(1).map(store('b'))]);
  const seconds = (performance.now() - began) / 1000;
  process.stdout.write(
    `100 associations at once of one image each, half to each node: ${seconds.toFixed(1)} s\n`,
  );

  expect(associations).toEqual(Array(100).fill({ code: 0, stdout: '', stderr: '' }));
  for (const [node, files] of [
    ['b', half(0)],
    ['a', half(1)],
  ] as const) {
    const { ids, instances } = await found(node, study);
    expect(ids).toHaveLength(1);
    expect(instances).toHaveLength(100);
    const byNumber = new Map(
      instances.map((one) => [`${one.MainDicomTags.InstanceNumber}.dcm`, one.ID]),
    );
    const read = await clients.bytes(
      node,
      files.map((file) => `/orthanc/instances/${byNumber.get(file)}/file`),
    );
    expect(read.map(sha256)).toEqual(files.map((file) => sha256(sent('many', file))));
    const { CountPatients, CountStudies, CountSeries, CountInstances } =
      await clients.json<Statistics>(node, '/orthanc/statistics');
    expect({ CountPatients, CountStudies, CountSeries, CountInstances }).toEqual({
      CountPatients: before.CountPatients + 1,
      CountStudies: before.CountStudies + 1,
      CountSeries: before.CountSeries + 1,
      CountInstances: before.CountInstances + 100,
    });
  }
});

interface Statistics {
  readonly CountPatients: number;
  readonly CountStudies: number;
  readonly CountSeries: number;
  readonly CountInstances: number;
}

/** nginx as what stands beside a device that knows no TLS. */
const proxyOf = (node: NodeName): string => `
load_module /usr/lib/nginx/modules/ngx_stream_module.so;
pid /mnt/client/proxy.pid;
error_log /mnt/client/proxy.log;
events {}
stream {
  server {
    listen 127.0.0.1:11112;
    proxy_pass ${nameOf(node)}:11112;
    proxy_ssl on;
    proxy_ssl_verify on;
    proxy_ssl_trusted_certificate /mnt/client/${node}.pem;
    proxy_ssl_name ${new URL(clients.origin(node)).hostname};
  }
}
`;
