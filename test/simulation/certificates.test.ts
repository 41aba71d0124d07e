import { describe, expect, it } from 'vitest';
import { rehearse } from '../../simulator/rehearsal.ts';
import { opening } from './support/faulted.ts';
import { optionsOf, play, siteOf } from './support/play.ts';

const site = siteOf();
const AUGHT = { certificates: 'interim' } as const;
const renewals = ['certificate-request', 'certificate-install'];

it('renews both interim pairs at the first opening after a deployment, one after the other', async () => {
  const { calls, kinds, runs } = await opening([], AUGHT);

  const asked = calls.filter((text) => text.startsWith('certificate-'));
  const each = ['a', 'b'].flatMap((node) => renewals.map((script) => `${script} node ${node}`));
  expect(asked).toEqual(each);
  expect(runs.map(({ status }) => status)).toEqual(runs.map(() => 'SUCCEEDED'));
  expect(kinds).toContain('STARTED');
});

it('asks no host for anything that has a certificate of its authority', async () => {
  const { calls } = await opening([]);

  expect(calls.filter((text) => text.startsWith('certificate-'))).toEqual([]);
});

it('plays the same twice, keys, serials and fingerprints included', async () => {
  const scene = { from: '2026-11-30T06:30', days: 0.04, ...AUGHT };

  const { failure, runs } = await rehearse(optionsOf(site, scene));

  expect(failure).toBeUndefined();
  // What a run has come to names the certificate that was issued in it.
  expect(JSON.stringify(runs)).toContain('BEGIN CERTIFICATE');
});

describe('a renewal that fails leaves the former pair serving, and is made up for after it:', () => {
  it.each([
    ['the host puts it back', { name: 'failing-script', on: 'a=certificate-install' }, 'NOT RENEW'],
    ['nobody sees what it serves', { name: 'unseen-node', on: 'a', minutes: 10 }, 'NOT RENEW'],
    ['the authority cannot sign', { name: 'disabled-key', minutes: 9 }, 'NOT RENEW'],
  ] as const)('%s', async (_how, fault, subject) => {
    const { mails, runs, calls } = await opening([{ ...fault, at: '2026-11-30T06:59' }], AUGHT);

    expect(runs.map(({ status }) => status)).toContain('FAILED');
    expect(mails.map((mail) => mail.subject).join('\n')).toContain(subject);
    expect(calls.filter((text) => text === 'certificate-install node b')).toHaveLength(1);
  });
});

it('takes back what nobody sees', async () => {
  const { calls } = await opening(
    [{ name: 'unseen-node', on: 'b', at: '2026-11-30T07:08', minutes: 3 }],
    AUGHT,
  );

  expect(calls).toContain('certificate-rollback node b');
  expect(calls).not.toContain('certificate-rollback node a');
});

it('keeps the former pair where a node has a new address at each start, and says so', async () => {
  const dynamic = siteOf({ hosts: { addresses: 'dynamic' } });

  const { failure, entries } = await play(dynamic, { from: '2026-11-30T00:00', days: 0.32 });

  const said = entries.filter(({ text }) => text === 'Waits For Certificate');
  expect(failure).toBeUndefined();
  expect(said[0]?.reason).toMatch(
    /node a waits for a certificate: .* does not name ec2-198-51-100/,
  );
});
