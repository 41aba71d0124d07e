import { readFileSync, statSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Lab } from '../../../simulator/lab/lab.ts';
import { makeStudy } from '../../../simulator/lab/study.ts';
import { Clients } from '../support/clients.ts';
import { Site } from '../support/site.ts';
import { Traces } from '../support/traces.ts';

let lab: Lab;
let traces: Traces;

const site = new Site();
afterAll(() => site.remove());
afterAll(() => lab.remove());

beforeAll(async () => {
  lab = await Lab.start();
  traces = new Traces(lab);
  await Promise.all([lab.a.boot(), lab.b.boot()]);

  const clients = new Clients(lab);
  await makeStudy(lab.client.path('study'), { instances: 1, size: 64 });
  await clients.store('a', ['study/1.dcm']);
  for (const user of [...Object.keys(lab.secrets.users), undefined]) {
    await clients.web('b', '/orthanc/dicom-web/studies', { user });
  }
  for (const [script, parameters] of [
    ['probe'],
    ['secrets'],
    ['restart', { Service: 'orthanc' }],
    ['boot'],
    ['logs', { Service: 'orthanc', Lines: '500' }],
    ['logs', { Service: 'nginx', Lines: '500' }],
  ] as const) {
    const { stdout, stderr } = await lab.a.send(site.document(script), parameters);
    traces.add(`${script} ${JSON.stringify(parameters)}`, `${stdout}${stderr}`);
  }
  await traces.collect();
}, 120_000);

/** Files of both nodes. */
const both = (...places: readonly string[]): string[] =>
  ['a', 'b'].flatMap((node) => places.map((place) => `${node} ${place}`)).sort();

const base64 = (words: string): string => Buffer.from(words).toString('base64');
const memory = async (node: 'a' | 'b', file: string) => (await lab[node].run(['cat', file])).stdout;

describe('secrets of a site, after it has been used', () => {
  it('are looked for wherever somebody could find them', () => {
    // Something that is in each of the kinds of place.
    expect(traces.of('/tmp/orthanc.json')).toContain('processes');
    expect(traces.of('AWS_EC2_METADATA_DISABLED=true')).toContain('processes');
    // psql, which runs for a moment.
    expect(traces.of('PGSSLMODE=verify-full')).toContain('processes');
    expect(traces.of("ORTHWEB_SITE='lab'")).toEqual(
      expect.arrayContaining(both('disk /opt/orthweb/site.env')),
    );
    expect(traces.of('"booted":true')).toEqual([...both('journal'), 'boot undefined']);
    expect(traces.of('Orthanc has started')).toEqual(expect.arrayContaining(both('orthanc logs')));
    expect(traces.of('GET /orthanc/dicom-web')).toEqual(['b nginx logs']);
    expect(traces.of('ready to accept connections')).toEqual(['database log']);
    expect(traces.of('"verdict":"serves"')).toEqual(['probe undefined']);
    expect(traces.of('ssl_verify_client')).toEqual(
      expect.arrayContaining(both('/run/orthweb/config/nginx/site/dicom-clients.conf')),
    );
  });

  it('of the master user of the database are nowhere any more', () => {
    const { username, password } = lab.secrets.master;

    expect(traces.of(password, base64(`${username}:${password}`))).toEqual([]);
  });

  it('of the database are in memory, where Orthanc reads them', () => {
    expect(traces.of(lab.secrets.database.password)).toEqual(
      both(
        '/run/orthweb/secrets/database.json',
        'orthanc /run/secrets/database.json',
        'orthanc /tmp/orthanc.json',
      ),
    );
  });

  it('of each user are in memory, where Orthanc reads them', () => {
    for (const [user, password] of Object.entries(lab.secrets.users)) {
      expect(traces.of(password, base64(`${user}:${password}`))).toEqual(
        both(
          '/run/orthweb/secrets/users.json',
          'orthanc /run/secrets/users.json',
          'orthanc /tmp/orthanc.json',
        ),
      );
    }
  });

  it('that nginx asks Orthanc with are in memory of one node, and another one there', async () => {
    for (const node of ['a', 'b'] as const) {
      const password = await memory(node, '/run/orthweb/secrets/health');

      expect(password.length).toBeGreaterThan(20);
      expect(traces.of(password, base64(`orthweb-health:${password}`))).toEqual([
        `${node} /run/orthweb/secrets/health`,
        `${node} /run/orthweb/secrets/health.conf`,
        `${node} /run/orthweb/secrets/users.json`,
        `${node} nginx /run/secrets/health.conf`,
        `${node} orthanc /run/secrets/users.json`,
        `${node} orthanc /tmp/orthanc.json`,
      ]);
    }
  });

  it('for the images are in memory, and former ones nowhere', async () => {
    const issued = lab.aws.credentials.filter((one) => !one.startsWith('ASIA'));
    for (const node of ['a', 'b'] as const) {
      const file = await memory(node, '/run/orthweb/secrets/images/credentials');
      const [secret = '', token = ''] = issued.filter((one) => file.includes(one));
      const places = [
        `${node} /run/orthweb/secrets/images/credentials`,
        `${node} orthanc /run/images/credentials`,
      ];

      expect(traces.of(secret)).toEqual(places);
      expect(traces.of(token)).toEqual(places);
    }
    expect(issued.filter((one) => traces.of(one).length > 0)).toHaveLength(4);
    expect(issued.length).toBeGreaterThan(4);
  });

  it('of TLS are in the folder of their certificate, for root alone', () => {
    for (const node of ['a', 'b'] as const) {
      const file = lab[node].disk('opt/orthweb/tls/live/tls.key');
      const lines = readFileSync(file, 'utf8').split('\n').slice(1, -2);

      expect(lines.length).toBeGreaterThan(10);
      expect(traces.of(...lines)).toEqual([`${node} disk /opt/orthweb/tls/gen/interim/tls.key`]);
      expect(statSync(file).mode & 0o777).toBe(0o600);
      expect(statSync(file).uid).toBe(0);
    }
  });
});
