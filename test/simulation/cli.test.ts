import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { CLINIC } from '../support/clinic.ts';
import { assemblyOf } from '../unit/support/stacks.ts';

const root = path.join(import.meta.dirname, '../..');
const folder = mkdtempSync(path.join(tmpdir(), 'orthweb-cli-'));

/** Types `npm run orthweb -- …` as a user without an AWS account would, with this Node. */
function orthweb(...args: string[]) {
  const env = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !name.startsWith('AWS_')),
  );
  const nobody = { AWS_EC2_METADATA_DISABLED: 'true', HOME: folder, NO_COLOR: '1' };
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [path.join(root, 'cli/main.ts'), ...args],
    { cwd: root, encoding: 'utf8', env: { ...env, ...nobody } },
  );
  return { status, stdout, stderr };
}

const start = (...args: string[]) => orthweb('simulate', ...args);

/** It ends with a sentence for the user, before anything is done. */
function expectRefusal({ status, stdout, stderr }: ReturnType<typeof orthweb>, sentence: RegExp) {
  expect(stderr).toMatch(sentence);
  expect(stderr).not.toMatch(/^\s+at /m);
  expect(stdout).toBe('');
  expect(status).toBe(2);
}

function configFile(name: string, text: string): string {
  const file = path.join(folder, name);
  writeFileSync(file, text);
  return file;
}

const { schedule: _never, ...unscheduled } = CLINIC;
const alwaysOn = configFile('always-on.ts', `export default ${JSON.stringify(unscheduled)};`);

describe('what a user can get wrong is a sentence and exit code 2', () => {
  const mistakes: readonly (readonly [what: string, args: string[], sentence: RegExp])[] = [
    ['an option that does not exist', ['--dayz', '3'], /unknown option '--dayz'.*\n.*--days/],
    ['days that are no number', ['--days', 'many'], /--days.*'many'.*whole number from 1 to 3650/s],
    ['days of zero', ['--days', '0'], /--days.*'0'.*whole number from 1 to 3650/s],
    [
      'days of zero for the lab',
      ['--hosts', 'lab', '--days', '0'],
      /--days.*'0'.*whole number from 1 to 3650; with --hosts lab, from 1 to 7\./,
    ],
    [
      'a date that is none',
      ['--from', '30.11.2026'],
      /--from: "30.11.2026" is not a date.*YYYY-MM-DD/,
    ],
    ['a date that no month has', ['--from', '2026-02-30'], /--from: "2026-02-30" is not a date/],
    [
      'a date with a time',
      ['--from', '2026-11-30T07:00'],
      /--from: "2026-11-30T07:00" is not a date/,
    ],
    [
      'a fault that only JavaScript knows',
      ['--fault', 'toString@2026-11-30T07:00'],
      /Write one of/,
    ],
    ['a fault with two times', ['--fault', 'slow-database@2026-11-30T07:00@x'], /Add when, once/],
    ['a fault with a date alone', ['--fault', 'slow-database@2026-11-30'], /is not a time/],
    ['a folder for the JSON', ['--json', folder], /--json: ".*" cannot be written/],
    ['no name for the JSON', ['--json', ''], /--json: "" cannot be written/],
    ['a seed below zero', ['--seed=-1'], /--seed.*'-1'.*whole number/s],
    [
      'a fault that does not exist',
      ['--fault', 'meteor@2026-11-30T07:00'],
      /meteor.*Write one of throttled-api/s,
    ],
    [
      'a fault of no node',
      ['--fault', 'dead-host:c@2026-11-30T07:00'],
      /dead-host takes a node: dead-host:a\./,
    ],
    [
      'a fault with a target that it does not take',
      ['--fault', 'deploy:a@2026-11-30T07:00'],
      /deploy takes nothing after a colon/,
    ],
    [
      'minutes for a fault that strikes once',
      ['--fault', 'aborted-run@2026-11-30T07:00+5'],
      /aborted-run strikes once and takes no minutes/,
    ],
    [
      'an error that AWS does not have',
      ['--from', '2026-11-30', '--fault', 'failing-api:ec2:StartInstances=Foo@2026-11-30T07:00'],
      /--fault: failing-api:ec2:StartInstances=Foo: AWS has no such error of .*Choose one of .*InsufficientInst/,
    ],
    [
      'minutes that are none',
      ['--fault', 'slow-database@2026-11-30T07:00+x'],
      /"\+x": write whole minutes, such as \+10/,
    ],
    ['a fault without a time', ['--fault', 'slow-database'], /Add when, once: slow-database@/],
    [
      'a fault at no time',
      ['--fault', 'slow-database@noon'],
      /--fault: "noon" is not a time.*YYYY-MM-DDTHH:MM/,
    ],
    [
      'a fault outside the rehearsal',
      ['--from', '2026-11-30', '--fault', 'slow-database@2027-01-01T07:00'],
      /--fault: 2027-01-01T07:00 is outside the rehearsal.*Choose a time in it/,
    ],
    [
      'hosts of a kind that there is none of',
      ['--hosts', 'cloud'],
      /--hosts.*'cloud' is invalid\. Allowed choices are model, lab/,
    ],
    [
      'more days than a lab can play',
      ['--hosts', 'lab', '--days', '8'],
      /--days: 8 with --hosts lab.*from 1 to 7, or leave out --hosts lab/,
    ],
    [
      'a day without an opening for the lab',
      ['--hosts', 'lab', '--from', '2026-12-05'],
      /--from: "2026-12-05" with --hosts lab: the lab plays .*none on that day\. Write --from 2026-12-07/,
    ],
    [
      'a drill in the lab',
      ['--hosts', 'lab', '--drill'],
      /--drill with --hosts lab: .*Leave out one of the two/,
    ],
    [
      'a drill of two days',
      ['--drill', '--from', '2026-11-30', '--days', '2'],
      /--drill: it takes 3 days .*from 2026-11-30 to 2026-12-02 there are 2\. Choose other days/,
    ],
    [
      'a lab for a site that is always on',
      ['--hosts', 'lab', '--config', alwaysOn],
      /--hosts lab: the lab plays an opening.*none on any day.*a schedule that has one/,
    ],
    ['a configuration that is not there', ['--config', 'nowhere.ts'], /nowhere\.ts/],
    [
      'a configuration that exports nothing',
      ['--config', configFile('empty.ts', 'export {};')],
      /export default defineConfig/,
    ],
    [
      'a configuration that does not parse',
      ['--config', configFile('broken.ts', 'export default {')],
      /broken\.ts/,
    ],
    [
      'a configuration with an unknown field',
      ['--config', configFile('typo.ts', "export default { sitee: 'x' };")],
      /sitee.*Did you mean site\?/,
    ],
  ];

  it.each(mistakes)('%s', (_what, args, sentence) => {
    expectRefusal(start(...args), sentence);
  });

  it('a file for the JSON that cannot be written', () => {
    const file = path.join(folder, 'no', 'such', 'folder.json');

    expectRefusal(
      start('--days', '1', '--json', file),
      /--json: ".*folder\.json" cannot be written.*Name a file in a folder of yours/,
    );
  });
});

describe('where there can be no lab it says why, and how to come by one', () => {
  const LINUX = { platform: 'linux', user: 0, lacks: /nowhere/ };

  it.each([
    [
      'on another system',
      { ...LINUX, platform: 'darwin' },
      /--hosts lab: .* needs Linux, and root/,
    ],
    [
      'for another user than root',
      { ...LINUX, user: 1000 },
      /--hosts lab: .* needs Linux, and root/,
    ],
    [
      'without some programs: all of them, and the command that installs their packages',
      { ...LINUX, lacks: /nginx$|Orthanc$|jq$/ },
      /--hosts lab: .*jq, nginx, Orthanc.*: apt-get install jq nginx-light orthanc$/m,
    ],
  ])('%s', (_where, { platform, user, lacks }, sentence) => {
    // Run before the command, in its process: as if this were another machine.
    const elsewhere = configFile(
      'elsewhere.mjs',
      `import fs from 'node:fs';
       import { syncBuiltinESMExports } from 'node:module';
       const { accessSync } = fs;
       fs.accessSync = (file, mode) => {
         if (!/^\\/(usr|bin|sbin)\\//.test(file)) accessSync(file, mode);
         else if (${lacks}.test(file)) throw new Error('not there');
       };
       syncBuiltinESMExports();
       Object.defineProperty(process, 'platform', { value: '${platform}' });
       process.getuid = () => ${user};`,
    );

    const ended = spawnSync(
      process.execPath,
      ['--import', elsewhere, path.join(root, 'cli/main.ts'), 'simulate', '--hosts', 'lab'],
      { cwd: root, encoding: 'utf8' },
    );

    expectRefusal(ended, sentence);
  });
});

it('explains itself with --help', () => {
  const { status, stdout } = start('--help');

  expect(status).toBe(0);
  for (const option of ['--config', '--days', '--from', '--seed', '--json', '--fault', '--hosts']) {
    expect(stdout).toContain(option);
  }
  expect(stdout.replace(/\s+/g, ' ')).toContain(
    'insufficient-capacity:a EC2 has no capacity for a node (25 min)',
  );
});

it('writes byte-identical JSON for the same seed, and prints the report', () => {
  const files = ['one.json', 'two.json'].map((name) => path.join(folder, name));
  const [one, two] = files.map((file) =>
    start('--from', '2026-11-30', '--days', '1', '--json', file),
  );

  expect([one?.status, two?.status]).toEqual([0, 0]);
  expect(readFileSync(files[0] ?? '', 'utf8')).toBe(readFileSync(files[1] ?? '', 'utf8'));
  expect(one?.stdout).toContain('PLAN AGAINST ACTUAL (America/Toronto');
  expect(one?.stdout).toContain('OK: Every planned change happened');
  expect(one?.stdout.split('\n').filter((line) => line.length > 100)).toEqual([]);
});

describe('a deployment, told to somebody without an AWS account', () => {
  const hosts = { instanceType: 't3.large' };
  const larger = configFile('larger.ts', `export default ${JSON.stringify({ ...CLINIC, hosts })};`);
  const earlier = assemblyOf(CLINIC).directory;

  it('is compared with an assembly made earlier, in the words that the README shows', () => {
    const readme = readFileSync(path.join(import.meta.dirname, '../../README.md'), 'utf8');
    const [, shown] = /```text\n(node a: .*?)```/s.exec(readme) ?? [];
    const { status, stdout, stderr } = orthweb('diff', '--config', larger, '--against', earlier);

    expect(stderr).toBe('');
    expect(stdout).toBe(shown);
    expect(status).toBe(0);
  });

  const mistakes: readonly (readonly [what: string, args: string[], sentence: RegExp])[] = [
    ['diff without credentials', ['diff'], /no credentials .* Log in .* --against <folder>/],
    ['deploy without credentials', ['deploy'], /no credentials .* Log in/],
    [
      'a folder that is none',
      ['diff', '--against', 'nowhere'],
      /--against: "nowhere" is no folder/,
    ],
    ['an option of the CDK', ['deploy', '--context', 'config=x.ts'], /unknown option '--context'/],
    [
      'how certificates stand, without credentials',
      ['certificate', 'status'],
      /not asked about certificates, because there are no credentials .* Log in/,
    ],
    ['renewal without credentials', ['certificate', 'renew'], /no credentials .* Log in/],
    ['authorities without credentials', ['certificate', 'ca'], /no credentials .* Log in/],
    ['a node that no site has', ['certificate', 'renew', '--node', 'c'], /--node.*'c'.*a, b/],
    ['a node without its option', ['certificate', 'renew', 'a'], /too many arguments/],
    ['certificates, and no word of what', ['certificate'], /status.*\n.*renew.*\n.*ca /s],
    [
      'a file of the site that is none',
      ['certificate', 'status', '--config', 'nowhere.ts'],
      /nowhere\.ts/,
    ],
  ];

  it.each(mistakes)('%s is a sentence and exit code 2', (_what, args, sentence) => {
    const { status, stdout, stderr } = orthweb(...args);

    expect(stderr).toMatch(sentence);
    expect(stderr).not.toMatch(/^\s+at /m);
    expect(stdout).toBe('');
    expect(status).toBe(2);
  });
});
