import { X509Certificate } from 'node:crypto';
import { expect, it } from 'vitest';
import { lint, RULES } from '../../../functions/certificate/lint.ts';
import { GOOD, NOW, SPECIMENS } from '../support/specimens.ts';

const broken = (linted: Parameters<typeof lint>[0]) => lint(linted).map(({ id }) => id);

it('finds nothing in a leaf as the authority makes it', () => {
  expect(broken(GOOD)).toEqual([]);
});

it('holds a leaf against no key and no names where none are known', () => {
  const { leaf, authority, now } = GOOD;

  expect(broken({ leaf, authority, now })).toEqual([]);
});

it('finds nothing in a leaf on its last day', () => {
  const { validTo } = new X509Certificate(GOOD.leaf);
  const lastMoment = new Date(new Date(validTo).getTime() - 1000);

  expect(broken({ ...GOOD, now: lastMoment })).toEqual([]);
});

it('has at least 25 rules, each under its own name, with a sentence and who says so', () => {
  expect(RULES.length).toBeGreaterThanOrEqual(25);
  expect(new Set(RULES.map(({ id }) => id)).size).toBe(RULES.length);
  for (const { id, says, source } of RULES) {
    expect(id).toMatch(/^[a-z0-9]+(-[a-z0-9]+)*$/);
    expect(says, id).toMatch(/^[A-Z].*\.$/);
    expect(source, id).toMatch(/^(https:\/\/|docs\/certificates\.md#profile$)/);
  }
});

it('has a specimen for every rule', () => {
  expect(Object.keys(SPECIMENS).sort()).toEqual(RULES.map(({ id }) => id).sort());
});

it.each(
  Object.entries(SPECIMENS).map(([rule, { what, linted, also = [] }]) => ({
    what,
    rule,
    linted,
    rules: [rule, ...also],
  })),
)('finds that $what, by the rule $rule', ({ linted, rules }) => {
  expect(broken({ ...GOOD, ...linted }).sort()).toEqual(rules.sort());
});

it.each([
  ['text', Buffer.from('-----BEGIN CERTIFICATE-----')],
  ['nothing', Buffer.alloc(0)],
  ['half of a certificate', GOOD.leaf.subarray(0, 500)],
])('says that %s cannot be read, as leaf or as authority', (_what, der) => {
  expect(broken({ ...GOOD, leaf: der })).toEqual(['readable']);
  expect(broken({ ...GOOD, authority: der })).toEqual(['readable']);
});

// What Apple asks of every TLS server's certificate: https://support.apple.com/103769
it.each([
  ['RSA keys of at least 2048 bits', 'key-2048'],
  ['a hash of the SHA-2 family', 'signature-sha-2'],
  ['the DNS name among the alternative names', 'dns-name'],
  ['an extended key usage with id-kp-serverAuth', 'purpose-server'],
  ['at most 825 days', 'at-most-825-days'],
])('holds Apple’s requirement of %s, by a rule that says so', (_what, rule) => {
  expect(RULES.find(({ id }) => id === rule)?.source).toBe('https://support.apple.com/103769');
  expect(broken({ ...GOOD, ...SPECIMENS[rule]?.linted })).toContain(rule);
});

it('looks at the hour of who asks', () => {
  const yesterday = new Date(NOW.getTime() - 86_400_000);

  expect(broken({ ...GOOD, now: yesterday })).toEqual(['begun']);
});
