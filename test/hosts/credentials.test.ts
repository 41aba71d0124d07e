import { execFileSync } from 'node:child_process';
import { cpSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BUNDLE, Host } from './support/host.ts';

const FOLDER = 'run/orthweb/secrets/images';
const FILE = `${FOLDER}/credentials`;
const SCRIPT = '/opt/orthweb/host/credentials.sh';

const SECRET = 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY';
// As long as one of AWS; whoever has the three has the images.
const TOKEN = `IQoJb3JpZ2lu${'X2VjEXAMPLE+/'.repeat(60)}==`;
const END = '2026-11-30T13:00:00+00:00';

/** What `aws` prints for a list with `--output text`: a tab between items. */
const answer = (...items: readonly string[]) => `printf '%s\\n' '${items.join('\t')}'`;

/** The file in which containers find them. */
const file = (key: string, secret: string, token: string) =>
  '[default]\n' +
  `aws_access_key_id=${key}\naws_secret_access_key=${secret}\naws_session_token=${token}\n`;

let host: Host;

beforeEach(() => {
  host = new Host();
  cpSync(BUNDLE, host.path('opt/orthweb'), { recursive: true });
  host.write(
    'opt/orthweb/site.env',
    "ORTHWEB_REGION='ca-central-1'\nORTHWEB_NODE='a'\n" +
      "ORTHWEB_IMAGES_ROLE='arn:aws:iam::111122223333:role/images'\n",
  );
  // Real programs, with their calls on record: the script finds no others.
  for (const name of ['chown', 'mkdir', 'mktemp', 'mv', 'rm']) {
    host.program(name, `exec /usr/bin/${name} "$@"`);
  }
});

afterEach(() => host.remove());

const fetched = (aws: string) => {
  host.program('aws', aws);
  return host.run(['/usr/bin/bash', SCRIPT], 'stand-ins');
};

/** Permissions in octal, as `chmod` takes them. */
const mode = (place: string) => (statSync(host.path(place)).mode & 0o777).toString(8);

describe('credentials for the images', () => {
  const good = answer('ASIAEXAMPLE', SECRET, TOKEN, END);

  it('are left for root and for Orthanc alone, in the form that AWS libraries read', async () => {
    await fetched(good);

    expect(host.read(FILE)).toBe(file('ASIAEXAMPLE', SECRET, TOKEN));
    expect(mode(FILE)).toBe('600');
    expect(mode(FOLDER)).toBe('700');
    expect([FOLDER, FILE].map((place) => statSync(host.path(place)).uid)).toEqual([999, 999]);
  });

  it('are announced by one line of JSON with their end', async () => {
    expect(await fetched(good)).toEqual({
      status: 0,
      stdout: `${JSON.stringify({ expires: END })}\n`,
      stderr: '',
    });
  });

  it("are those of the images' role, in the name of the node", async () => {
    await fetched(good);

    expect(host.calls('aws')).toEqual([
      expect.stringMatching(
        /^aws sts assume-role --region ca-central-1 --role-arn arn:aws:iam::111122223333:role\/images --role-session-name node-a /,
      ),
    ]);
  });

  it('are fetched anew before half of their time is over', async () => {
    const timer = readFileSync(path.join(BUNDLE, 'systemd/orthweb-credentials.timer'), 'utf8');
    const [pause = ''] = /(?<=^OnUnitActiveSec=).+$/m.exec(timer) ?? [];
    const spoken = execFileSync('systemd-analyze', ['timespan', pause], { encoding: 'utf8' });
    const seconds = Number(/^\s*.s: (\d+)$/m.exec(spoken)?.[1]) / 1e6;

    await fetched(good);

    const [asked] = /(?<=--duration-seconds )\d+/.exec(host.calls('aws')[0] ?? '') ?? [];
    expect(seconds).toBeLessThan(Number(asked) / 2);
  });

  it('are in no command line, no environment, no output and no other file', async () => {
    const { stdout, stderr } = await fetched(good);
    const files = readdirSync(host.path('.'), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name }) => path.relative(host.path('.'), path.join(parentPath, name)))
      // What the stand-in for AWS has to know.
      .filter((name) => name !== 'answers/aws');

    expect(host.calls().map((call) => call.split(' ')[0])).toEqual([
      'mkdir',
      'chown',
      'mktemp',
      'aws',
      'chown',
      'mv',
      'rm',
    ]);
    expect(files).toEqual(expect.arrayContaining(['calls', 'environments', FILE]));
    for (const secret of [SECRET, TOKEN]) {
      expect(stdout + stderr).not.toContain(secret);
      expect(files.filter((name) => host.read(name).includes(secret))).toEqual([FILE]);
    }
  });

  it.each([
    [
      'when the role is refused',
      "echo 'An error occurred (AccessDenied)' >&2; exit 254",
      /AccessDenied/,
    ],
    ['when the call fails in the end', `${answer('OTHER', 'OTHER', 'OTHER', END)}; exit 255`, /^$/],
    ['when AWS answers nothing', '', /no credentials/],
    ['when AWS answers with nothing in it', answer('None'), /no credentials/],
    ['when the answer is cut short', answer('ASIAEXAMPLE', SECRET), /no credentials/],
  ])('stay the former ones, and no others beside them, %s', async (_, aws, why) => {
    await fetched(good);

    const { status, stdout, stderr } = await fetched(aws);

    expect(status).toBe(1);
    expect(stdout).toBe('');
    expect(stderr).toMatch(why);
    expect(host.read(FILE)).toBe(file('ASIAEXAMPLE', SECRET, TOKEN));
    expect(readdirSync(host.path(FOLDER))).toEqual(['credentials']);
  });

  it('are whole whenever they are read, however often they are replaced', async () => {
    // Those of the nth call, so that halves of two would not go together.
    const nth = ['ASIA', `${SECRET}-`, `${TOKEN}-`].map((part) => `${part}$n`);
    host.program('aws', `n=$(nth); printf '%s\\n' "${[...nth, END].join('\t')}"`);
    host.write(FILE, file('ASIA0', `${SECRET}-0`, `${TOKEN}-0`));
    const seen = new Set<string>();

    let replacing = true;
    const replaced = host
      .run(
        ['/usr/bin/bash', '-c', `for i in {1..200}; do /usr/bin/bash ${SCRIPT} || exit; done`],
        'stand-ins',
      )
      .finally(() => {
        replacing = false;
      });
    while (replacing) seen.add(await readFile(host.path(FILE), 'utf8'));

    expect(await replaced).toMatchObject({ status: 0, stderr: '' });
    expect(host.calls('mv')).toHaveLength(200);
    expect(seen.size).toBeGreaterThan(50);
    for (const content of seen) {
      const [n] = /(?<=^aws_access_key_id=ASIA)\d+$/m.exec(content) ?? [];
      expect(content).toBe(file(`ASIA${n}`, `${SECRET}-${n}`, `${TOKEN}-${n}`));
    }
  });
});
