import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { runHealth } from '../../../cli/health/health.ts';
import type { Trouble } from '../../../functions/health/judgement.ts';
import type { create } from '../../../functions/health/observe.ts';
import type { Intent } from '../../../functions/shared/operations-table.ts';
import { CLINIC } from '../../support/clinic.ts';
import { awsError } from '../support/clients.ts';
import { type HealthAccount, healthAccount } from '../support/health-account.ts';
import { incident } from '../support/incidents.ts';
import { iso } from '../support/time.ts';

const config = path.join(mkdtempSync(path.join(tmpdir(), 'orthweb-health-')), 'site.ts');
writeFileSync(config, `export default ${JSON.stringify(CLINIC)};`);

const A = 'ec2-203-0-113-10.ca-central-1.compute.amazonaws.com';
const B = 'ec2-203-0-113-11.ca-central-1.compute.amazonaws.com';
/** What the observer answers: a field that it does not have does not compile. */
type Answer = Awaited<ReturnType<ReturnType<typeof create>>>;

const serves = {
  standing: 'serves',
  reason: 'a client is served, and the host says so too',
} as const;
const REACHED = { at: iso('20:00'), reached: 'reached' } as const;
const WELL = {
  reason: 'all is well or planned',
  nodes: { a: { ...serves, address: A }, b: { ...serves, address: B } },
  database: { status: 'available', sight: REACHED },
  storage: { ok: true },
  troubles: {},
  quietUntil: iso('21:00'),
} satisfies Answer;
const HUNG: Trouble = {
  class: 'node',
  cause: 'orthanc-hung',
  reason: 'Orthanc on node b does not answer.',
  findings: [],
};
const DOWN = {
  ...WELL,
  reason: HUNG.reason,
  nodes: { ...WELL.nodes, b: { standing: 'fails' as const, reason: HUNG.reason, address: B } },
  troubles: { b: HUNG },
} satisfies Answer;

async function health(account: HealthAccount, json = false) {
  const outside = healthAccount(account);
  const code = await runHealth({ config, json }, outside.connect);
  return { ...outside, code, text: outside.printed.join('\n') };
}

describe('the health of a site', () => {
  it('is by a look that is made now, at hosts too', async () => {
    const { invoked, regions } = await health({ verdict: WELL });

    expect(regions).toEqual(['ca-central-1']);
    expect(invoked).toHaveLength(1);
    expect(invoked[0]?.input).toEqual({
      FunctionName: 'clinic-observe',
      Payload: '{"trigger":"person"}',
    });
  });

  it('is where each node serves, how what they share is, and that nothing is to be done', async () => {
    const { printed, code } = await health({ verdict: WELL });

    expect(printed).toEqual([
      'clinic, 2026-11-23 15:00 (America/Toronto)',
      '',
      'node a      serves: a client is served, and the host says so too',
      `  web       https://${A}/`,
      `  DICOM     ${A} port 11112`,
      'node b      serves: a client is served, and the host says so too',
      `  web       https://${B}/`,
      `  DICOM     ${B} port 11112`,
      'database    answers; AWS says "available"',
      'bucket      takes images',
      '',
      'Verdict: well. All is well or planned.',
    ]);
    expect(code).toBe(0);
  });

  it('names the incident that is open, the node to use, and what to do', async () => {
    const items = { 'INCIDENT#b': incident() };
    const { printed, code } = await health({ verdict: DOWN, items });

    expect(printed.slice(5)).toEqual([
      'node b      DOWN: Orthanc on node b does not answer.',
      'database    answers; AWS says "available"',
      'bucket      takes images',
      '',
      'incident    20261123T194000Z-b',
      '  what      Orthanc on node b does not answer.',
      '  since     2026-11-23 14:40',
      '',
      'Verdict: not well. Orthanc on node b does not answer.',
      `Users: use https://${A}/ until it is over.`,
      'Do: docs/runbook.md#health-orthanc-hung; more: npm run orthweb -- incidents 20261123T194000Z-b',
    ]);
    expect(code).toBe(1);
  });

  it('recommends no address that was not seen to serve', async () => {
    const fails = { standing: 'fails', reason: 'The database refuses connections.' };
    const said = 'connect ECONNREFUSED 10.0.2.5:5432';
    const { text, code } = await health({
      verdict: {
        ...DOWN,
        reason: 'The database refuses connections.',
        nodes: { a: { ...fails, address: A }, b: { ...fails, address: B } },
        database: { status: 'stopped', sight: { ...REACHED, reached: 'refused', said } },
      },
    });

    expect(text).not.toContain('https://');
    expect(text).toContain(`database    refuses connections (${said}); AWS says "stopped"`);
    expect(code).toBe(1);
  });

  it('is well in a night where all is stopped as planned', async () => {
    const intent: Intent = {
      wish: 'stopped',
      reason: 'closed',
      plannedFor: iso('19:00'),
      run: 'arn:power',
    };
    const { text, code } = await health({
      verdict: { reason: 'no node is meant to serve', quietUntil: iso('2026-11-24T20:00') },
      items: { 'INTENT#a': intent, 'INTENT#b': intent },
    });

    expect(text).toContain('node a      planned: it is to be stopped: closed\nnode b      planned');
    expect(text).toContain('Verdict: well. No node is meant to serve.');
    expect(code).toBe(0);
  });

  it('is not well while trouble is only suspected, and says that it is early', async () => {
    const blind = { class: 'blind', cause: 'observer', reason: 'Orthweb cannot look.' };
    const unseen = { standing: 'unseen', reason: 'nobody could look' };
    const { text, code } = await health({
      verdict: {
        reason: blind.reason,
        nodes: { a: unseen, b: unseen },
        database: {},
        storage: { ok: false, said: 'AccessDenied' },
        troubles: { observer: blind },
      },
      items: { 'INCIDENT#observer': incident({ subject: 'observer', openedAt: undefined }) },
    });

    expect(text).toContain('node a      cannot be seen: nobody could look');
    expect(text).toContain(
      'database    nobody could look\nbucket      takes nothing (AccessDenied)',
    );
    expect(text).not.toContain('incident  ');
    expect(text).toContain('Do: nothing yet.');
    expect(code).toBe(1);
  });

  it('is not well as long as an incident is open, though all has been well since', async () => {
    const items = { 'INCIDENT#b': incident({ goodSince: iso('19:58') }) };
    const { text, code } = await health({ verdict: WELL, items });

    expect(text).toContain('  good      since 2026-11-23 14:58; soon over');
    expect(text).not.toContain('Users: ');
    expect(code).toBe(1);
  });

  it('passes over an incident that was closed a short while ago', async () => {
    const closed = incident({ goodSince: iso('19:50'), closedAt: iso('19:53') });

    expect(await health({ verdict: WELL, items: { 'INCIDENT#b': closed } })).toMatchObject({
      code: 0,
    });
  });

  it('is for a program as JSON', async () => {
    const open = incident();
    const { printed } = await health({ verdict: DOWN, items: { 'INCIDENT#b': open } }, true);

    expect(printed).toHaveLength(1);
    expect(JSON.parse(printed[0] ?? '')).toEqual({
      site: 'clinic',
      at: iso('20:00'),
      well: false,
      reason: HUNG.reason,
      nodes: DOWN.nodes,
      database: DOWN.database,
      storage: { ok: true },
      incidents: [open],
    });
  });
});

describe('whoever asks for the health is told', () => {
  it.each<[string, HealthAccount, RegExp]>([
    ['that the site is not deployed', { site: null }, /no stack clinic in ca-central-1/],
    ['that its stack is of old', { site: {} }, /no table in its output OperationsTable/],
    ['that nothing operates it', { operations: null }, /no stack clinic-operations .*deploy/],
    ['that its operations are of old', { operations: {} }, /no function in its output Observer/],
    [
      'why the look failed',
      { failure: { errorType: 'LookIncomplete', errorMessage: 'SNS: throttled' } },
      /LookIncomplete: SNS: throttled.*\/aws\/lambda\/clinic-observe/s,
    ],
    [
      'that versions differ',
      { verdict: { nodes: 'well' } },
      /does not understand.*npm run deploy/s,
    ],
    [
      'that AWS refuses',
      { refusal: awsError('AccessDenied', 'not authorized') },
      /AWS does not say how the site is \(AccessDenied: not authorized\)/,
    ],
  ])('%s', async (_, account, says) => {
    await expect(health(account)).rejects.toThrow(says);
  });
});
