import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import type { ConfigInput } from '../../infra/config.ts';
import { instantAt } from '../../simulator/report/local-time.ts';
import { planRows } from '../../simulator/report/plan-table.ts';
import { play, siteOf } from './support/play.ts';

const zones = ['ca-central-1a', 'ca-central-1b', 'ca-central-1d'];
const windows = [{ from: '07:00', to: '19:00', weekdays: 'mon-fri' }];
const cidr = '10.42.0.0/16';

const ALL = ['database', 'node a', 'node b'];

/** What differs from the clinic of the tests, and what of it stops at night. */
const CONFIGURATIONS: readonly (readonly [
  name: string,
  different: Partial<ConfigInput>,
  stops: readonly string[],
])[] = [
  ['dev', { environment: 'dev' }, ALL],
  ['tst', { environment: 'tst' }, ALL],
  ['stg', { environment: 'stg' }, ALL],
  ['prd', { environment: 'prd' }, ALL],
  ['three zones', { zones }, ALL],
  ['prd in three zones', { environment: 'prd', zones }, ALL],
  ['no endpoints', { network: { cidr, endpoints: 'none' } }, ALL],
  ['the endpoints for secrets', { network: { cidr, endpoints: 'secrets' } }, ALL],
  ['the endpoints for management', { network: { cidr, endpoints: 'management' } }, ALL],
  ['endpoints by name', { zones, network: { cidr, endpoints: ['sns', 'states', 'rds'] } }, ALL],
  ['always on', { schedule: undefined }, []],
  ['always on in prd', { environment: 'prd', schedule: undefined }, []],
  ['one node at night', { schedule: { windows, nodes: 'one' } }, ['node b']],
  [
    'a database that stays on',
    { schedule: { windows, database: 'always-on' } },
    ['node a', 'node b'],
  ],
  ['dynamic addresses', { hosts: { addresses: 'dynamic' } }, ALL],
  ['a host of a later generation', { hosts: { generation: { a: 3 } } }, ALL],
  ['cheaper tiers for images', { storage: { intelligentTiering: true } }, ALL],
  [
    'a channel of Slack',
    {
      alerts: {
        emails: ['pacs@example.org'],
        slack: { workspaceId: 'T0123ABCDEF', channelId: 'C0123ABCDEF' },
      },
    },
    ALL,
  ],
  ['a budget', { budget: { monthlyUsd: 250 } }, ALL],
];

beforeAll(() => {
  for (const name of Object.keys(process.env)) {
    if (name.startsWith('AWS_')) vi.stubEnv(name, undefined);
  }
});
afterAll(() => vi.unstubAllEnvs());

it.each(CONFIGURATIONS)(
  'synthesizes without credentials, loads, and passes a week: %s',
  async (_name, different, stops) => {
    const site = siteOf(different);
    const manifest = JSON.parse(readFileSync(path.join(site.directory, 'manifest.json'), 'utf8'));
    const week = { from: '2026-11-30T00:00', days: 7 };

    const result = await play(site, week);

    expect(manifest.missing).toBeUndefined();
    expect(result.failure).toBeUndefined();
    expect(result.entries.filter(({ kind }) => kind === 'alarm')).toEqual([]);
    const from = instantAt(week.from, site.timeZone);
    const end = new Date(from.getTime() + week.days * 86_400_000);
    const rows = planRows(result, site.plan, from, end);
    for (const { done } of rows) expect(done).toBeLessThan(20 * 60);
    const stopped = result.entries.filter(({ text }) => text === 'stopped');
    expect([...new Set(stopped.map(({ who }) => who))].sort()).toEqual(stops);
  },
);
