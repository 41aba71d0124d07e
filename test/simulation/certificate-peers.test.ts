import { describe, expect, it } from 'vitest';
import type { World } from '../../simulator/world.ts';
import { at, BOTH, LOOK, look, renewing } from './support/renewals.ts';

const EARLIER = '2026-11-30T10:29';

describe('a node whose peer does not serve', () => {
  const fault = { name: 'dead-host', on: 'b', at: EARLIER, minutes: 4 } as const;

  it('is not touched, and it is the peer that the operator hears of', async () => {
    const { kinds, renewed, runs, sent } = await renewing({ faults: [fault], days: 0.01 });

    expect(sent).toEqual([]);
    expect(renewed).toEqual([]);
    expect(kinds).toEqual(['OPENED', 'ALARM', 'ALARM']);
    expect(runs[0]?.state).toBe('Certificate Not Renewed');
  });

  it('is renewed once the peer serves again, and so is the peer', async () => {
    const { kinds, renewed, sent } = await renewing({ faults: [fault], days: 0.04 });

    expect([...sent].sort()).toEqual([...BOTH].sort());
    expect(renewed).toEqual(['a', 'b']);
    expect(kinds).toEqual(['OPENED', 'ALARM', 'ALARM', 'RECOVERED', 'RENEWED']);
  });

  it('is not touched where the peer serves and cannot be seen to', async () => {
    const { kinds, renewed, sent } = await renewing({
      faults: [{ name: 'unseen-node', on: 'b', at: EARLIER, minutes: 4 }],
      certificates: { a: 61, b: 0 },
      days: 0.01,
    });

    expect(sent).toEqual([]);
    expect(renewed).toEqual([]);
    expect(kinds).toEqual(['ALARM', 'OPENED']);
  });

  it('is renewed all the same when it has less than 48 hours left', async () => {
    const { renewed, sent } = await renewing({
      faults: [fault],
      certificates: { a: 88.5, b: 0 },
      days: 0.01,
    });

    expect(sent).toEqual(['request a', 'install a']);
    expect(renewed).toEqual(['a']);
  });
});

describe('a renewal that fails on a host', () => {
  it('of the first node leaves the second alone: both serve what they did, and it is told', async () => {
    const fault = { name: 'failing-script', on: 'a=certificate-install', at: EARLIER } as const;

    const { kinds, mails, renewed, sent } = await renewing({ faults: [fault], days: 0.01 });

    expect(sent).toEqual(['request a', 'install a']);
    expect(renewed).toEqual([]);
    expect(kinds).toEqual(['CERTIFICATE', 'ALARM']);
    expect(mails[0]?.subject).toMatch(/^\[clinic\] NOT RENEWED - use https:/);
    expect(mails[0]?.text).toContain('NOT RENEWED: certificate of node a');
    expect(mails[0]?.text).toContain('Cause    install: nginx did not reload: injected');
    expect(mails[0]?.text).toContain('the former certificate was put back and is served');
  });

  it('of the first node is told once, and does not keep the second from its own', async () => {
    const { mails, renewed, sent } = await renewing({
      faults: [EARLIER, '2026-11-30T10:34'].map((at) => ({
        name: 'failing-script',
        on: 'a=certificate-install',
        at,
      })),
      days: 0.016,
    });

    expect(sent).toEqual([
      'request a',
      'install a',
      'request b',
      'install b',
      'request a',
      'install a',
    ]);
    expect(renewed).toEqual(['b']);
    expect(mails.filter(({ subject }) => subject.includes('NOT RENEWED'))).toHaveLength(1);
  });

  it('of the second node leaves the first renewed, and the next run is for the second alone', async () => {
    const fault = { name: 'failing-script', on: 'b=certificate-install', at: EARLIER } as const;

    const { kinds, mails, renewed, runs, sent } = await renewing({ faults: [fault], days: 0.02 });

    expect(sent).toEqual([...BOTH, 'request b', 'install b']);
    expect(renewed).toEqual(['a', 'b']);
    expect(mails[0]?.text).toContain('NOT RENEWED: certificate of node b');
    expect(mails[1]?.text).toMatch(/^RENEWED: certificate of node a -/);
    expect(kinds).toEqual(['CERTIFICATE', 'RENEWED', 'ALARM', 'RENEWED']);
    expect(runs.map(({ status }) => status)).toEqual(['FAILED', 'SUCCEEDED']);
  });

  it('before anything is installed, is told only if it lasts, and is over with the next try', async () => {
    const fault = { name: 'failing-script', on: 'a=certificate-request', at: EARLIER } as const;

    const { kinds, renewed } = await renewing({ faults: [fault] });

    expect(renewed).toEqual(['a', 'b']);
    expect(kinds).toEqual(['ALARM', 'RENEWED']);
  });
});

describe('a certificate that is installed and that no client sees', () => {
  /** The look at both comes before, and that at the new certificate does not reach it. */
  const unseen = { name: 'unseen-node', on: 'a', at: LOOK, minutes: 4 } as const;
  const prepare = (world: World) => at(world, '2026-11-30T10:29', () => look(world), 50);

  it('is taken back, and told', async () => {
    const { mails, renewed, sent } = await renewing({ faults: [unseen], prepare, days: 0.01 });

    expect(sent).toEqual(['request a', 'install a', 'rollback a']);
    expect(renewed).toEqual([]);
    expect(mails[0]?.text).toContain('NOT RENEWED: certificate of node a');
    expect(mails[0]?.text).toContain('the former certificate was put back and is served');
  });

  it('is told as not sure where it cannot be taken back', async () => {
    const stuck = { name: 'failing-script', on: 'a=certificate-rollback', at: EARLIER } as const;

    const { mails } = await renewing({ faults: [unseen, stuck], prepare, days: 0.01 });

    expect(mails[0]?.text).toContain('putting back the former pair: nginx did not reload');
    expect(mails[0]?.text).toContain('what the node serves now is not sure');
    expect(mails[0]?.attributes.severity).toBe('critical');
  });
});
