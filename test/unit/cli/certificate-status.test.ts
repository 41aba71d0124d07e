import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, it } from 'vitest';
import { runStatus } from '../../../cli/certificate/status.ts';
import type { CertificateRecord, Intent } from '../../../functions/shared/operations-table.ts';
import { CLINIC_CA, SECOND_CLINIC_CA } from '../../support/certificates.ts';
import { CLINIC } from '../../support/clinic.ts';
import { type CertificateAccount, certificateAccount } from '../support/certificate-account.ts';
import { awsError } from '../support/clients.ts';
import { at, iso } from '../support/time.ts';

const config = path.join(mkdtempSync(path.join(tmpdir(), 'orthweb-status-')), 'site.ts');
writeFileSync(config, `export default ${JSON.stringify(CLINIC)};`);

const CA_1 =
  'AE:89:AB:CE:E1:B3:38:BD:44:AA:31:2F:BA:6E:92:CE:6F:64:80:91:69:7A:D1:FB:36:76:84:B4:34:F9:6D:D9';
const NAMES = [
  'ec2-203-0-113-217.ca-central-1.compute.amazonaws.com',
  '203.0.113.217',
  'ip-10-0-0-10.ca-central-1.compute.internal',
  '10.0.0.10',
];

const served = (notAfter: string) => ({
  fingerprint: 'AA:BB',
  notAfter: iso(notAfter),
  names: NAMES,
});

/** A node that was renewed on Saturday and checked today. */
const WELL = {
  checkedAt: iso('17:00'),
  renewedAt: iso('2026-11-21T17:00'),
  served: served('2027-02-19T17:00'),
  published: { 1: iso('2026-11-20T14:00') },
  issued: { fingerprint: 'AA:BB', authority: 1 },
} satisfies CertificateRecord;

const running: Intent = {
  wish: 'running',
  reason: 'open',
  plannedFor: iso('12:00'),
  run: 'arn:power',
};

const site = (a: CertificateRecord = WELL, b: CertificateRecord = WELL, more: object = {}) => ({
  'INTENT#a': running,
  'INTENT#b': running,
  'CERTIFICATE#a': a,
  'CERTIFICATE#b': b,
  ...more,
});

async function status(account: CertificateAccount, json = false) {
  const outside = certificateAccount(account);
  const code = await runStatus({ config, json }, outside.connect);
  return {
    ...outside,
    code,
    text: outside.printed.join('\n'),
    verdict: verdictOf(outside.printed),
  };
}

const verdictOf = (printed: readonly string[]) =>
  printed
    .slice(printed.findIndex((line) => line.startsWith('Verdict: ')))
    .join(' ')
    .replace(/\s+/g, ' ');

it('says how each node and each authority stands, by the clock of the site', async () => {
  const failing = {
    since: iso('2026-11-22T17:00'),
    attempts: 4,
    notBefore: iso('23:00'),
    reason: 'node b: its peer does not serve (database-silent)',
  };
  const issued = { fingerprint: 'CC:DD', authority: 1 };
  const b = { ...WELL, served: served('2026-12-16T17:00'), published: {}, failing, issued };
  const { code, printed, regions } = await status({ items: site(WELL, b) });

  expect(printed).toEqual([
    'clinic, 2026-11-23 15:00 (America/Toronto)',
    '',
    'node a         87 days left, runs out on 2027-02-19 12:00',
    '  names        ec2-203-0-113-217.ca-central-1.compute.amazonaws.com, 203.0.113.217,',
    '               ip-10-0-0-10.ca-central-1.compute.internal, 10.0.0.10',
    '  signed       by authority 1',
    '  checked      2026-11-23 12:00',
    '  renewed      2026-11-21 12:00',
    '',
    'node b         22 days left, runs out on 2026-12-16 12:00',
    '  names        ec2-203-0-113-217.ca-central-1.compute.amazonaws.com, 203.0.113.217,',
    '               ip-10-0-0-10.ca-central-1.compute.internal, 10.0.0.10',
    '  checked      2026-11-23 12:00',
    '  renewed      2026-11-21 12:00',
    '  fails        since 2026-11-22 12:00: node b: its peer does not serve (database-silent)',
    '  tried        4 times, again from 2026-11-23 18:00 on',
    '',
    'authority 1    3649 days left, runs out on 2036-11-20 08:00; written first, to sign',
    '  name         O=Orthweb, CN=Orthweb clinic CA 1',
    '  published    by node a since 2026-11-20 09:00',
    `  ${CA_1}`,
    '',
    'Verdict: not well. Node b: a renewal that is due does not come about: node b: its peer does not',
    '         serve (database-silent). See docs/runbook.md#certificate-not-renewed.',
  ]);
  expect(regions).toEqual(['ca-central-1']);
  expect(code).toBe(1);
});

it('ends with 0 when nothing is overdue and nothing fails', async () => {
  const { code, verdict } = await status({ items: site() });

  expect(verdict).toBe('Verdict: well. Nothing is overdue, and nothing fails.');
  expect(code).toBe(0);
});

it('names who waits for a certificate, and the run that is at it', async () => {
  const a = {
    ...WELL,
    run: 'arn:aws:states:ca-central-1:111122223333:execution:clinic-certificate:tick-7',
    wanted: { since: iso('19:58'), reason: 'its address has changed' },
  };
  const { code, text, verdict } = await status({ items: site(a) });

  expect(text).toContain('\n  under way    tick-7\n');
  expect(text).toContain(
    '\n  waits        its start, since 2026-11-23 14:58: its address has changed\n',
  );
  expect(verdict).toMatch(/^Verdict: well\..* The start of node a waits for a certificate\.$/);
  expect(code).toBe(0);
});

const left = (time: string): CertificateRecord => ({ ...WELL, served: served(time) });
const checked = (time: string): CertificateRecord => ({ ...WELL, checkedAt: iso(time) });

it.each([
  ['13 days are left', left('2026-12-07T19:59'), 'Node a: 13 days left.', 'certificate-overdue'],
  ['6 days are left', left('2026-11-30T19:59'), 'Node a: 6 days left.', 'certificate-expiring'],
  ['it has run out', left('19:59'), 'Node a: it has run out.', 'certificate-expiring'],
  [
    'the last check is two days ago',
    checked('2026-11-21T20:00'),
    'Node a: not checked for 48 hours.',
    'certificate-unchecked',
  ],
])('ends with 1 when %s, and names the section of the runbook', async (_what, a, says, section) => {
  const items = { ...site(a), 'INTENT#a': { ...running, plannedFor: iso('2026-11-01T12:00') } };
  const { code, verdict } = await status({ items });

  expect(verdict).toBe(`Verdict: not well. ${says} See docs/runbook.md#${section}.`);
  expect(code).toBe(1);
});

it.each([
  ['14 days are left', left('2026-12-07T20:00'), {}],
  ['the last check is not two days ago', checked('2026-11-21T20:01'), {}],
  ['it has been stopped since its last check', checked('2026-11-20T20:00'), { wish: 'stopped' }],
  ['it was opened this morning', checked('2026-11-20T20:00'), { plannedFor: iso('12:00') }],
])('finds nothing wrong with a node of which %s', async (_what, a, different) => {
  const intent = { ...running, plannedFor: iso('2026-11-01T12:00'), ...different };
  const { code, verdict } = await status({ items: { ...site(a), 'INTENT#a': intent } });

  expect(verdict).toMatch(/^Verdict: well\./);
  expect(code).toBe(0);
});

it('says of a new site that no run has looked at it', async () => {
  const { code, text, verdict } = await status({ items: {} });

  expect(text).toContain('node a         nothing is known of what it serves\n');
  expect(text).toContain('  published    by no node yet\n');
  expect(verdict).toBe(
    'Verdict: not well. Node a: no run has looked at it yet. The first one comes by itself, once ' +
      'the node runs. Also: node b: no run has looked at it yet. The first one comes by itself, ' +
      'once the node runs.',
  );
  expect(code).toBe(1);
});

it.each([
  ['2036-05-24T13:01', 'Authority 1: 179 days left.'],
  ['2036-11-20T13:01', 'Authority 1: it has run out.'],
])('says that an authority nears its end, at %s', async (now, says) => {
  const fresh = { ...WELL, checkedAt: iso(now), served: served('2036-12-30T00:00') };
  const { code, verdict } = await status({ now: at(now), items: site(fresh, fresh) });

  expect(verdict).toBe(`Verdict: not well. ${says} See docs/runbook.md#authority-expiring.`);
  expect(code).toBe(1);
});

it('finds nothing wrong with an authority for which devices have 180 days', async () => {
  const now = '2036-05-24T13:00';
  const fresh = { ...WELL, checkedAt: iso(now), served: served('2036-08-01T00:00') };
  const { code } = await status({ now: at(now), items: site(fresh, fresh) });

  expect(code).toBe(0);
});

it('tells two authorities apart by their order', async () => {
  const { text } = await status({ items: site(), parameter: SECOND_CLINIC_CA + CLINIC_CA });

  expect(text).toMatch(/^authority 2 .*; written first, to sign$/m);
  expect(text).toMatch(/^authority 1 .*; written second, to be trusted$/m);
});

it('prints the same as JSON', async () => {
  const { code, printed } = await status({ items: site(left('19:59')) }, true);
  const { nodes, authorities, wrong } = JSON.parse(printed.join('\n'));

  expect(nodes[0]).toMatchObject({ node: 'a', daysLeft: -1, served: served('19:59') });
  expect(authorities).toMatchObject([{ number: 1, fingerprint: CA_1, daysLeft: 3649 }]);
  expect(wrong).toEqual([
    { whose: 'node a', says: 'it has run out', section: 'certificate-expiring' },
  ]);
  expect(code).toBe(1);
});

it('prints no line of more than 100 columns', async () => {
  const reason = 'the host answered that it cannot '.repeat(9);
  const failing = { since: iso('12:00'), attempts: 1, notBefore: iso('23:00'), reason };
  const { printed } = await status({ items: site({ ...WELL, failing, wanted: failing }) });

  expect(printed.filter((line) => line.length > 100)).toEqual([]);
});

it.each([
  ['no stack', { stack: false }, /^There is no stack clinic in ca-central-1 .* npm run deploy/],
  [
    'no parameter',
    { parameter: undefined },
    /^There is no parameter \/orthweb\/clinic\/ca\. Run npm run deploy/,
  ],
  ['an empty parameter', { parameter: '' }, /ca holds something else than certificates/],
  [
    'a parameter with something else',
    { parameter: CLINIC_CA.replace(/MII/, 'XXX') },
    /ca holds something else than certificates/,
  ],
  [
    'no credentials',
    { refusal: awsError('CredentialsProviderError', 'Could not load credentials') },
    /^AWS is not asked about certificates, because there are no credentials .* and try again\.$/,
  ],
  [
    'no rights',
    { refusal: awsError('AccessDeniedException', 'not authorized') },
    /^AWS does not say how the certificates stand \(AccessDeniedException: not authorized\)/,
  ],
])('is a sentence for the user where there is %s', async (_what, account, sentence) => {
  await expect(status(account)).rejects.toMatchObject({
    name: 'UserError',
    message: expect.stringMatching(sentence),
  });
});
