import type { Time } from '@peculiar/asn1-x509';
import { PROFILE } from '../profile.ts';
import { ACM, APPLE, type Pair, PROFILE_PAGE, type Read, RFC5280, type Rule } from './rule.ts';

const DAY = 86_400_000;

const spanOf = ({ signed }: Read) => {
  const { notBefore, notAfter } = signed.tbsCertificate.validity;
  return { from: notBefore.getTime(), to: notAfter.getTime() };
};

const days = ({ leaf }: Pair): number => {
  const { from, to } = spanOf(leaf);
  return (to.getTime() - from.getTime()) / DAY;
};

const misspelt = ({ utcTime, generalTime }: Time): boolean =>
  (utcTime !== undefined && utcTime.getUTCFullYear() > 2049) ||
  (generalTime !== undefined && generalTime.getUTCFullYear() < 2050);

/** When a leaf is good. */
export const VALIDITY_RULES: readonly Rule[] = [
  {
    id: 'ends-after-it-begins',
    says: 'It ends after it begins.',
    source: `${RFC5280}#section-4.1.2.5`,
    breaks: (pair) => days(pair) <= 0,
  },
  {
    id: 'begun',
    says: 'It has begun.',
    source: ACM,
    breaks: ({ leaf, now }) => spanOf(leaf).from > now,
  },
  {
    id: 'not-ended',
    says: 'It has not ended.',
    source: ACM,
    breaks: ({ leaf, now }) => spanOf(leaf).to <= now,
  },
  {
    id: 'back-dated',
    says: 'It begins an hour before it is made: devices’ clocks may be behind.',
    source: PROFILE_PAGE,
    // Half a minute for who looks at it right after; what is in the future breaks `begun`.
    breaks: ({ leaf, now }) => {
      const age = now.getTime() - spanOf(leaf).from.getTime();
      return age >= 0 && age < (PROFILE.backdateSeconds - 30) * 1000;
    },
  },
  {
    id: 'at-most-825-days',
    says: 'It is good for at most 825 days.',
    source: APPLE,
    breaks: (pair) => days(pair) > 825,
  },
  {
    id: 'days-of-profile',
    says: `It is good for at most ${PROFILE.leaf.days} days.`,
    source: PROFILE_PAGE,
    breaks: (pair) => days(pair) > PROFILE.leaf.days,
  },
  {
    id: 'outlived-by-authority',
    says: 'It ends no later than the authority.',
    source: `${RFC5280}#section-6.1.3`,
    breaks: ({ leaf, authority }) => spanOf(leaf).to > spanOf(authority).to,
  },
  {
    id: 'times-as-written',
    says: 'Its times through 2049 have two digits for the year, later ones four.',
    source: `${RFC5280}#section-4.1.2.5`,
    breaks: ({ leaf }) => {
      const { notBefore, notAfter } = leaf.signed.tbsCertificate.validity;
      return misspelt(notBefore) || misspelt(notAfter);
    },
  },
];
