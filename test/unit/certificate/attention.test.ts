import { describe, expect, it } from 'vitest';
import { attention } from '../../../functions/certificate/attention.ts';
import type { CertificateRecord } from '../../../functions/shared/operations-table.ts';
import { record } from '../support/certificate.ts';
import { CLOSED, NIGHT, OPEN } from '../support/power.ts';
import { type Items, intents, reached, siteState } from '../support/site.ts';
import { at, iso } from '../support/time.ts';

const look = (items: Items, time = '12:00') => attention(siteState(items), at(time));
const certificates = (
  a: Partial<CertificateRecord>,
  b: Partial<CertificateRecord> = {},
): Items => ({
  'CERTIFICATE#a': record({ checkedAt: iso('11:00'), ...a }),
  'CERTIFICATE#b': record({ checkedAt: iso('10:00'), ...b }),
});
const failing = (notBefore: string) => ({
  failing: { since: iso('10:00'), attempts: 1, notBefore: iso(notBefore), reason: 'full' },
});
const wanted = { wanted: { since: iso('11:00'), reason: 'it is self-signed' } };

describe('the certificates of a site', () => {
  it('need nothing until the first of them was not looked at for 26 hours', () => {
    const found = look({ ...reached(OPEN), ...certificates({}) });

    expect(found).toEqual({ awaited: false, until: iso('2026-11-24T12:00') });
  });

  it('are looked at again then, and not before', () => {
    const site = { ...reached(OPEN), ...certificates({}, { checkedAt: iso('2026-11-22T10:00') }) };

    const [early, due] = ['11:59:59', '12:00'].map((time) => look(site, time).reason);

    expect([early, due]).toEqual([undefined, 'nobody has looked at node b for a day']);
  });

  it('are looked at where nobody ever has', () => {
    const found = look(reached(OPEN));

    expect(found).toEqual({
      awaited: false,
      reason: 'nobody has looked at node a for a day; nobody has looked at node b for a day',
    });
  });

  it('do not matter of nodes that are meant to be stopped, whatever is on record', () => {
    const all = certificates(
      { ...failing('11:00'), ...wanted },
      { checkedAt: iso('2026-01-01T00:00') },
    );

    expect(look({ ...reached(CLOSED), ...all })).toEqual({ awaited: false });
    expect(look({ ...reached(NIGHT), ...all }).reason).not.toContain('node b');
    expect(look(all)).toEqual({ awaited: false });
  });

  it('are left to power while a node is being started', () => {
    expect(look(intents(OPEN))).toEqual({ awaited: false });
    expect(look({ ...intents(OPEN), ...certificates(failing('11:00')) })).toEqual({
      awaited: false,
    });
  });
});

describe('a start that waits for a certificate', () => {
  it('is a reason at once, although its node does not count as started yet', () => {
    const found = look({ ...intents(OPEN), ...certificates(wanted) });

    expect(found).toEqual({
      awaited: true,
      reason: 'node a waits for a certificate: it is self-signed',
    });
  });

  it('waits for the pause after a failure, too', () => {
    const site = { ...intents(OPEN), ...certificates({ ...wanted, ...failing('12:00') }) };

    expect(look(site, '11:59:59')).toEqual({ awaited: false, until: iso('12:00') });
    expect(look(site, '12:00')).toMatchObject({ awaited: true });
  });
});

describe('a renewal that failed', () => {
  it('is tried again after its pause, and not before', () => {
    const site = { ...reached(OPEN), ...certificates(failing('12:00')) };

    expect(look(site, '11:59:59')).toEqual({ awaited: false, until: iso('12:00') });
    expect(look(site, '12:00')).toMatchObject({
      awaited: false,
      reason: 'node a is tried again: full',
    });
  });

  it('does not wait for the other node', () => {
    const site = { ...reached(OPEN), ...certificates(failing('12:30'), failing('11:30')) };

    expect(look(site)).toMatchObject({
      reason: 'node b is tried again: full',
      until: iso('12:30'),
    });
  });
});
