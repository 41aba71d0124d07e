import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { type IncidentsOptions, runIncidents } from '../../../cli/health/incidents.ts';
import { CLINIC } from '../../support/clinic.ts';
import { type HealthAccount, healthAccount } from '../support/health-account.ts';
import { incident, over } from '../support/incidents.ts';
import { iso } from '../support/time.ts';

const config = path.join(mkdtempSync(path.join(tmpdir(), 'orthweb-incidents-')), 'site.ts');
writeFileSync(config, `export default ${JSON.stringify(CLINIC)};`);

async function incidents(
  account: HealthAccount,
  id?: string,
  options: Partial<IncidentsOptions> = {},
) {
  const outside = healthAccount(account);
  await runIncidents(id, { config, ...options }, outside.connect);
  return { ...outside, text: outside.printed.join('\n') };
}

const DATABASE = over('2026-11-20T09:15:00', {
  id: '20261120T091500Z-database',
  subject: 'database',
  class: 'shared',
  cause: 'database',
  severity: 'critical',
  goodSince: iso('2026-11-20T12:35:00'),
});
const LONG = over('2026-11-10T09:15:00', {
  cause: 'way-to-database',
  goodSince: iso('2026-11-10T09:27:05'),
});

/** Of each day of a month, the first in its morning. */
const DAYS = Array.from({ length: 25 }, (_, day) =>
  over(`2026-10-${String(day + 1).padStart(2, '0')}T08:00:00`),
);
const dayOf = (line: string) => /^202610(\d\d)T/.exec(line)?.[1];

describe('the list of incidents', () => {
  it('has those that are open, then those that are over, the newest first', async () => {
    const { printed, regions } = await incidents({
      items: { 'INCIDENT#b': incident() },
      past: [LONG, DATABASE],
    });

    expect(printed).toEqual([
      'incident                   state  severity  since             lasted        cause',
      '20261123T194000Z-b         open   high      2026-11-23 14:40  20 min 0 s    orthanc-hung',
      '20261120T091500Z-database  over   critical  2026-11-20 04:15  3 h 20 min    database',
      '20261110T091500Z-b         over   high      2026-11-10 04:15  12 min 5 s    way-to-database',
      '',
      'Times are by the clock of America/Toronto.',
    ]);
    expect(Math.max(...printed.map((line) => line.length))).toBeLessThanOrEqual(100);
    expect(regions).toEqual(['ca-central-1']);
  });

  it('has neither suspicions nor twice what was closed a short while ago', async () => {
    const { printed } = await incidents({
      items: {
        'INCIDENT#a': incident({ id: '20261123T195900Z-a', subject: 'a', openedAt: undefined }),
        'INCIDENT#database': DATABASE,
      },
      past: [DATABASE],
    });

    expect(printed.filter((line) => line.startsWith('2026'))).toEqual([
      expect.stringContaining('20261120T091500Z-database'),
    ]);
  });

  it('has the last twenty, and says that there are older ones', async () => {
    const { printed } = await incidents({ past: DAYS, pageSize: 7 });

    const days = printed.flatMap((line) => dayOf(line) ?? []);
    expect(days).toHaveLength(20);
    expect([days[0], days.at(-1)]).toEqual(['25', '06']);
    expect(printed.at(-1)).toContain('There are older ones: --all.');
  });

  it('has all of them where that is asked for, and there are none left', async () => {
    const { printed } = await incidents({ past: DAYS, pageSize: 7 }, undefined, { all: true });

    expect(printed.flatMap((line) => dayOf(line) ?? [])).toHaveLength(25);
    expect(printed.at(-1)).not.toContain('--all');
  });

  it('says nothing of older ones where twenty are all', async () => {
    const { printed } = await incidents({ past: DAYS.slice(0, 20) });

    expect(printed.flatMap((line) => dayOf(line) ?? [])).toHaveLength(20);
    expect(printed.at(-1)).not.toContain('--all');
  });

  it('says that there is none', async () => {
    expect((await incidents({})).printed).toEqual(['No incident is open, and none is on record.']);
  });

  it('is for a program as JSON', async () => {
    const account = { items: { 'INCIDENT#b': incident() }, past: [DATABASE] };
    const { text } = await incidents(account, undefined, { json: true });

    expect(JSON.parse(text)).toEqual({ site: 'clinic', open: [incident()], past: [DATABASE] });
  });
});

describe('an incident', () => {
  it('has its five times, what happened, and what was found', async () => {
    const closed = incident({
      actedAt: iso('19:42:00'),
      goodSince: iso('19:52:05'),
      closedAt: iso('19:55:20'),
      reminders: 1,
      relapses: 2,
      timeline: [
        { at: iso('19:40:34'), what: 'Orthanc on node b does not answer.' },
        { at: iso('19:55:20'), what: 'All has been well for 3 minutes.' },
      ],
    });
    const { printed } = await incidents({ past: [closed, DATABASE] }, closed.id);

    expect(printed).toEqual([
      'incident    20261123T194000Z-b, over',
      'about       node b: orthanc-hung (node, high)',
      'what        Orthanc on node b does not answer.',
      'first bad   2026-11-23 14:40:00',
      'opened      2026-11-23 14:40:34, detected after 34 s',
      'alerted     2026-11-23 14:40:35, after another 1 s',
      'acted       2026-11-23 14:42:00',
      'recovered   2026-11-23 14:52:05, downtime 12 min 5 s',
      'closed      2026-11-23 14:55:20',
      'reminders   1',
      'relapses    2: the same was in trouble shortly before',
      'runbook     docs/runbook.md#health-orthanc-hung',
      '',
      'Timeline, by the clock of America/Toronto',
      '  2026-11-23 14:40:34  Orthanc on node b does not answer.',
      '  2026-11-23 14:55:20  All has been well for 3 minutes.',
      '',
      'Evidence',
      '  web                  status 504, Orthanc alone 504',
      '  dicom                C-ECHO: no answer within 8 s',
    ]);
  });

  it('that is open lasts until now', async () => {
    const open = incident();
    const { text } = await incidents({ items: { 'INCIDENT#b': open } }, open.id);

    expect(text).toContain('incident    20261123T194000Z-b, open\n');
    expect(text).toContain('recovered   not yet, downtime 20 min 0 s so far\n');
    expect(text).not.toContain('acted');
  });

  it.each<[string, Parameters<typeof incident>[0], string]>([
    ['is only suspected', { openedAt: undefined, alertedAt: undefined }, 'suspected, and not told'],
    ['is good again', { goodSince: iso('19:59') }, 'open; all has been well again'],
    [
      'takes no node down',
      { class: 'degraded', cause: 'disk-filling', severity: 'warning' },
      'recovered   not yet, lasted 20 min 0 s so far',
    ],
    ['is of nobody who sees', { subject: 'observer' }, 'about       who looks at the nodes: '],
  ])('that %s is said to be so', async (_, more, says) => {
    const one = incident(more);

    expect((await incidents({ items: { 'INCIDENT#b': one } }, one.id)).text).toContain(says);
  });

  it('has its durations in JSON, too', async () => {
    const open = incident();
    const { text } = await incidents({ items: { 'INCIDENT#b': open } }, open.id, { json: true });

    const durations = { detectedAfterSec: 34, alertedAfterSec: 1, lastedSec: 1_200 };
    expect(JSON.parse(text)).toEqual({ ...open, ...durations });
  });

  it('that is not known is named, with what to do', async () => {
    const says =
      /^id: the site clinic has no incident "20200101T000000Z-a".*npm run orthweb -- incidents --all/s;

    await expect(incidents({ past: [DATABASE] }, '20200101T000000Z-a')).rejects.toThrow(says);
  });

  it('cannot be asked for where no site is deployed', async () => {
    await expect(incidents({ site: null }, 'x')).rejects.toThrow(/no stack clinic in ca-central-1/);
  });
});
