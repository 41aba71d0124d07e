import { describe, expect, it } from 'vitest';
import { complaint, serves, shows } from '../../../functions/shared/sight.ts';
import type { Sight } from '../../../functions/shared/view.ts';

interface Seen {
  readonly web?: Partial<Sight['web']>;
  readonly dicom?: Partial<Sight['dicom']>;
}

const seen = ({ web, dicom }: Seen = {}): Sight => ({
  at: '2026-11-23T12:00:00.000Z',
  web: { trusted: true, fingerprint: 'AA:01', status: 200, ...web },
  dicom: { trusted: true, fingerprint: 'AA:01', echo: true, ...dicom },
});

describe('a client', () => {
  it.each([
    ['is served by both ports', seen()],
    ['is served where DICOM needs a certificate of its own', seen({ dicom: { echo: undefined } })],
  ])('has nothing to complain about when it %s', (_, sight) => {
    expect([serves(sight), complaint(sight)]).toEqual([true, undefined]);
  });

  it.each<[Seen, string]>([
    [
      { web: { trusted: false, status: undefined, said: 'CERT_HAS_EXPIRED' } },
      'Port 443 is not to be trusted (CERT_HAS_EXPIRED).',
    ],
    [{ web: { status: 503 } }, 'Port 443 answers 503 when asked as far as the database.'],
    [
      { web: { status: undefined, said: '/healthz/deep: no answer within 8 s' } },
      'Port 443 does not answer (/healthz/deep: no answer within 8 s).',
    ],
    [{ dicom: { trusted: false, echo: undefined } }, 'Port 11112 is not to be trusted.'],
    [
      { dicom: { echo: false, said: 'C-ECHO: no answer within 8 s' } },
      'Port 11112 does not answer as it should (C-ECHO: no answer within 8 s).',
    ],
    [
      { web: { status: 502 }, dicom: { echo: false } },
      'Port 443 answers 502 when asked as far as the database; ' +
        'port 11112 does not answer as it should.',
    ],
    [
      {
        web: { trusted: false, fingerprint: undefined, said: 'connect ECONNREFUSED 10.0.0.7:443' },
      },
      'Port 443 is not to be reached (connect ECONNREFUSED 10.0.0.7:443).',
    ],
  ])('that sees %j says: %s', (given, sentence) => {
    const sight = seen(given);

    expect([serves(sight), complaint(sight)]).toEqual([false, sentence]);
  });

  it('sees a certificate only where both ports show it', () => {
    const both = seen();
    const one = seen({ dicom: { fingerprint: 'AA:02' } });
    const other = seen({ web: { fingerprint: 'AA:02' } });

    expect([both, one, other].map((sight) => shows(sight, 'AA:01'))).toEqual([true, false, false]);
  });
});
