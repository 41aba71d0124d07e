import { sign, X509Certificate } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { authorityCertificate } from '../../../functions/certificate/authority-certificate.ts';
import { leaf } from '../../../functions/certificate/leaf.ts';
import { readRequest } from '../../../functions/certificate/signing-request.ts';
import { seal } from '../../../functions/certificate/x509.ts';
import { probed } from '../../../simulator/host-probe.ts';
import { type Course, HostTls } from '../../../simulator/host-tls.ts';
import { Chance } from '../../../simulator/random.ts';
import { rsaKey } from '../../../simulator/rsa-key.ts';
import { WELL } from '../../support/well-host.ts';

const NOW = Date.parse('2026-11-30T12:00:00Z');
const DAY_MS = 86_400_000;
const NAME = 'ec2-203-0-113-9.ca-central-1.compute.amazonaws.com';
const AUTHORITY = rsaKey('the authority of a test', 3072);

/** A host whose nginx runs, and its authority. */
async function scene() {
  let now = NOW;
  const tls = new HostTls('clinic', 'a', () => now);
  tls.begin(Chance.of(1, 'a boot'));
  tls.restart();
  const unsigned = authorityCertificate({
    publicKey: AUTHORITY.publicKey,
    site: 'clinic',
    number: 1,
    signed: new Date(NOW),
  });
  const authority = await seal(unsigned, bySigning);
  const request = () => ask(tls.request(Chance.of(now, 'a request')));
  const issued = async (asked: { request: string; generation: string }, names = [NAME]) => {
    const unsigned = leaf({
      publicKey: readRequest(asked.request),
      site: 'clinic',
      node: 'a',
      names,
      authority,
      now: new Date(now),
      serial: Buffer.alloc(16, 1),
    });
    const certificate = await seal(unsigned, bySigning);
    return {
      Generation: asked.generation,
      Certificate: certificate.raw.toString('base64'),
      Authorities: Buffer.from(authority.toString()).toString('base64'),
      Name: NAME,
    };
  };
  const probe = () => JSON.parse(probed({ ...WELL, tls, now }).output);
  const pass = (ms: number) => {
    now += ms;
  };
  return { tls, authority, request, issued, probe, pass };
}

const bySigning = async (bytes: Uint8Array) => sign('sha256', bytes, AUTHORITY.privateKey);

/** Runs a script to its end; what it said. */
function ask({ steps, end }: Course) {
  for (const { act } of steps) act();
  const { ok, output } = end();
  return { ok, ...JSON.parse(output) };
}

it('begins with an interim pair that its own probe trusts, until that has run out', async () => {
  const { tls, probe, pass } = await scene();

  expect(tls.live?.id).toBe('interim');
  expect(probe()).toMatchObject({
    serves: true,
    pair: { matches: true, daysLeft: 365, generation: 'interim', names: ['orthweb-a'] },
    authorities: [tls.live?.certificate.fingerprint256],
  });
  pass(366 * DAY_MS);
  expect(tls.isTrusted).toBe(false);
  expect(probe()).toMatchObject({
    serves: false,
    verdict: 'certificate-untrusted',
    reason: 'Clients refuse the certificate: certificate has expired',
  });
});

it('switches to what was issued for its request: live, then one port, then the other', async () => {
  const { tls, request, issued, probe } = await scene();
  const asked = request();
  const parameters = await issued(asked);
  const { steps, end } = tls.install(parameters, 'runs', 2);
  const served = () => [tls.live, tls.web, tls.dicom].map((one) => one?.id);
  const stages = [served()];

  for (const { act } of steps) {
    act();
    stages.push(served());
    const { verdict } = probe();
    expect(verdict).toBe(stages.length < 4 ? 'certificate-mismatch' : 'serves');
  }

  const { generation } = asked;
  expect(stages).toEqual([
    ['interim', 'interim', 'interim'],
    [generation, 'interim', 'interim'],
    [generation, generation, 'interim'],
    [generation, generation, generation],
  ]);
  const { fingerprint256 } = new X509Certificate(Buffer.from(parameters.Certificate, 'base64'));
  expect(JSON.parse(end().output)).toEqual({
    installed: true,
    generation,
    fingerprint: fingerprint256,
    seconds: 2,
  });
  expect(ask(tls.install(parameters, 'runs', 1))).toMatchObject({ ok: true, installed: true });
});

describe('leaves what is live as it is, and says why, for', () => {
  const cases: readonly [
    what: string,
    phase: string,
    reason: RegExp,
    of: (all: Awaited<ReturnType<typeof scene>>) => Promise<Record<string, string>>,
  ][] = [
    [
      'a generation that it never made',
      'preflight',
      /the key of this generation is not on this host/,
      async ({ request, issued }) => ({
        ...(await issued(request())),
        Generation: '20261130T120000Z-00000000',
      }),
    ],
    [
      'a request that another has replaced',
      'preflight',
      /the key of this generation is not on this host/,
      async ({ request, issued, pass }) => {
        const asked = request();
        pass(1000);
        request();
        return issued(asked);
      },
    ],
    [
      'a certificate of another key',
      'lint',
      /^the key: it was issued for another key/,
      async ({ request, issued, pass }) => {
        const former = await issued(request());
        pass(1000);
        return { ...former, Generation: request().generation };
      },
    ],
    [
      'a certificate without its name',
      'lint',
      /clients would refuse it: Hostname/,
      async ({ request, issued }) => issued(request(), ['orthweb.example.org']),
    ],
    [
      'a certificate that has run out',
      'lint',
      /clients would refuse it: certificate has expired/,
      async ({ request, issued, pass }) => {
        const parameters = await issued(request());
        pass(91 * DAY_MS);
        return parameters;
      },
    ],
    [
      'a certificate of an authority that is not among those given',
      'lint',
      /unable to verify the first certificate/,
      async ({ tls, request, issued }) => ({
        ...(await issued(request())),
        Authorities: Buffer.from(tls.live?.certificate.toString() ?? '').toString('base64'),
      }),
    ],
    [
      'a generation that is live with other authorities',
      'preflight',
      /^this is no repetition: this generation is live with other values/,
      async ({ tls, request, issued }) => {
        const parameters = await issued(request());
        ask(tls.install(parameters, 'runs', 1));
        const pem = Buffer.from(parameters.Authorities, 'base64').toString();
        return { ...parameters, Authorities: Buffer.from(pem.repeat(2)).toString('base64') };
      },
    ],
    [
      'what is no certificate',
      'lint',
      /cannot be read/,
      async ({ request, issued }) => ({ ...(await issued(request())), Certificate: 'AAAA' }),
    ],
  ];

  it.each(cases)('%s', async (_what, phase, reason, of) => {
    const all = await scene();
    const parameters = await of(all);
    const before = all.tls.live;

    const said = ask(all.tls.install(parameters, 'runs', 1));

    expect(said).toMatchObject({ ok: false, installed: false, phase, restored: null });
    expect(said.reason).toMatch(reason);
    expect(all.tls).toMatchObject({ live: before, web: before, dicom: before });
  });
});

it('goes back to what was live before, once, and only from the generation that is live', async () => {
  const { tls, request, issued } = await scene();
  const asked = request();
  ask(tls.install(await issued(asked), 'runs', 1));
  const rollback = (Generation: string) => ask(tls.rollback({ Generation }, 'runs'));

  expect(rollback('20261130T120000Z-00000000')).toMatchObject({
    ok: true,
    restored: false,
    generation: asked.generation,
  });
  expect(rollback(asked.generation)).toEqual({ ok: true, restored: true, generation: 'interim' });
  expect([tls.live, tls.web, tls.dicom].map((one) => one?.id)).toEqual(Array(3).fill('interim'));
  expect(rollback('interim')).toMatchObject({
    ok: false,
    restored: false,
    reason: expect.stringMatching(/no former pair/),
  });
});

it('switches a drained host too, whose nginx takes that up when it starts', async () => {
  const { tls, request, issued } = await scene();
  const asked = request();

  const said = ask(tls.install(await issued(asked), 'drained', 1));

  expect(said).toMatchObject({ installed: true, drained: true });
  expect([tls.live?.id, tls.web?.id]).toEqual([asked.generation, 'interim']);
  tls.restart();
  expect(tls.web?.id).toBe(asked.generation);
});

it('switches nothing while its nginx is down, and says so when it goes back all the same', async () => {
  const { tls, request, issued } = await scene();
  const asked = request();
  const parameters = await issued(asked);

  expect(ask(tls.install(parameters, 'down', 1))).toEqual({
    ok: false,
    installed: false,
    phase: 'preflight',
    restored: null,
    reason: 'not now: nginx does not run (exited)',
  });
  expect(tls.live?.id).toBe('interim');
  ask(tls.install(parameters, 'runs', 1));
  expect(ask(tls.rollback({ Generation: asked.generation }, 'down'))).toMatchObject({
    ok: false,
    restored: false,
    generation: 'interim',
    reason: expect.stringMatching(/^interim is live again, and nginx does not serve it/),
  });
  expect([tls.live?.id, tls.web?.id]).toEqual(['interim', asked.generation]);
});
