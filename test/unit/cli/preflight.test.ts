import type { QueryCommand } from '@aws-sdk/client-dynamodb';
import { describe, expect, it } from 'vitest';
import {
  type Found,
  type Operated,
  refusalOfDatabase,
  refusalOfStacks,
} from '../../../cli/preflight.ts';
import { parseSchedule } from '../../../functions/power/schedule.ts';
import { wishes } from '../../../functions/power/wishes.ts';
import { itemOf, readSite } from '../../../functions/shared/operations-table.ts';
import { at, iso } from '../support/time.ts';

/** Nothing is ever planned to run. */
const closed = {
  timeZone: 'America/Toronto',
  schedule: { timeZone: 'America/Toronto', windows: [], exceptions: [] },
  nodes: 'both',
  database: 'follow',
} as const;

/** As the functions have it, without an override. */
const open = {
  table: 'Orthweb-State',
  plan: { ...closed, schedule: undefined },
  override: undefined,
};

const found = (database: string, more: Partial<Found> = {}): Found => ({
  site: 'clinic',
  region: 'ca-central-1',
  timeZone: 'America/Toronto',
  made: true,
  database,
  storage: { has: 30, wants: 30 },
  operated: { table: 'Orthweb-State', plan: closed, override: undefined },
  ...more,
});

describe('a stack', () => {
  const told = (status: string) => refusalOfStacks([{ name: 'clinic', status }])?.join('\n');

  it.each([
    ['CREATE_COMPLETE'],
    ['UPDATE_COMPLETE'],
    ['UPDATE_ROLLBACK_COMPLETE'],
    ['IMPORT_COMPLETE'],
    ['CREATE_FAILED'],
  ])('that is %s lets the deployment begin', (status) => {
    expect(told(status)).toBeUndefined();
  });

  it.each([
    ['CREATE_IN_PROGRESS'],
    ['UPDATE_IN_PROGRESS'],
    ['UPDATE_COMPLETE_CLEANUP_IN_PROGRESS'],
    ['UPDATE_ROLLBACK_IN_PROGRESS'],
    ['DELETE_IN_PROGRESS'],
  ])('that is %s is waited for', (status) => {
    expect(told(status)).toContain(`the stack clinic is being changed now (${status}).`);
    expect(told(status)).toMatch(/\nWait until .*\nSee docs\/runbook\.md#deploy-refused\.$/);
  });

  it.each([
    ['UPDATE_ROLLBACK_FAILED', 'Stack actions, Continue update rollback.'],
    ['UPDATE_FAILED', 'Choose Roll back.'],
    ['ROLLBACK_FAILED', 'Mend that, then choose Delete:'],
    ['DELETE_FAILED', 'Mend that, then choose Delete.'],
    ['IMPORT_ROLLBACK_FAILED', 'Its events in the CloudFormation console say why. Mend that.'],
  ])('that is %s is refused, with the way out', (status, wayOut) => {
    expect(told(status)).toContain(`Refused: the stack clinic is ${status}, and`);
    expect(told(status)).toContain(wayOut);
  });
});

describe('a database that no stack has', () => {
  it.each(['available', 'stopped'])('is in the way of a new site, though it is %s', (status) => {
    const refusal = refusalOfDatabase(found(status, { made: false }), at('20:00'))?.join('\n');

    expect(refusal).toMatch(/^Refused: a database clinic exists already, and no stack has it:/);
    expect(refusal).toMatch(/lift its deletion protection .* another name in site\./s);
    expect(refusal).not.toContain('aws ');
  });

  it('is none, and a new site is made', () => {
    expect(refusalOfDatabase(found('missing', { made: false }), at('20:00'))).toBeUndefined();
  });
});

/** The item in a printed command, as the functions read it from the table. */
async function overrideIn(lines: readonly string[] = []) {
  const [, json = ''] = /--item '([^']+)'/.exec(lines.join('\n')) ?? [];
  const client = { send: async (_query: QueryCommand) => ({ Items: [JSON.parse(json)] }) };
  return (await readSite({ client: client as never, name: 'any' })).override;
}

describe('a database that takes changes', () => {
  it.each(['missing', 'available', 'backing-up', 'modifying', 'storage-optimization'])(
    '%s lets the deployment begin',
    (status) => {
      expect(refusalOfDatabase(found(status, { operated: open }), at('20:00'))).toBeUndefined();
    },
  );

  it('is full, and gets more storage by the deployment', () => {
    const begin = (wants: number) =>
      refusalOfDatabase(
        found('storage-full', { operated: open, storage: { has: 30, wants } }),
        at('20:00'),
      );

    expect(begin(40)).toBeUndefined();
    expect(begin(30)?.[0]).toMatch(/^Refused: the database clinic is storage-full,/);
  });

  it('has grown by itself, and is not to shrink', () => {
    const storage = { has: 45, wants: 30 };

    for (const status of ['available', 'stopped']) {
      expect(refusalOfDatabase(found(status, { storage }), at('20:00'))).toEqual([
        'Refused: the database clinic has grown by itself to 45 GiB, and AWS shrinks none.',
        'Write 45 or more in database.storageGiB.',
        'See docs/runbook.md#deploy-refused.',
      ]);
    }
  });
});

describe('a database that takes none', () => {
  it.each(['starting', 'creating', 'rebooting', 'configuring-log-exports'])(
    '%s is waited for',
    (status) => {
      const refusal = refusalOfDatabase(found(status), at('20:00'));

      expect(refusal?.[0]).toBe(
        `Refused: the database clinic is ${status}, and AWS changes no such database.`,
      );
      expect(refusal?.[1]).toMatch(/^Wait until/);
      expect(refusal?.at(-1)).toBe('See docs/runbook.md#deploy-refused.');
    },
  );

  it.each([
    'incompatible-network',
    'incompatible-parameters',
    'inaccessible-encryption-credentials',
    'failed',
    'restore-error',
    'storage-full',
  ])('%s is mended by a person, and not waited for', (status) => {
    const refusal = refusalOfDatabase(found(status), at('20:00'))?.join(' ');

    expect(refusal).toContain(
      'The RDS console, under Logs & events, says what is wrong: mend that first.',
    );
    expect(refusal).not.toContain('Wait until');
  });

  it.each(['stopped', 'stopping'])('%s is opened by a command, until it is said when', (status) => {
    const refusal = refusalOfDatabase(found(status), at('20:00'));

    expect(refusal?.[1]).toMatch(/^Open the site until Mon 23 Nov 17:00 by this command/);
    expect(refusal?.[1]).toContain('whose quotes are for bash, zsh or CloudShell');
    expect(refusal?.[2]).toMatch(
      /^aws dynamodb put-item --region ca-central-1 --table-name Orthweb-State --item '\{.*\}'$/,
    );
  });

  it('is started by what the command writes, for two hours and no longer', async () => {
    const stored = await overrideIn(refusalOfDatabase(found('stopped'), at('20:00')));
    const wishAt = (time: string) => wishes(closed, stored?.value, at(time));

    expect(stored).toMatchObject({ key: 'OVERRIDE', version: 1 });
    expect(wishAt('20:00').of).toEqual({ a: 'running', b: 'running', database: 'running' });
    expect(wishAt('20:00').reason).toBe(
      'the operator asked for it: a deployment needs the database',
    );
    expect(wishAt('21:59:59').site).toBe('running');
    expect(wishAt('22:00').site).toBe('stopped');
  });

  it('is started directly where nothing operates the site', () => {
    const refusal = refusalOfDatabase(found('stopped', { operated: undefined }), at('20:00'));

    expect(refusal).toContain(
      'aws rds start-db-instance --region ca-central-1 --db-instance-identifier clinic',
    );
    expect(refusal?.join()).not.toContain('put-item');
  });
});

describe('a database that is to stop', () => {
  const schedule = parseSchedule({
    timeZone: 'America/Toronto',
    windows: [{ from: '07:00', to: '19:00', weekdays: 'mon-fri' }],
    exceptions: [],
  });
  /** Seven at night is midnight in UTC. */
  const plan = { ...closed, schedule };
  const override = (wish: 'running' | 'stopped', from: string, until: string) => ({
    ...{ wish, by: 'Ada', reason: 'maintenance' },
    ...{ from: iso(from), until: iso(until) },
  });
  const begin = (time: string, more: Partial<Operated> = {}) =>
    refusalOfDatabase(found('available', { operated: { ...open, plan, ...more } }), at(time));

  it('within the hour is held open before the deployment begins', async () => {
    const refusal = begin('23:15');

    expect(begin('22:59')).toBeUndefined();
    expect(refusal?.[0]).toBe(
      'Refused: Orthweb stops the database clinic at Mon 23 Nov 19:00, perhaps in the middle of the deployment.',
    );
    const stored = await overrideIn(refusal);
    expect(wishes(plan, stored?.value, at('2026-11-24T01:00')).of.database).toBe('running');
    expect(begin('23:15', { override: stored?.value })).toBeUndefined();
  });

  it('now is not mistaken for one that runs on', () => {
    expect(begin('2026-11-24T00:01')?.[0]).toMatch(
      /^Refused: Orthweb stops the database clinic now,/,
    );
  });

  it('by a standing override is found there', () => {
    const early = override('stopped', '20:30', '22:00');
    const late = override('running', '23:00', '2026-11-24T00:20');

    expect(begin('20:00')).toBeUndefined();
    expect(begin('20:00', { override: early })?.[0]).toContain('at Mon 23 Nov 15:30,');
    expect(begin('23:30', { override: late })?.[0]).toContain('at Mon 23 Nov 19:20,');
  });

  it('is not this one, where it always runs or nobody operates it', () => {
    for (const own of [{ database: 'always-on' }, { nodes: 'one' }] as const) {
      expect(begin('23:30', { plan: { ...plan, ...own } })).toBeUndefined();
    }
    expect(refusalOfDatabase(found('available', { operated: undefined }), at('23:30'))).toBe(
      undefined,
    );
  });
});

it('an item is what the functions write themselves', () => {
  expect(itemOf('OVERRIDE', 1, { wish: 'running' })).toEqual({
    pk: { S: 'SITE' },
    sk: { S: 'OVERRIDE' },
    version: { N: '1' },
    value: { M: { wish: { S: 'running' } } },
  });
});
