import {
  ExtendedKeyUsage,
  id_ce_extKeyUsage,
  id_kp_clientAuth,
  Validity,
} from '@peculiar/asn1-x509';
import { afterAll, describe, expect, it } from 'vitest';
import { extension } from '../../../functions/certificate/x509.ts';
import { testAuthority } from '../../support/authority.ts';
import { FREE_DISK, filledDisk, overlaid, signalled } from '../support/break.ts';
import {
  Certificates,
  fingerprintOf,
  type Installation,
  type Wishes,
} from '../support/certificates.ts';
import { runningLab } from '../support/running-lab.ts';

const running = await runningLab({ disk: '24m' });
const { on, send } = running;
const certificates = await Certificates.of(running);
let live = fingerprintOf(await certificates.renew('a'));

const COMPOSE = 'docker compose --project-directory /opt/orthweb';
const NGINX = '/run/orthweb/config/nginx';
const TLS = '/opt/orthweb/tls';
const DAY = 86_400_000;

/** What a host is like while a certificate is installed, and how it gets well again. */
interface Case {
  readonly strike: string;
  readonly mend: string;
  readonly phase: 'preflight' | 'config' | 'serving';
  readonly restored: boolean | null;
  readonly reason: RegExp;
}

const CASES: Readonly<Record<string, Case>> = {
  'whose disk is full': {
    strike: filledDisk(40_000),
    mend: FREE_DISK,
    phase: 'preflight',
    restored: null,
    reason: /^the disk: the disk of this host is full: \d+ KB and \d+ inodes are left$/,
  },
  'whose disk fills up while it is written': {
    strike: overlaid('install', `head --bytes 100M /dev/zero >/opt/orthweb/filled; exec "$@"`),
    mend: `${FREE_DISK} /usr/local/bin/install`,
    phase: 'preflight',
    restored: null,
    reason: /^it could not be written: .*No space left on device/,
  },
  'that has no inodes left': {
    strike: `mount -o remount,nr_inodes=$(($(df --output=iused /opt/orthweb | tail --lines 1) + 2)) /opt`,
    mend: 'mount -o remount,nr_inodes=100k /opt',
    phase: 'preflight',
    restored: null,
    reason: /^the disk: the disk of this host is full: \d+ KB and [012] inodes are left$/,
  },
  'whose disk can only be read': {
    strike: `mount --bind ${TLS} ${TLS} && mount -o remount,bind,ro ${TLS}`,
    mend: `umount ${TLS}`,
    phase: 'preflight',
    restored: null,
    reason: /^the disk: .*Read-only file system/,
  },
  'whose Docker does not answer': {
    strike: 'mv /run/docker.sock /run/docker.away',
    mend: 'mv /run/docker.away /run/docker.sock',
    phase: 'preflight',
    restored: null,
    reason: /^not now: Docker does not answer$/,
  },
  'whose nginx is stopped': {
    strike: `${COMPOSE} stop nginx`,
    mend: `${COMPOSE} up --detach --wait nginx`,
    phase: 'preflight',
    restored: null,
    reason: /^not now: nginx does not run \(exited\)$/,
  },
  'whose nginx still closes, by an undrain that did not end': {
    strike: 'touch /run/orthweb/closing',
    mend: 'rm /run/orthweb/closing',
    phase: 'preflight',
    restored: null,
    reason: /^not now: an undrain of this host has not ended$/,
  },
  'whose configuration somebody has broken': {
    strike: `cp ${NGINX}/tls.conf /tmp/ && echo broken >>${NGINX}/tls.conf`,
    mend: `cp /tmp/tls.conf ${NGINX}/`,
    phase: 'config',
    restored: true,
    reason: /^nginx refuses its configuration: .*unexpected end of file.* test failed$/,
  },
  'whose nginx takes up nothing': {
    strike: `kill -STOP "$(docker inspect --format '{{.State.Pid}}' orthweb-nginx-1)"`,
    mend: signalled('CONT', 'nginx'),
    phase: 'serving',
    restored: true,
    reason: /^clients do not get the certificate, or refuse it: nginx goes on as before$/,
  },
  'whose nginx serves a pair from elsewhere': {
    strike: `cp -r --dereference ${TLS}/live ${NGINX}/pair
      sed -i.good 's#orthweb-tls/live#orthweb/pair#' ${NGINX}/tls.conf`,
    mend: `mv ${NGINX}/tls.conf.good ${NGINX}/tls.conf && rm -r ${NGINX}/pair`,
    phase: 'serving',
    restored: true,
    reason:
      /^clients do not get the certificate, or refuse it: at port 443 they are shown [0-9A-F:]{95}, at 11112 [0-9A-F:]{95}$/,
  },
  'whose nginx ends while it takes up the pair': {
    strike: overlaid(
      'mv',
      // Once: when the former pair is put back it may be there again.
      `"$@"; [[ $* != */live || -e /tmp/struck ]] || { touch /tmp/struck; kill -KILL "$(docker inspect --format {{.State.Pid}} orthweb-nginx-1)"; }`,
    ),
    mend: 'rm /usr/local/bin/mv /tmp/struck',
    phase: 'config',
    restored: true,
    reason: /^nginx refuses its configuration: .*nginx.* is not running/,
  },
  'whose Docker goes away once it is switched': {
    strike: overlaid(
      'mv',
      `"$@" && { [[ $* != */live || ! -e /run/docker.sock ]] || "$0" /run/docker.sock /run/docker.away; }`,
    ),
    mend: 'rm /usr/local/bin/mv; mv /run/docker.away /run/docker.sock',
    phase: 'config',
    restored: false,
    reason: /^nginx refuses its configuration: ./,
  },
  'whose disk fills up once it is switched, and whose nginx refuses': {
    strike: `cp ${NGINX}/tls.conf /tmp/ && echo broken >>${NGINX}/tls.conf
      ${overlaid('mv', `"$@"; [[ $* != */.live* ]] || head --bytes 100M /dev/zero >/opt/orthweb/filled || true`)}`,
    mend: `cp /tmp/tls.conf ${NGINX}/; ${FREE_DISK} /usr/local/bin/mv`,
    phase: 'config',
    restored: true,
    reason: /^nginx refuses its configuration: /,
  },
};

describe('a host', () => {
  it.each(Object.entries(CASES))('%s goes on with the pair that it has', async (_, found) => {
    const installation = await certificates.issue('a');
    await on('a', found.strike);

    const { code, json, stderr } = await certificates.install('a', installation);

    await on('a', found.mend);
    const { phase, restored, reason } = found;
    expect({ code, json, stderr }).toEqual({
      code: 1,
      json: { installed: false, phase, restored, reason: expect.stringMatching(reason) },
      stderr: '',
    });
    await certificates.isWhole('a', [live], installation);
    live = fingerprintOf(installation);
  });

  it.each([
    [
      'whose disk fills up while a key is made',
      overlaid(
        'openssl',
        `[[ $2 != req ]] || head --bytes 100M /dev/zero >/opt/orthweb/filled; exec "$@"`,
      ),
      `${FREE_DISK} /usr/local/bin/openssl`,
      /^the key was not made: /,
    ],
    ['whose disk is full', filledDisk(40_000), FREE_DISK, /^the disk of this host is full: /],
  ])('%s has no new key', async (_, strike, mend, reason) => {
    const before = await on('a', `ls -A ${TLS}/gen`);
    await on('a', strike);

    const { code, json } = await send('a', 'certificate-request');

    await on('a', mend);
    expect({ code, json }).toEqual({
      code: 1,
      json: { phase: 'preflight', reason: expect.stringMatching(reason) },
    });
    expect(await on('a', `ls -A ${TLS}/gen`)).toBe(before);
    await certificates.isWhole('a', [live]);
    live = (await certificates.served('a')).pair.fingerprint;
  });
});

describe('a certificate', async () => {
  const { json } = await send('b', 'certificate-request');
  const issued = (wishes?: Wishes) =>
    certificates.sign('b', String(json.generation), String(json.request), wishes);
  const good = await issued();
  const before = (await certificates.served('b')).pair.fingerprint;
  const key = `${TLS}/gen/${json.generation}/tls.key`;
  afterAll(async () => {
    await certificates.isWhole('b', [before], good);
  });

  /** Sees that it is refused before anything is switched. */
  const refused = async (installation: Installation, reason: RegExp) => {
    const { code, json } = await certificates.install('b', installation);
    expect({ code, json }).toEqual({
      code: 1,
      json: {
        installed: false,
        phase: 'lint',
        restored: null,
        reason: expect.stringMatching(reason),
      },
    });
  };

  it.each([
    ['of another kind', '-algorithm EC -pkeyopt ec_paramgen_curve:P-256'],
    ['of its kind', '-algorithm RSA'],
  ])('for another key %s is not switched to', async (_, kind) => {
    await on('b', `cp ${key} /tmp && openssl genpkey ${kind} -out ${key}`);

    await refused(good, /^the key: it was issued for another key$/);

    await on('b', `cp /tmp/tls.key ${key}`);
  });

  it('of an authority that clients are not told of is not switched to', async () => {
    const stranger = await testAuthority({ number: 9 });
    const { Certificate } = await issued({ authorities: [stranger] });

    await refused(
      { ...good, Certificate },
      /^clients would refuse it: .*unable to get local issuer/,
    );
  });

  it('that is none, or comes with no authority, is not switched to', async () => {
    const none = 'QUJD'.repeat(200);

    await refused(
      { ...good, Certificate: none },
      /^the certificate or its authorities cannot be read: ./,
    );
    await refused({ ...good, Authorities: none }, /^clients would refuse it: ./);
  });

  it.each<[string, Wishes, RegExp]>([
    [
      'that has expired',
      { now: new Date(Date.now() - 91 * DAY) },
      /^clients would refuse it: .*has expired/,
    ],
    [
      'that is not good yet',
      { now: new Date(Date.now() + DAY) },
      /^clients would refuse it: .*not yet valid/,
    ],
    [
      'that ends within the hour',
      { now: new Date(Date.now() - 90 * DAY + 90 * 60_000) },
      /^clients would refuse it within the hour: /,
    ],
    [
      'for another name',
      { names: ['node-a.orthweb.test'] },
      /^clients would refuse it: .*[Hh]ostname mismatch/,
    ],
    [
      'that outlives its authority',
      {
        change: (unsigned) => {
          unsigned.validity = new Validity({
            notBefore: new Date(),
            notAfter: new Date(Date.now() + 4000 * DAY),
          });
        },
      },
      /^its authority ends before it does: .*has expired/,
    ],
    [
      'for clients only',
      {
        change: ({ extensions = [] }) => {
          const usage = extensions.find(({ extnID }) => extnID === id_ce_extKeyUsage);
          Object.assign(
            usage ?? {},
            extension(id_ce_extKeyUsage, new ExtendedKeyUsage([id_kp_clientAuth])),
          );
        },
      },
      /^clients would refuse it: .*unsuitable certificate purpose/,
    ],
  ])('%s is not switched to', async (_, wishes, reason) => {
    await refused(await issued(wishes), reason);
  });
});
