import { describe, expect, it } from 'vitest';
import { nameOf } from '../../../simulator/lab/lab.ts';
import { makeStudy } from '../../../simulator/lab/study.ts';
import { Clients } from '../support/clients.ts';
import { runningLab } from '../support/running-lab.ts';

/** A network of the site that the lab's client is not in. */
const network = { vpc: '192.0.2.0/24', containers: '192.168.240.0/20' };
const { lab } = await runningLab({ settings: { network } });
const clients = new Clients(lab);
const study = await makeStudy(lab.client.path('study'), { instances: 1, size: 64 });

describe('encryption', () => {
  /** What OpenSSL says of a handshake with a port of node a, on terms that it offers. */
  const handshake = async (port: number, ...terms: readonly string[]) => {
    const ask = ['openssl', 's_client', '-connect', `${nameOf('a')}:${port}`, ...terms];
    const { stdout, stderr } = await lab.client.run(
      ['bash', '-c', '"$@" </dev/null', '-', ...ask],
      5,
    );
    return `${stdout}${stderr}`;
  };

  it('is demanded: nothing is answered without it', async () => {
    const web = (port: number) =>
      lab.client.run(['curl', '--silent', '--include', `http://${nameOf('a')}:${port}/orthanc/`]);
    const echo = await lab.client.run(['echoscu', '-aec', 'ORTHWEB', nameOf('a'), '11112'], 5);

    // 7 is a refused connection.
    expect((await web(80)).code).toBe(7);
    expect((await web(443)).stdout).toMatch(/^HTTP\/1.1 400 .* was sent to HTTPS port/s);
    expect((await web(11112)).stdout).toBe('');
    expect(echo.code).not.toBe(0);
    expect(echo.stderr).toMatch(/Peer aborted Association/);
  });

  it.each([443, 11112])('is of TLS 1.2 or 1.3 at port %i, with AEAD only', async (port) => {
    for (const version of ['1.2', '1.3']) {
      const said = await handshake(port, '-brief', `-tls${version.replace('.', '_')}`);
      expect(said).toContain(`Protocol version: TLSv${version}`);
    }
    // This client would, so it is the server that refuses.
    const weak = ['-cipher', 'ALL:@SECLEVEL=0'];
    expect(await handshake(port, '-tls1_1', ...weak)).toMatch(/alert protocol version/);
    expect(await handshake(port, '-tls1_2', '-cipher', 'ECDHE-RSA-AES256-SHA384')).toMatch(
      /alert handshake failure/,
    );
  });
});

describe('the web', () => {
  it('asks for a password, and takes none but the right one', async () => {
    clients.knows('stranger', 'admin');
    const status = async (user?: string) =>
      (await clients.web('a', '/orthanc/system', { user })).status;

    expect(await status()).toBe(401);
    expect(await status('stranger')).toBe(401);
    expect(await status('admin')).toBe(200);
    expect(await status('reporting')).toBe(200);
  });

  it('says to each page, also to one that is not there, how browsers are to treat it', async () => {
    for (const [place, status] of [
      ['/orthanc/system', 200],
      ['/nowhere', 404],
      ['/orthanc/nowhere', 404],
    ] as const) {
      const page = await clients.web('a', place);
      expect(page.status).toBe(status);
      expect(page.headers).toMatch(/^Strict-Transport-Security: max-age=31536000\r?$/m);
      expect(page.headers).toMatch(/^X-Content-Type-Options: nosniff\r?$/m);
      expect(page.headers).toMatch(/^Referrer-Policy: no-referrer\r?$/m);
      expect(page.headers).toMatch(/^Server: nginx\r?$/m);
    }
  });

  it.each([
    'shutdown',
    'reset',
    'execute-script',
    'log-level',
    'log-level-dicom',
    'metrics',
    'metrics-prometheus',
    'dicom-echo',
  ])('keeps /tools/%s from people with a password, however they write it', async (tool) => {
    const encoded = `%${tool.charCodeAt(0).toString(16)}${tool.slice(1)}`;
    const ways = [
      `/orthanc/tools/${tool}`,
      `/orthanc/tools/${tool}/`,
      `/orthanc/tools/${tool}?now`,
      `/orthanc//tools//${tool}`,
      `//orthanc/tools/${tool}`,
      `/orthanc/tools/${encoded}`,
      `/orthanc/%74ools/${tool}`,
      `/orthanc/tools%2f${tool}`,
      `/orthanc/tools/./${tool}`,
      `/orthanc/%2e/tools/${tool}`,
      `/orthanc/studies/../tools/${tool}`,
    ];
    for (const method of ['GET', 'POST', 'PUT']) {
      const options = ['--request', method, '--data', ''];
      expect(await clients.statuses('a', ways, { options })).toEqual(ways.map(() => 403));
    }
    expect((await clients.web('a', '/orthanc/system')).status).toBe(200);
  });

  it.each([
    ['/orthanc/modalities/CT1', '["CT1", "127.0.0.1", 104]'],
    ['/orthanc/modalities/NEW', '["NEW", "127.0.0.1", 104]'],
    ['/orthanc/peers/NEW', '["http://127.0.0.1/"]'],
    ['/orthanc/dicom-web/servers/NEW', '["http://127.0.0.1/"]'],
    // Names that end as the addresses of archives do.
    ['/orthanc/modalities/archive', '["NEW", "127.0.0.1", 104]'],
    ['/orthanc/dicom-web/servers/media', '["http://127.0.0.1/"]'],
    ['/orthanc/tools/default-encoding', 'Latin1'],
    ['/orthanc/tools/unknown-sop-class-accepted', '1'],
    ['/orthanc/tools/accepted-transfer-syntaxes', '["1.2.840.10008.1.2"]'],
  ])("lets nobody change %s, which is the configuration's", async (place, value) => {
    const ways = [place, `${place}/`, place.replace(/\/(?=[^/]+$)/, '//')];
    for (const change of [['PUT', '--data', value], ['POST', '--data', value], ['DELETE']]) {
      const options = ['--request', ...change];
      expect(await clients.statuses('a', ways, { options })).toEqual([403, 403, 403]);
    }
  });

  it('shows which devices there are, and what else those pages say', async () => {
    expect(await clients.json('a', '/orthanc/modalities')).toEqual(['CT1', 'READER']);
    expect(await clients.json('a', '/orthanc/modalities/CT1')).toContain('configuration');
    expect(await clients.json('a', '/orthanc/dicom-web/servers')).toEqual([]);
    expect((await clients.web('a', '/orthanc/tools/default-encoding')).status).toBe(200);
  });

  it('tells everybody whether nginx lives, and only its own network what is behind it', async () => {
    const host = async (place: string) => {
      const local = ['--cacert', '/opt/orthweb/tls/ca.pem', '--connect-to', '::127.0.0.1:443'];
      const curl = [
        'curl',
        '--silent',
        '--output',
        '/dev/null',
        '--write-out',
        '%{http_code}',
        ...local,
      ];
      return Number((await lab.a.run([...curl, `${clients.origin('a')}${place}`])).stdout);
    };
    const client = async (place: string) => (await clients.web('a', place)).status;

    expect([await client('/healthz'), await host('/healthz')]).toEqual([200, 200]);
    for (const place of ['/healthz/orthanc', '/healthz/deep']) {
      expect([await client(place), await host(place)]).toEqual([403, 200]);
    }
  });
});

describe('what nginx and Orthanc write down', () => {
  it('names no patient and no study, nor what anybody looked for', async () => {
    const name = 'PatientName=Synthetic%5ENobody';
    const asked = [
      `/orthanc/dicom-web/studies?${name}&PatientID=${study.patientId}`,
      `/orthanc/dicom-web/studies/${study.studyUid}/metadata`,
      `/orthanc/dicom-web/studies/${study.studyUid}/series?${name}`,
      // What does not come to Orthanc, for one reason or another.
      `/${study.studyUid}?${name}`,
      `/orthanc/tools/shutdown?${name}`,
      `/healthz/deep?${name}`,
    ];
    const find = JSON.stringify({ Level: 'Study', Query: { PatientName: 'Synthetic^Nobody' } });
    expect((await clients.store('b', ['study/1.dcm'])).code).toBe(0);
    const ask = async () => {
      for (const place of asked) await clients.web('b', place);
      await clients.web('b', '/orthanc/tools/find', { options: ['--data', find] });
      await clients.web('b', `/orthanc/modalities/X?${name}`, { options: ['--request', 'DELETE'] });
    };
    const written = async () => {
      const logs = ['logs', '--no-color', '--no-log-prefix', '--timestamps', '--tail', '2000'];
      const compose = ['docker', 'compose', '--project-directory', '/opt/orthweb', ...logs];
      const ended = await Promise.all(
        ['nginx', 'orthanc'].map((service) => lab.b.run([...compose, service])),
      );
      return ended.map(({ stdout }) => stdout).join('');
    };

    await ask();
    // What fails is written down elsewhere.
    await lab.b.run([
      'docker',
      'compose',
      '--project-directory',
      '/opt/orthweb',
      'stop',
      'orthanc',
    ]);
    await ask();

    const lines = await written();
    for (const status of [200, 403, 404, 502]) expect(lines).toMatch(new RegExp(` ${status} \\d`));
    for (const said of ['Synthetic', 'Nobody', study.patientId, study.studyUid, '?']) {
      expect(lines.split('\n').filter((line) => line.includes(said))).toEqual([]);
    }
  });
});
