import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { changedBundle, SOON } from '../support/changed-bundle.ts';
import { Device } from '../support/device.ts';
import { runningLab } from '../support/running-lab.ts';
import { until } from '../support/until.ts';

const { lab, send } = await runningLab({ bundle: changedBundle(SOON) });
const device = new Device(lab);
const first = await device.images('first', 150);
const second = await device.images('second', 150);
const sorted = (...all: readonly { readonly files: Readonly<Record<string, string>> }[]) =>
  all.flatMap(({ files }) => Object.values(files)).sort();

const probe = async () => (await send('a', 'probe')).json;
/** What the unit that boots node a has said since a moment. */
const journal = (since: number) =>
  lab.a.journal
    .slice(since)
    .filter(({ unit }) => unit === 'orthweb.service')
    .map(({ line }) => line)
    .join('\n');
/** The same once the boot has succeeded, by itself. */
const ended = (since: number) =>
  until(
    'a boot',
    () => journal(since),
    (said) => said.includes('"booted":true'),
    60,
  );
const secrets = async () => {
  const { stdout } = await lab.a.run([
    'find',
    '/run/orthweb/secrets',
    '-type',
    'f',
    '-printf',
    '%f\n',
  ]);
  return stdout.split('\n').filter((name) => !name.startsWith('.') && name !== '');
};

const BROUGHT = ['users.json', 'database.json', 'health.conf'];

/** Sends images to node a, and comes back in the middle of that. */
async function sending(images: string) {
  const before = await device.count('b');
  const store = device.store('a', images, { silence: 5 });
  await until(
    'a store',
    () => device.count('b'),
    (count) => count > before + 10,
  );
  return { store };
}

describe('the first boot of both nodes', () => {
  it('has made one database, which one user with no other right has to himself', async () => {
    const databases = await lab.database.query(
      `select datname, pg_get_userbyid(datdba) from pg_database
       where datname not in ('postgres', 'template0', 'template1', 'rdsadmin')`,
    );
    const users = await lab.database.query(
      `select rolname, rolsuper, rolcreatedb, rolcreaterole from pg_roles
       where rolname !~ '^pg_' and rolname not in ('rdsadmin', 'orthweb_master')`,
    );
    await lab.database.query('create role passer_by login');
    const connect = await lab.database.query(
      `select rolname from pg_roles
       where not rolsuper and has_database_privilege(rolname, 'orthanc', 'connect')`,
    );

    expect(databases).toBe('orthanc|orthanc');
    expect(users).toBe('orthanc|f|f|f');
    expect(connect).toBe('orthanc');
  });

  it('was the last one that needed the master password', async () => {
    const given = lab.secretsGiven.length;

    const { json } = await send('a', 'boot');

    expect(json).toEqual({ booted: true });
    expect(lab.secretsGiven.slice(0, given)).toContain('master');
    expect(lab.secretsGiven.slice(given).toSorted()).toEqual(['database', 'database', 'users']);
  });
});

describe('a boot', () => {
  it('gives the database a password that was changed', async () => {
    lab.secrets.database = { username: 'orthanc', password: 'another+password/of: "the" user' };

    const booted = (await Promise.all([send('a', 'boot'), send('b', 'boot')])).map(
      ({ json }) => json,
    );

    expect(booted).toEqual([{ booted: true }, { booted: true }]);
    expect(await probe()).toMatchObject({ serves: true });
  }, 180_000);

  it('follows a lost power: stores end with an error, secrets were gone, the unit starts all anew', async () => {
    const { store } = await sending('first');

    await lab.a.crash();
    const lost = await store;
    const again = await device.store('b', 'first');
    lab.aws.deny('GetSecretValue');
    const since = lab.a.journal.length;
    await lab.a.boot();
    const without = { secrets: await secrets(), containers: await lab.a.containers() };
    lab.aws.allow('GetSecretValue');

    const said = await ended(since);
    expect(await probe()).toMatchObject({ serves: true });
    // By itself, not because the test had enough of it.
    expect([0, 124, 137]).not.toContain(lost.code);
    expect(lost.stdout + lost.stderr).toMatch(/[Ff]ile:? \S*image-\d+\.dcm/);
    expect(again).toMatchObject({ code: 0 });
    expect(await device.stored('a')).toEqual(sorted(first));
    // Docker would have, by itself, and lacked secrets; only the unit brings them.
    expect(without.containers).toEqual({});
    for (const name of BROUGHT) expect(without.secrets).not.toContain(name);
    expect(said).toMatch(/"fetching secrets: .*AccessDenied.*\n.*"booted":true/s);
    expect(await secrets()).toEqual(expect.arrayContaining([...BROUGHT, 'credentials']));
    expect(Object.keys(await lab.a.containers())).toEqual(['nginx', 'orthanc']);
  }, 180_000);

  it('follows an orderly end, which lets no image be half stored, and waits for the database', async () => {
    const { store } = await sending('second');

    await lab.a.powerOff();
    const cut = await store;
    const kept = await device.stored('b');
    await lab.database.stop();
    const since = lab.a.journal.length;
    await lab.a.boot();
    const meanwhile = await probe();
    await lab.database.start();

    const said = await ended(since);
    expect(await probe()).toMatchObject({ serves: true });
    const whole = new Set(sorted(first, second));
    // Or there was nothing to be half stored.
    expect(cut.code).not.toBe(0);
    expect(kept.length).toBeLessThan(300);
    expect(kept.filter((image) => !whole.has(image))).toEqual([]);
    expect(new Set(kept).size).toBe(kept.length);
    expect(meanwhile).toMatchObject({ serves: false, verdict: 'database-refused' });
    expect(said).toMatch(/"preparing the database: it cannot be reached: .*\n.*"booted":true/s);
  }, 180_000);

  it('does not talk to a database that its root did not vouch for', async () => {
    const file = lab.a.disk('opt/orthweb/database-root.pem');
    const root = readFileSync(file);
    await lab.a.crash();
    copyFileSync(lab.a.disk('opt/orthweb/tls/ca.pem'), file);
    const since = lab.a.journal.length;

    await lab.a.boot();

    const tried = await until(
      'a connection that Orthanc tries',
      async () =>
        (
          await lab.a.run([
            ...['docker', 'compose', '--project-directory', '/opt/orthweb', 'logs'],
            ...['--no-color', '--no-log-prefix', '--timestamps', '--tail', '200', 'orthanc'],
          ])
        ).stdout,
      (log) => /[Dd]atabase/.test(log),
    );
    expect(tried).not.toContain('Orthanc has started');
    expect(journal(since)).toMatch(
      /"preparing the database: it cannot be reached: .*certificate verify failed/,
    );
    // The database has given up those from before the crash, and there are no others.
    await until(
      'a database without node a',
      () =>
        lab.database.query(
          "select count(*) from pg_stat_activity where application_name = 'orthweb-a'",
        ),
      (count) => count === '0',
    );
    writeFileSync(file, root);
    expect(await ended(since)).toContain('"booted":true');
  }, 180_000);
});
