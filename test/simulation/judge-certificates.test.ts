import { describe, expect, it } from 'vitest';
import type { Generation } from '../../simulator/host-tls.ts';
import { rsaKey } from '../../simulator/rsa-key.ts';
import type { Execution } from '../../simulator/services/step-functions/step-functions.ts';
import { clinic } from './support/faulted.ts';
import { found, RUN, stillWorld } from './support/still-world.ts';

const NOON = '2026-11-30T12:00';
const call = (script: string, resource = 'a') => ({
  call: script,
  towards: 'running' as const,
  resource,
});
const INSTALL = 'certificate-install';

/** Noon at the clinic, with a run that may renew the certificate of node a. */
async function renewing(certificates: 'interim' | 'issued' = 'issued') {
  const scene = await stillWorld(clinic, NOON, certificates);
  scene.intend('a', 'running');
  scene.intend('b', 'running');
  scene.record('CERTIFICATE#a', { run: RUN, published: {} });
  const host = scene.world.site.node('a')?.host;
  if (!host?.tls.live) throw new Error('node a has no pair');
  const live = host.tls.live;
  const another: Generation = { ...live, id: '20261130T170000Z-00000001' };
  return { ...scene, host, live, another };
}

describe('Certificates', () => {
  it('holds while each port serves one pair, the old one or the new', async () => {
    const { world, live, another } = await renewing();

    world.judge.certificatesChanged('a', {
      former: undefined,
      live: another,
      web: live,
      dicom: live,
    });
    world.judge.certificatesChanged('a', {
      former: undefined,
      live: another,
      web: another,
      dicom: live,
    });

    expect(found(world)).toEqual([]);
  });

  it('is broken by a key beside a certificate that is not of it', async () => {
    const { world, live } = await renewing();

    const torn = { ...live, key: rsaKey('of nobody', 2048) };
    world.judge.certificatesChanged('a', { former: undefined, live: torn, web: live, dicom: live });

    expect(found(world)).toEqual([
      expect.stringMatching(/invariant 9 \(Certificates\).* node a has a key beside a certificate/),
    ]);
  });

  it('is broken by a port that serves neither pair', async () => {
    const { world, live } = await renewing();

    world.judge.certificatesChanged('a', { former: undefined, live, web: live, dicom: undefined });

    expect(found(world)).toEqual([expect.stringMatching(/9 .* serves no pair on port 11112/)]);
  });

  it('is broken by a host at rest that serves something else than what is live', async () => {
    const { world, host, live, another } = await renewing();
    const tls = { former: undefined, live: another, web: another, dicom: live };

    world.judge.scriptEnded(INSTALL, 'a', Object.create(host, { tls: { value: tls } }), true);

    expect(found(world)).toEqual([expect.stringMatching(/9 .* node a is at rest with .* live/)]);
  });

  it.each([
    ['leaves behind what it has not seen', [], 1],
    ['has seen what it leaves behind', ['look'], 0],
    ['has told the host to go back', ['rollback'], 0],
  ] as const)('when a run that fails %s', async (_what, did, count) => {
    const { world, by, host } = await renewing('interim');
    const other = world.site.node('b')?.host.tls.live;
    if (!other) throw new Error('node b has no pair');
    world.judge.disruptive(call(INSTALL), by);
    host.adopt(other);
    const { fingerprint256: fingerprint } = other.certificate;
    const port = { trusted: true, fingerprint };
    if (did[0] === 'look') world.judge.looked('a', { at: '', web: port, dicom: port }, by);
    if (did[0] === 'rollback') world.judge.disruptive(call('certificate-rollback'), by);

    world.judge.executionEnded({ arn: RUN, status: 'FAILED' } as Execution);

    expect(found(world).filter((text) => /9 .* leaves node a with/.test(text))).toHaveLength(count);
  });
});

describe('a host that says that it has gone back', () => {
  it.each([
    ['has', 'former', true, 0],
    ['has not', 'installed', true, 1],
    ['has not, and says so', 'installed', false, 0],
  ] as const)('and %s', async (_what, left, ok, count) => {
    const { world, by, host } = await renewing('interim');
    const other = world.site.node('b')?.host.tls.live;
    if (!other) throw new Error('node b has no pair');
    world.judge.disruptive(call(INSTALL), by);
    if (left === 'installed') host.adopt(other);
    world.judge.disruptive(call('certificate-rollback'), by);

    world.judge.scriptEnded('certificate-rollback', 'a', host, ok);

    expect(found(world).filter((text) => /9 .* is back, and has/.test(text))).toHaveLength(count);
  });
});

describe('a certificate is changed', () => {
  it('on a node that serves while its peer does', async () => {
    const { world, by } = await renewing();

    for (const script of ['certificate-request', INSTALL, 'certificate-rollback']) {
      world.judge.disruptive(call(script), by);
    }

    expect(found(world)).toEqual([]);
  });

  it('on the last one that serves only against Serving', async () => {
    const { world, by } = await renewing();
    world.site.node('b')?.host.shutDown();

    world.judge.disruptive(call('certificate-request'), by);
    expect(found(world)).toEqual([]);
    world.judge.disruptive(call(INSTALL), by);

    expect(found(world)).toEqual([
      expect.stringMatching(
        /invariant 1 \(Serving\).* certificate-install on node a, the last one/,
      ),
    ]);
  });

  it('on the last one where its pair is an interim one, which is for nobody to trust', async () => {
    const { world, by } = await renewing('interim');
    world.site.node('b')?.host.shutDown();

    world.judge.disruptive(call(INSTALL), by);

    expect(found(world)).toEqual([]);
  });

  it('on no node that is meant to be stopped', async () => {
    const { world, by, intend } = await renewing();
    intend('a', 'stopped');

    world.judge.disruptive(call(INSTALL), by);

    expect(found(world)).toEqual([expect.stringMatching(/invariant 2 \(Intent\)/)]);
  });

  it.each([
    ['its record of the node', 'CERTIFICATE#a', { run: 'run-0', published: {} }],
    ['the lease', 'LEASE', { owner: 'run-0', purpose: 'power', fence: 2 }],
  ])('by no run without %s', async (_what, key, value) => {
    const { world, by, record } = await renewing();
    record(key, value);

    world.judge.disruptive(call(INSTALL), by);

    expect(found(world)).toEqual([expect.stringMatching(/invariant 13 \(Record first\)/)]);
  });
});
