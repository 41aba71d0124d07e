import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Lab } from '../../../simulator/lab/lab.ts';

let lab: Lab;

beforeAll(async () => {
  lab = await Lab.start({ bundle: path.join(import.meta.dirname, 'bundle') });
  await lab.a.boot();
});

afterAll(() => lab?.remove());

/** Runs a script on host a that knows its site. */
const script = (text: string) =>
  lab.a.run(['bash', '-c', `source /opt/orthweb/site.env; cd /run; ${text}`]);

const ASSUME = `aws sts assume-role --region "$ORTHWEB_REGION" --role-arn "$ORTHWEB_IMAGES_ROLE" \
  --role-session-name node-a --duration-seconds 3600 --output text \
  --query 'Credentials.[AccessKeyId,SecretAccessKey,SessionToken,Expiration]'`;

const CREDENTIALS = `read -r key secret token _ <<<"$(${ASSUME})"
  printf '[default]\\naws_access_key_id=%s\\naws_secret_access_key=%s\\naws_session_token=%s\\n' \
    "$key" "$secret" "$token" >credentials; export AWS_SHARED_CREDENTIALS_FILE=credentials`;

const put = (key: string) =>
  `echo written >body; aws s3api put-object --region "$ORTHWEB_REGION" --bucket "$ORTHWEB_IMAGES_BUCKET" --key ${key} --body body`;
const get = (key: string) =>
  `aws s3api get-object --region "$ORTHWEB_REGION" --bucket "$ORTHWEB_IMAGES_BUCKET" --key ${key} got && cat got`;

const secretOf = (name: string) =>
  `aws secretsmanager get-secret-value --region "$ORTHWEB_REGION" --secret-id "$ORTHWEB_${name}_SECRET" --query SecretString --output text`;

it.each([
  ['MASTER', () => lab.secrets.master],
  ['DATABASE', () => lab.secrets.database],
  ['USERS', () => lab.secrets.users],
] as const)('gives a host the secret %s', async (name, secret) => {
  expect(JSON.parse((await script(secretOf(name))).stdout)).toEqual(secret());
});

it('gives credentials with which images can be written and read', async () => {
  const { stdout } = await script(
    `${CREDENTIALS} AWS_EC2_METADATA_DISABLED=true; ${put('image_archive/x')}; ${get('image_archive/x')}`,
  );

  expect(stdout).toBe('{}\n{}\nwritten\n');
  expect(lab.aws.credentials.length).toBeGreaterThanOrEqual(3);
});

it.each([
  ["with the host's own role", put('image_archive/x'), /AccessDenied/],
  [
    'without a file of credentials that is there',
    `export AWS_SHARED_CREDENTIALS_FILE=nowhere; ${put('image_archive/x')}`,
    /AccessDenied/,
  ],
  [
    "without any, where the host's own role is not to be asked for",
    `export AWS_EC2_METADATA_DISABLED=true; ${put('image_archive/x')}`,
    /Unable to locate credentials/,
  ],
  [
    'with credentials of its own making',
    `printf '[default]\\naws_access_key_id=own\\n' >own; export AWS_EC2_METADATA_DISABLED=true; export AWS_SHARED_CREDENTIALS_FILE=own; ${put('image_archive/x')}`,
    /AccessDenied/,
  ],
  ['outside its prefix', `${CREDENTIALS}; ${put('other/x')}`, /AccessDenied/],
  ['above its prefix', `${CREDENTIALS}; ${get('image_archive/../x')}`, /AccessDenied/],
])('refuses images %s', async (_, text, why) => {
  const { code, stderr } = await script(text);

  expect(code).toBeGreaterThan(250);
  expect(stderr).toMatch(why);
});

it('refuses images with credentials whose hour is over', async () => {
  await script(CREDENTIALS);
  lab.aws.expire();

  const { stderr } = await script(
    `export AWS_SHARED_CREDENTIALS_FILE=credentials; ${get('image_archive/x')}`,
  );

  expect(stderr).toMatch(/AccessDenied/);
});

it('refuses what a test denies, for so long', async () => {
  lab.aws.deny('GetSecretValue');
  const denied = await script(secretOf('USERS'));
  lab.aws.allow('GetSecretValue');

  expect(denied).toMatchObject({ code: 254, stdout: '' });
  expect(denied.stderr).toMatch(/AccessDenied.*GetSecretValue/);
  expect((await script(secretOf('USERS'))).code).toBe(0);
});

it('is not reached by a host that nothing comes through to', async () => {
  await lab.a.silence();
  const { code, stderr } = await script(secretOf('USERS'));
  await lab.a.speak();

  expect(code).toBe(255);
  expect(stderr).toMatch(/timeout/);
});

it.each([
  'aws s3 ls',
  'aws secretsmanager get-secret-value --secret-id x',
  'aws sts get-caller-identity',
])('does not know %s, which no host script uses', async (command) => {
  const { code, stderr } = await script(command);

  expect(code).toBe(125);
  expect(stderr).toMatch(/not modelled/);
});

it('keeps its secrets off the disk of a host, where a search would find them', async () => {
  const found = async (secret: string) =>
    (await lab.a.run(['grep', '-rlF', secret, '/etc', '/opt', '/usr/local', '/var'])).stdout;

  writeFileSync(lab.a.disk('opt/planted'), `x${lab.secrets.master.password}x`);
  expect(await found(lab.secrets.master.password)).toBe('/opt/planted\n');
  expect(await found(lab.secrets.database.password)).toBe('');
});
