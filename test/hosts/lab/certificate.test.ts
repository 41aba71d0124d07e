import { readdirSync, readFileSync, readlinkSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { nameOf } from '../../../simulator/lab/lab.ts';
import { testAuthority } from '../../support/authority.ts';
import { Certificates, fingerprintOf, type Installation } from '../support/certificates.ts';
import { Device } from '../support/device.ts';
import { runningLab } from '../support/running-lab.ts';
import { Traces } from '../support/traces.ts';
import { until } from '../support/until.ts';

const running = await runningLab();
const { lab, on, send } = running;
const certificates = await Certificates.of(running);
const interim = (await certificates.served('a')).pair.fingerprint;

const TLS = '/opt/orthweb/tls';
const tls = (file: string) => lab.a.disk(`opt/orthweb/tls/${file}`);
const live = () => readlinkSync(tls('live'));
const KEY_OF_B = `b disk ${TLS}/gen/interim/tls.key`;

/** What a client that trusts the PEM in a file of its own is answered by node a. */
const ask = (trusted: string, place: string) =>
  lab.client.run([
    ...['curl', '--silent', '--show-error', '--include', '--max-time', '10'],
    ...['--cacert', `/mnt/client/${trusted}`, `https://${nameOf('a')}${place}`],
  ]);
const trust = (file: string, pem: string) => writeFileSync(lab.client.path(file), pem);

describe('a request', () => {
  it('makes a key that root alone can read, changes nothing, and removes one that came to nothing', async () => {
    const before = live();
    const first = await certificates.issue('a');
    expect(statSync(tls(`gen/${first.Generation}/tls.key`)).mode & 0o777).toBe(0o600);

    const second = await certificates.issue('a');

    expect(second.Generation).not.toBe(first.Generation);
    expect(readdirSync(tls('gen')).sort()).toEqual([second.Generation, 'interim']);
    expect(readdirSync(tls(`gen/${second.Generation}`))).toEqual(['tls.key']);
    expect(live()).toBe(before);
  });
});

describe('an installation', () => {
  it('has clients at both ports see the new certificate, and publishes what they are to trust', async () => {
    const installation = await certificates.issue('a');
    const containers = await lab.a.containers();

    const { code, json } = await certificates.install('a', installation);

    const fingerprint = fingerprintOf(installation);
    expect({ code, json }).toEqual({
      code: 0,
      json: {
        installed: true,
        generation: installation.Generation,
        fingerprint,
        seconds: expect.any(Number),
      },
    });
    expect(await certificates.served('a')).toMatchObject({
      serves: true,
      pair: {
        matches: true,
        fingerprint,
        generation: installation.Generation,
        names: [nameOf('a'), expect.stringMatching(/^[0-9.]+$/)],
        notAfter: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
      },
      web: { fingerprint },
      dicom: { fingerprint },
      authorities: [certificates.authority.certificate.fingerprint256],
    });
    expect(await lab.a.containers()).toEqual(containers);

    trust('own.pem', certificates.authority.listed.pem);
    const published = await ask('own.pem', '/ca.pem');
    expect(published.stdout).toMatch(
      /^HTTP\/1.1 200 .*^Content-Type: application\/x-pem-file\r$/ms,
    );
    expect(published.stdout).toContain(certificates.authority.listed.pem.trim());
    for (const [file, text] of [
      ['ca.pem', certificates.authority.listed.pem],
      ['name', nameOf('a')],
    ] as const) {
      expect(readFileSync(tls(file), 'utf8').trim()).toBe(text.trim());
    }
  });

  it('is trusted by a device whose clock is half an hour behind', async () => {
    trust('own.pem', certificates.authority.listed.pem);
    await certificates.renew('a');
    const then = Math.floor(Date.now() / 1000) - 30 * 60;
    const ends = (at: number) =>
      Promise.all(
        [443, 11112].map(async (port) => {
          const client = ['openssl', 's_client', '-connect', `${nameOf('a')}:${port}`];
          const terms = ['-verify_return_error', '-CAfile', '/mnt/client/own.pem'];
          const clock = ['-attime', String(at)];
          return (await lab.client.run([...client, ...terms, ...clock])).code;
        }),
      );

    expect(await ends(then)).toEqual([0, 0]);
    expect(await ends(then - 60 * 60)).toEqual([1, 1]);
  });

  it('replaces a live pair of which a part is lost', async () => {
    rmSync(tls('live/fullchain.pem'));

    const installation = await certificates.renew('a');

    await certificates.isWhole('a', [fingerprintOf(installation)]);
  });

  it('can be repeated, and only with the same values', async () => {
    const installation = await certificates.renew('a');
    const before = live();

    const again = await certificates.install('a', installation);
    const other = await certificates.install('a', {
      ...installation,
      Name: 'ip-10-0-0-1.internal',
    });

    expect(again.json).toMatchObject({ installed: true, fingerprint: fingerprintOf(installation) });
    expect(other.json).toMatchObject({ installed: false, restored: null });
    expect(live()).toBe(before);
    await certificates.isWhole('a', [fingerprintOf(installation)]);
  });

  it('is made once where two are at it', async () => {
    const installation = await certificates.issue('a');

    const both = await Promise.all([1, 2].map(() => certificates.install('a', installation)));

    expect(both.map(({ code }) => code).toSorted()).toEqual([0, 75]);
    await certificates.isWhole('a', [fingerprintOf(installation)]);
  });

  it('keeps three generations, and no key anywhere else', async () => {
    const traces = new Traces(lab);
    const all: Installation[] = [];
    // One comes to nothing, and some are removed again.
    await certificates.issue('a');
    for (let round = 0; round < 5; round += 1) all.push(await certificates.renew('a'));
    await traces.collect();
    traces.add('Systems Manager', JSON.stringify(certificates.invocations));

    const kept = all.slice(-3).map(({ Generation }) => Generation);
    expect(readdirSync(tls('gen')).sort()).toEqual(kept);
    expect(readlinkSync(tls('former'))).toBe(`gen/${kept.at(-2)}`);
    const keys = [...kept.map((one) => `a disk ${TLS}/gen/${one}/tls.key`), KEY_OF_B];
    expect(traces.withPrivateKeys()).toEqual(keys);
    for (const generation of kept) {
      const file = `gen/${generation}/tls.key`;
      expect(statSync(tls(file)).mode & 0o777).toBe(0o600);
      const [, ...lines] = readFileSync(tls(file), 'utf8').trim().split('\n').slice(0, -1);
      expect(traces.of(...lines)).toEqual([`a disk ${TLS}/${file}`]);
    }
  });

  it('has trust go on where the authority was signed anew with the same key', async () => {
    const anew = await testAuthority({ site: 'lab', signed: new Date() });
    trust('former.pem', certificates.authority.listed.pem);
    trust('anew.pem', anew.listed.pem);
    const trusted = async () =>
      (await Promise.all(['former.pem', 'anew.pem'].map((file) => ask(file, '/healthz')))).map(
        ({ code }) => code,
      );
    await certificates.renew('a');
    const before = await trusted();

    await certificates.renew('a', { authorities: [anew] });

    expect([before, await trusted()]).toEqual([
      [0, 0],
      [0, 0],
    ]);
    expect((await certificates.served('a')).authorities).toEqual([anew.certificate.fingerprint256]);
  });

  it('moves to another authority with both published', async () => {
    const next = await testAuthority({ site: 'lab', number: 2 });
    trust('next.pem', next.listed.pem);

    await certificates.renew('a', { authorities: [next, certificates.authority] });

    expect((await ask('next.pem', '/healthz')).code).toBe(0);
    // 60 is what curl does not trust.
    expect((await ask('own.pem', '/healthz')).code).toBe(60);
    expect(await certificates.served('a')).toMatchObject({
      serves: true,
      authorities: [next, certificates.authority].map(
        ({ certificate }) => certificate.fingerprint256,
      ),
    });
  });
});

describe('a drained host', () => {
  it('switches without anybody seeing it, and serves the pair from the undrain on', async () => {
    await send('a', 'drain');
    const installation = await certificates.issue('a');

    const { json } = await certificates.install('a', installation);
    await send('a', 'undrain');

    expect(json).toMatchObject({ installed: true, drained: true });
    await certificates.isWhole('a', [fingerprintOf(installation)]);
  });
});

describe('going back', () => {
  it('brings back the pair, the authorities and the name of before, once', async () => {
    const next = await testAuthority({ site: 'lab', number: 2 });
    const former = await certificates.renew('a');
    const latter = await certificates.renew('a', { authorities: [next] });
    const back = () => send('a', 'certificate-rollback', { Generation: latter.Generation });

    const [first, second] = [await back(), await back()];

    expect([first.code, first.json]).toEqual([
      0,
      { restored: true, generation: former.Generation },
    ]);
    expect([second.code, second.json]).toEqual([
      0,
      { restored: false, generation: former.Generation },
    ]);
    expect((await certificates.served('a')).authorities).toEqual([
      certificates.authority.certificate.fingerprint256,
    ]);
    await certificates.isWhole('a', [fingerprintOf(former)], latter);
  });

  it('is not done where nothing came before, or nginx does not take it up, and then again is', async () => {
    const first = await certificates.renew('b');
    const latter = await certificates.renew('b');
    const config = '/run/orthweb/config/nginx/tls.conf';
    const back = ({ Generation }: Installation) =>
      send('b', 'certificate-rollback', { Generation });

    await on('b', `cp ${config} /tmp && echo broken >>${config}`);
    const broken = await back(latter);
    await on('b', `cp /tmp/tls.conf ${config}`);
    const mended = await back(latter);
    const last = await back(first);

    expect([broken.code, broken.json]).toEqual([
      1,
      {
        restored: false,
        generation: first.Generation,
        reason: expect.stringMatching(/ is live again, and nginx does not serve it: ./),
      },
    ]);
    expect([mended.code, mended.json.restored]).toEqual([0, false]);
    expect([last.code, last.json]).toEqual([
      1,
      {
        restored: false,
        generation: first.Generation,
        reason: 'There is no former pair on this host to go back to.',
      },
    ]);
    await certificates.isWhole('b', [fingerprintOf(first)]);
  });
});

describe('what is cut off in the middle', () => {
  const generation = (installation: Installation) => `${TLS}/gen/${installation.Generation}`;
  const MOMENTS: Readonly<Record<string, (installation: Installation) => string>> = {
    'a certificate is written': (to) => `[[ -e ${generation(to)}/name ]]`,
    'the pair is switched': (to) => `[[ ${TLS}/live -ef ${generation(to)} ]]`,
  };
  /** Runs an installation, and kills all of it at once when bash on the host says so. */
  const killed = async (installation: Installation, moment: string) => {
    const said = Object.entries(installation).map(([name, value]) => `SSM_${name}=${value}`);
    expect(
      await on(
        'a',
        `env ${said.join(' ')} setsid bash -c 'echo $$ >/tmp/group; exec bash /opt/orthweb/host/certificate-install.sh' >/dev/null & installation=$!
         until ${moment} || ! kill -0 $installation 2>/dev/null; do :; done
         kill -KILL -- -$(cat /tmp/group) && echo killed`,
      ),
    ).toBe('killed\n');
  };

  it.each(Object.entries(MOMENTS))('when %s is ended by the same again', async (_, moment) => {
    const former = await certificates.renew('a');
    const installation = await certificates.issue('a');

    await killed(installation, moment(installation));

    const { pair } = await certificates.served('a');
    expect(pair).toMatchObject({ matches: true });
    const { json } = await certificates.install('a', installation);
    expect(json).toMatchObject({ installed: true });
    await certificates.isWhole('a', [former, installation].map(fingerprintOf));
  });

  it('when the power goes between switch and reload leaves a whole new pair to the next boot', async () => {
    const installation = await certificates.issue('a');
    const running = certificates.install('a', installation).catch(() => undefined);
    await until('the switch', live, (to) => to === `gen/${installation.Generation}`);

    await lab.a.crash();
    await running;
    await lab.a.boot();

    await until(
      'a boot',
      async () => (await certificates.served('a')).serves,
      (serves) => serves,
    );
    await certificates.isWhole('a', [fingerprintOf(installation)], installation);
  });
});

describe('transfers', () => {
  it('of before three reloads that still run hold up the next one, and the end of one lets it pass', async () => {
    const device = new Device(lab);
    await device.images('long', 100);
    const first = await certificates.renew('b');
    expect(fingerprintOf(first)).not.toBe(interim);
    const stores = [];
    for (const name of ['one', 'two', 'three']) {
      const go = lab.client.path(name);
      stores.push({ go, store: device.store('b', 'long', { until: `/mnt/client/${name}` }) });
      await until(
        name,
        () => readdirSync(lab.client.path('.')),
        (files) => files.includes(`${name}.held`),
      );
      await certificates.renew('b');
    }
    const installation = await certificates.issue('b');

    const held = await certificates.install('b', installation);
    const [one, ...others] = stores;
    if (one) writeFileSync(one.go, '');
    expect((await one?.store)?.code).toBe(0);
    const passed = await until(
      'an installation',
      async () => (await certificates.install('b', installation)).json,
      ({ installed }) => installed === true,
    );
    for (const { go } of others) writeFileSync(go, '');

    expect(held.json).toEqual({
      installed: false,
      phase: 'preflight',
      restored: null,
      reason: 'not now: nginx still finishes transfers from before three reloads or more',
    });
    expect(passed).toMatchObject({ installed: true });
    expect(await Promise.all(others.map(async ({ store }) => (await store).code))).toEqual([0, 0]);
  });
});
