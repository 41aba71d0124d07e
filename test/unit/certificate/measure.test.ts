import { describe, expect, it } from 'vitest';
import { measuresOf } from '../../../functions/certificate/measure.ts';
import type { Progress } from '../../../functions/certificate/run.ts';
import { authority, left, oldOf, renewed, run, sight } from '../support/certificate.ts';
import { at } from '../support/time.ts';

/** As `CertificateDaysLeft a 443: 60`. */
const measured = (progress: Partial<Progress>, broken = false, more = {}) =>
  measuresOf('clinic', run({ progress, ...more }), broken, at('12:00')).map(
    ({ name, value, dimensions: { Site, Node, Port } }) =>
      [name, Site === 'clinic' ? '' : 'no site', Node, Port].filter(Boolean).join(' ') +
      `: ${value}`,
  );
const failure = (restored: boolean | null): Progress['failure'] => ({
  node: 'a',
  stage: 'install',
  reason: 'x',
  passing: true,
  restored,
});
const OF_AUTHORITY = 'AuthorityDaysLeft: 3000';

describe('the days that are left', () => {
  it('are those of each port that shows a certificate, and the smallest of them', () => {
    const a = sight('12:00', oldOf('a'), { dicom: { notAfter: left(12.5) } });
    const b = sight('12:00', oldOf('b'), { web: { trusted: false, notAfter: undefined } });

    expect(measured({ seen: { a, b } })).toEqual([
      'CertificateDaysLeft a 443: 60',
      'CertificateDaysLeft a 11112: 12.5',
      'CertificateDaysLeft b 11112: 60',
      'CertificateDaysLeft: 12.5',
      OF_AUTHORITY,
    ]);
  });

  it('are fewer than none of one that has run out', () => {
    const a = sight('12:00', oldOf('a'), { web: { notAfter: left(-2) } });

    expect(measured({ seen: { a } })).toContain('CertificateDaysLeft: -2');
  });

  it('are not made up where nobody has looked', () => {
    expect(measured({})).toEqual([OF_AUTHORITY]);
  });

  it('are, of the authorities, those of the one that signs first', () => {
    const authorities = [authority(2, { notAfter: left(100) }), authority(1)];

    expect(measured({}, false, { authorities })).toEqual(['AuthorityDaysLeft: 100']);
    expect(measured({}, false, { authorities: [] })).toEqual([]);
  });
});

describe('how renewals went', () => {
  it('is how many there were and how long each took, in seconds', () => {
    const done = { a: renewed('a'), b: { ...renewed('b'), seconds: 90 } };

    const all = measuresOf('clinic', run({ progress: { renewed: done } }), false, at('12:00'));

    expect(all.slice(1)).toEqual([
      { name: 'CertificateRenewals', unit: 'Count', value: 2, dimensions: { Site: 'clinic' } },
      ...[75, 90].map((value) => ({
        name: 'CertificateRenewalSeconds',
        unit: 'Seconds',
        value,
        dimensions: { Site: 'clinic' },
      })),
    ]);
  });

  it.each([
    ['a pair that was put back', failure(true), false, 1],
    ['a failure before anything was changed', failure(null), false, 0],
    ['a pair that could not be put back', failure(false), false, 0],
    ['a workflow that broke', undefined, true, 0],
  ])('is a rollback or none: %s', (_, failed, broken, value) => {
    const found = measured(failed ? { failure: failed } : {}, broken);

    expect(found).toEqual([OF_AUTHORITY, `CertificateRollbacks: ${value}`]);
  });
});
