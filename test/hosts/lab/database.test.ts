import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Lab } from '../../../simulator/lab/lab.ts';
import { Site } from '../support/site.ts';

let lab: Lab;

beforeAll(async () => {
  lab = await Lab.start({ bundle: path.join(import.meta.dirname, 'bundle') });
  await lab.a.boot();
});

afterAll(() => lab?.remove());

/** What psql says to the master user on host a. */
const psql = (sql: string, more = '') =>
  lab.a.run([
    'bash',
    '-c',
    `source /opt/orthweb/site.env
     PGPASSWORD=$1 PGCONNECT_TIMEOUT=2 psql --no-psqlrc --tuples-only --no-align --command "$2" \
       "host=$ORTHWEB_DATABASE user=orthweb_master dbname=postgres sslmode=verify-full sslrootcert=/opt/orthweb/database-root.pem $3"`,
    ...['psql', lab.secrets.master.password, sql, more],
  ]);

it('is known by the root that hosts have, and by its own name only', async () => {
  expect((await psql('select ssl from pg_stat_ssl where pid = pg_backend_pid()')).stdout).toBe(
    't\n',
  );
  const other = await psql('select 1', 'host=node-b.orthweb.test hostaddr=10.231.77.10');
  expect(other.stderr).toMatch(/does not match host name/);
});

it('lets nobody in without TLS or a password', async () => {
  expect((await psql('select 1', 'sslmode=disable')).stderr).toMatch(/no encryption/);
  expect((await psql('select 1', 'password=wrong')).stderr).toMatch(
    /password authentication failed/,
  );
});

it('has a master user who may make users and databases, and is no superuser', async () => {
  const { stdout } = await psql(
    'select rolsuper, rolcreaterole, rolcreatedb from pg_roles where rolname = current_user',
  );

  expect(stdout).toBe('f|t|t\n');
});

it('has the parameters that a deployment gives it', async () => {
  const site = new Site();
  const { 'rds.force_ssl': tls, ...parameters } = site.databaseParameters();
  site.remove();

  expect(tls).toBe('1');
  expect(Object.keys(parameters).length).toBeGreaterThan(3);
  for (const [name, value] of Object.entries(parameters)) {
    const set = `select setting from pg_file_settings where name = '${name}' and applied`;
    expect(`${name} ${await lab.database.query(set)}`).toBe(`${name} ${value}`);
  }
});

it('writes down who changes what, and not a password of its master', async () => {
  await lab.database.query('create table noted ()');

  expect(lab.database.log).toMatch(/create table noted/);
  expect(lab.database.log).not.toContain(lab.secrets.master.password);
});

it('refuses, goes silent, and is there again', async () => {
  await lab.database.stop();
  const stopped = await psql('select 1');
  await lab.database.start();
  await lab.database.silence();
  const silent = await psql('select 1');
  await lab.database.speak();

  expect(stopped.stderr).toMatch(/Connection refused/);
  expect(silent.stderr).toMatch(/timeout expired/);
  expect((await psql('select 1')).stdout).toBe('1\n');
});
