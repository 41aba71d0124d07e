import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { PassThrough } from 'node:stream';
import { afterAll, describe, expect, it } from 'vitest';
import { type DeployOptions, runDeploy } from '../../../cli/deploy.ts';
import { runDiff } from '../../../cli/diff.ts';
import { askHere } from '../../../cli/outside.ts';
import { itemOf } from '../../../functions/shared/operations-table.ts';
import { CLINIC } from '../../support/clinic.ts';
import { awsError } from '../support/clients.ts';
import { type Account, standIn } from '../support/outside.ts';
import { assemblyOf, edited, idOf, renamed, templates } from '../support/stacks.ts';
import { at } from '../support/time.ts';

const home = mkdtempSync(path.join(tmpdir(), 'orthweb-deploy-'));
afterAll(() => rmSync(home, { recursive: true }));
const config = path.join(home, 'site.ts');
writeFileSync(config, `export default ${JSON.stringify(CLINIC)};`);

const now = templates();
const stacks = { clinic: now.site, 'clinic-operations': now.operations };

/** What may be in the account, as the clinic of the configuration is deployed onto it. */
const accounts = {
  same: { stacks, database: 'available' },
  empty: {},
  smaller: {
    stacks: { ...stacks, clinic: templates({ hosts: { instanceType: 't3.small' } }).site },
    database: 'available',
  },
  otherHosts: {
    stacks: {
      ...stacks,
      clinic: renamed(now, idOf(now, 'Hosts/A/Instance'), idOf(now, 'Hosts/B/Instance')).site,
    },
    database: 'available',
  },
  otherDatabase: {
    stacks: {
      ...stacks,
      clinic: edited(now, (of) => {
        const database = of[idOf(now, 'Database/Instance')];
        if (database) database.Properties = { ...database.Properties, DBInstanceIdentifier: 'old' };
      }).site,
    },
    database: 'available',
  },
} satisfies Record<string, Account>;

async function deploy(account: Account, options: Omit<DeployOptions, 'config'> = {}) {
  const outside = standIn(account);
  return { ...outside, code: await runDeploy({ config, ...options }, outside.connect) };
}

async function diff(account: Account) {
  const outside = standIn(account);
  return { ...outside, code: await runDiff({ config }, outside.connect) };
}

/** What was printed, as sentences. */
const text = (printed: readonly string[]) => printed.join(' ').replace(/\s+/g, ' ');

const folder = expect.stringMatching(/orthweb-assembly-/);

it('prints no line of more than 100 columns, but for a command to be copied', async () => {
  const runs = [
    await deploy({ ...accounts.smaller, typed: 'no' }),
    await deploy(accounts.otherHosts),
    await deploy(accounts.otherDatabase),
    await deploy({ ...accounts.same, database: 'stopped' }),
    await deploy({ ...accounts.same, storageGiB: 45 }),
    await deploy({ ...accounts.same, stackStatus: 'UPDATE_ROLLBACK_FAILED' }),
    await deploy({ database: 'available' }),
    await diff(accounts.smaller),
  ];
  const lines = runs.flatMap(({ printed }) => printed);

  expect(lines.filter((line) => line.length > 100 && !line.startsWith('aws '))).toEqual([]);
  expect(lines.filter((line) => line.startsWith('aws '))).toHaveLength(1);
  expect(lines).toContain('            second one. Expect some minutes in which nobody is served.');
});

describe('npm run deploy', () => {
  it('hands what it has told about to the CDK, and ends as that does', async () => {
    const { code, ran, printed, asked } = await deploy({ ...accounts.same, typed: '', cdkEnds: 3 });

    expect(printed[0]).toBe('Nothing happens to hosts and data.');
    expect(asked).toEqual([]);
    expect(ran).toEqual([['deploy', '--all', '--app', folder, '--build', '']]);
    expect(code).toBe(3);
  });

  it('makes a new site without a question', async () => {
    const { code, ran, printed } = await deploy({ ...accounts.empty, typed: '' });

    expect(printed.at(-1)).toBe('Verdict: safe. Nothing is interrupted, replaced or lost.');
    expect(ran).toHaveLength(1);
    expect(code).toBe(0);
  });

  it.each(['REVIEW_IN_PROGRESS', 'ROLLBACK_COMPLETE', 'DELETE_COMPLETE'])(
    'makes anew what a first deployment has left as %s',
    async (stackStatus) => {
      const { printed } = await deploy({ stacks, stackStatus });

      expect(printed[0]).toMatch(/^clinic: the stack is not there yet, or not finished/);
    },
  );

  it.each([
    ['begins', accounts.empty],
    ['goes on with what it left', { ...accounts.same, stackStatus: { clinic: 'CREATE_FAILED' } }],
  ])('keeps what a first deployment has made when it fails, and %s', async (_how, account) => {
    const { code, ran, printed } = await deploy({ ...account, typed: '' });

    expect(printed[0]).toMatch(/^clinic: the stack is not there yet, or not finished/);
    expect(ran).toEqual([['deploy', '--all', '--app', folder, '--build', '', '--no-rollback']]);
    expect(code).toBe(0);
  });

  it('makes no site around a database that is none of its own', async () => {
    const { code, printed, ran } = await deploy({ database: 'available', typed: 'clinic' });

    expect(printed[0]).toMatch(/^Refused: a database clinic exists already, and no stack has it/);
    expect(ran).toEqual([]);
    expect(code).toBe(1);
  });

  it('touches neither stack while one is being changed, and neither does diff', async () => {
    const account = { ...accounts.same, stackStatus: 'UPDATE_IN_PROGRESS' };
    const deployed = await deploy(account);
    const compared = await diff(account);

    for (const { printed, ran, code } of [deployed, compared]) {
      expect(printed[0]).toMatch(/^Refused: the stack clinic is being changed now/);
      expect(ran).toEqual([]);
      expect(code).toBe(1);
    }
  });

  it('looks at the stack of operations too', async () => {
    const account = { ...accounts.same, stackStatus: { 'clinic-operations': 'UPDATE_FAILED' } };
    const { printed } = await deploy(account);

    expect(printed[0]).toMatch(/^Refused: the stack clinic-operations is UPDATE_FAILED,/);
  });

  it('interrupts only after the name of the site has been typed', async () => {
    const yes = await deploy({ ...accounts.smaller, typed: ' clinic' });
    const no = await deploy({ ...accounts.smaller, typed: 'yes' });

    expect(yes.asked).toEqual(['Type the name of the site (clinic) to deploy this: ']);
    expect(yes.ran).toHaveLength(1);
    expect(no.ran).toEqual([]);
    expect(no.printed.at(-1)).toBe('Nothing was deployed.');
    expect([yes.code, no.code]).toEqual([0, 1]);
  });

  it('does nothing when the question is left without an answer', async () => {
    const { code, printed, ran } = await deploy({ ...accounts.smaller, typed: 'leaves' });

    expect(printed.at(-1)).toBe('Nothing was deployed.');
    expect(ran).toEqual([]);
    expect(code).toBe(1);
  });

  it.each([
    ['Ctrl-C', '\x03'],
    ['Ctrl-D', '\x04'],
  ])('lets a person leave the question by %s', async (_key, typed) => {
    const [input, output] = [new PassThrough(), new PassThrough()];
    const answer = askHere('Well? ', { input, output, terminal: true });
    input.write(typed);

    expect(await answer).toBeUndefined();
    expect(String(output.read())).toMatch(/\n$/);
  });

  it('interrupts without a terminal only where that was accepted beforehand', async () => {
    const unasked = await deploy(accounts.smaller);
    const accepted = await deploy(accounts.smaller, { acceptInterruption: true });

    expect(unasked.ran).toEqual([]);
    expect(unasked.printed.at(-1)).toMatch(/npm run deploy -- --accept-interruption\.$/);
    expect(accepted.ran[0]?.slice(-2)).toEqual(['--require-approval', 'never']);
    expect([unasked.code, accepted.code]).toEqual([1, 0]);
  });

  it('never replaces both hosts at once, whatever is typed and accepted', async () => {
    const options = { acceptInterruption: true, acceptDataLoss: true };
    const { code, ran, asked, printed } = await deploy(
      { ...accounts.otherHosts, typed: 'clinic' },
      options,
    );

    expect(text(printed)).toMatch(/ Verdict: refused\. Raise hosts\.generation of one node/);
    expect([ran, asked]).toEqual([[], []]);
    expect(code).toBe(1);
  });

  it('lets the data of a test site go only where that was accepted, and asks all the same', async () => {
    const typed = { ...accounts.otherDatabase, typed: 'clinic' };
    const refused = await deploy(typed, { acceptInterruption: true });
    const accepted = await deploy(typed, { acceptDataLoss: true });

    expect(refused.printed.at(-1)).toMatch(/^Verdict: refused\. .*--accept-data-loss\.$/);
    expect(refused.ran).toEqual([]);
    expect(accepted.asked).toHaveLength(1);
    expect(accepted.ran).toHaveLength(1);
  });

  it('is refused before anything else while the database is stopped', async () => {
    const { code, ran, asked, printed } = await deploy(
      { ...accounts.smaller, database: 'stopped', typed: 'clinic' },
      { acceptInterruption: true },
    );

    expect(printed[0]).toBe(
      'Refused: the database clinic is stopped, and AWS changes no such database.',
    );
    expect(printed).toContainEqual(
      expect.stringMatching(/^aws dynamodb put-item .* --table-name Orthweb-State --item/),
    );
    expect(printed.join()).not.toContain('Verdict');
    expect([ran, asked]).toEqual([[], []]);
    expect(code).toBe(1);
  });

  it('starts a stopped database directly where the operations are not deployed', async () => {
    const { clinic } = stacks;
    const { printed } = await deploy({ stacks: { clinic }, database: 'stopped' });

    expect(printed[2]).toMatch(/^aws rds start-db-instance /);
  });
});

describe('npm run deploy, about the database', () => {
  it('reads what it has grown to', async () => {
    const { printed, ran } = await deploy({ ...accounts.same, storageGiB: 45 });

    expect(printed).toContain('Write 45 or more in database.storageGiB.');
    expect(ran).toEqual([]);
  });

  it('reads the plan that is deployed, and the override that stands', async () => {
    const closing = templates({ schedule: { windows: [{ from: '07:00', to: '15:30' }] } });
    const account = {
      stacks: { ...stacks, 'clinic-operations': closing.operations },
      database: 'available',
    };
    const until = at('22:00').toISOString();
    const from = at('19:00').toISOString();
    const open = { wish: 'running', from, until, by: 'Ada', reason: 'late clinic' };
    const refused = await deploy(account);
    const held = await deploy({ ...account, items: [itemOf('OVERRIDE', 1, open)] });

    expect(refused.printed[0]).toContain('stops the database clinic at Mon 23 Nov 15:30,');
    expect(refused.ran).toEqual([]);
    expect(held.ran).toHaveLength(1);
  });
});

describe('npm run diff', () => {
  it('tells in words first, then lets the CDK speak, about one assembly', async () => {
    const { code, ran, printed, regions } = await diff(accounts.smaller);

    expect(printed[0]).toMatch(/^node a: is stopped and started again/);
    expect(ran).toEqual([['diff', '--app', folder, '--build', '']]);
    expect(regions).toEqual(['ca-central-1']);
    expect(code).toBe(0);
  });

  it('ends with 1 for what would be refused, and when the CDK fails', async () => {
    expect((await diff(accounts.otherHosts)).code).toBe(1);
    expect((await diff({ ...accounts.same, cdkEnds: 2 })).code).toBe(2);
  });

  it('compares with an assembly made earlier without asking AWS or the CDK', async () => {
    const { connect, printed, calls, ran } = standIn();
    const refused = { ...CLINIC, network: { cidr: '10.50.0.0/16' } };
    const same = await runDiff({ config, against: assemblyOf(CLINIC).directory }, connect);
    const moved = await runDiff({ config, against: assemblyOf(refused).directory }, connect);

    expect(printed[0]).toBe('Nothing happens to hosts and data.');
    expect(text(printed)).toMatch(
      / Verdict: refused\. Hosts and database do not move to another subnet/,
    );
    expect([calls, ran]).toEqual([[], []]);
    expect([same, moved]).toEqual([0, 1]);
  });

  it('takes the assembly of another site for none of this one', async () => {
    const { connect, printed } = standIn();
    await runDiff({ config, against: assemblyOf({ ...CLINIC, site: 'other' }).directory }, connect);

    expect(printed[0]).toMatch(/^clinic: the stack is not there yet, or not finished/);
  });

  it('compares no two regions', async () => {
    const elsewhere = {
      ...CLINIC,
      region: 'eu-west-1',
      zones: ['eu-west-1a', 'eu-west-1b'],
    };
    const failing = runDiff(
      { config, against: assemblyOf(elsewhere).directory },
      standIn().connect,
    );

    await expect(failing).rejects.toThrow(
      /^--against: .* is of the region eu-west-1, and the configuration of ca-central-1\./,
    );
  });

  it('takes no folder without an assembly, and says how one is made', async () => {
    const failing = runDiff({ config, against: tmpdir() }, standIn().connect);

    await expect(failing).rejects.toMatchObject({
      name: 'UserError',
      message: expect.stringMatching(/^--against: .* npm run synth -- --output earlier\.$/),
    });
  });

  it('takes letters that CloudFormation gives back as a question mark for no change', async () => {
    const { printed } = await diff(accounts.same);

    expect(JSON.stringify(now)).toMatch(/[^\x20-\x7f]/);
    expect(printed.slice(0, 3)).toEqual([
      'Nothing happens to hosts and data.',
      'clinic: nothing changes.',
      'clinic-operations: nothing changes.',
    ]);
  });

  it('does not take a refusal of AWS for a site that is not there', async () => {
    const mistake = awsError('ValidationError', 'Template format error');

    await expect(diff({ refusal: mistake })).rejects.toThrow(/AWS does not say what is deployed/);
  });

  it.each([
    ['CredentialsProviderError', /there are no credentials .* Log in .* --against <folder>\.$/],
    ['TokenProviderError', /there are no credentials/],
    ['ExpiredToken', /AWS does not take your credentials .* Log in again/],
    ['AccessDenied', /AWS does not say what is deployed \(AccessDenied: says AWS\)/],
  ])('%s is one sentence with the remedy', async (name, sentence) => {
    const failing = diff({ refusal: awsError(name, 'says AWS') });

    await expect(failing).rejects.toMatchObject({
      name: 'UserError',
      message: expect.stringMatching(sentence),
    });
  });

  it('does not take a template of somebody else for one of ours', async () => {
    const outside = standIn(accounts.same);
    const cloudformation = {
      send: (async () => ({
        Stacks: [{ StackStatus: 'CREATE_COMPLETE' }],
        TemplateBody: 'a: b',
      })) as never,
    };
    const connect = (region: string) => ({ ...outside.connect(region), cloudformation });

    await expect(runDiff({ config }, connect)).rejects.toThrow(/template that is no JSON/);
  });
});
