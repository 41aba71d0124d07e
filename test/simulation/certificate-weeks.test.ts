import { expect, it } from 'vitest';
import type { Entry } from '../../simulator/trace.ts';
import { BOTH, renewing } from './support/renewals.ts';

const DAY_MS = 86_400_000;
const BEGIN = Date.parse('2026-11-30T15:20:00Z');

const dayOf = (entry: Entry | undefined) => entry && (Date.parse(entry.at) - BEGIN) / DAY_MS;

it('sounds the alarms at 14 and at 7 days while nothing can be renewed, and renews when it can', async () => {
  const measured: { readonly name: string; readonly value: number }[] = [];

  const { entries, mails, renewed, sent } = await renewing({
    certificates: { a: 58, b: 58 },
    days: 31,
    faults: [{ name: 'disabled-key', at: '2026-11-30T11:00', minutes: 29 * 1440 }],
    prepare: ({ cloudwatch }) => {
      const { record } = cloudwatch;
      cloudwatch.record = (namespace, name, dimensions, value, at) => {
        if (namespace === 'Orthweb') measured.push({ name, value });
        record.call(cloudwatch, namespace, name, dimensions, value, at);
      };
    },
  });

  const alarm = (name: string) =>
    dayOf(
      entries.find(
        ({ kind, who, text }) => kind === 'alarm' && who.endsWith(name) && text === 'ALARM',
      ),
    );
  // 32 days are left at first.
  expect(alarm('Certificate/Overdue')).toBeGreaterThan(18);
  expect(alarm('Certificate/Overdue')).toBeLessThan(19.2);
  expect(alarm('Certificate/Expiring')).toBeGreaterThan(25);
  expect(alarm('Certificate/Expiring')).toBeLessThan(26.2);
  expect(alarm('Certificate/AuthorityExpiring')).toBeUndefined();
  const told = mails.filter(({ attributes }) => attributes.kind === 'CERTIFICATE');
  expect(told).toHaveLength(2);
  // What lasts for weeks is no mail a day.
  const alarms = mails.flatMap(
    ({ subject }) => /^ALARM.*Certificate\/(\w+)/.exec(subject)?.[1] ?? [],
  );
  expect(alarms).toEqual(['Failed', 'Overdue', 'Expiring']);
  expect(sent.filter((text) => text.startsWith('install'))).toHaveLength(2);
  expect(renewed).toEqual(['a', 'b']);
  expect(measured.filter(({ name }) => name === 'CertificateDaysLeft').length).toBeGreaterThan(31);
});

it('renews by itself when 30 days are left, at noon, and says so once', async () => {
  const { kinds, renewed, sent, runs } = await renewing({
    certificates: { a: 58, b: 55 },
    days: 7,
    prepare: () => {},
  });

  expect(sent).toEqual(BOTH);
  expect(renewed).toEqual(['a', 'b']);
  expect(kinds).toEqual(['RENEWED', 'RENEWED']);
  expect(runs.length).toBeLessThan(9);
});
