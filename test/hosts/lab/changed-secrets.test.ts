import { afterEach, describe, expect, it } from 'vitest';
import { Device } from '../support/device.ts';
import { runningLab } from '../support/running-lab.ts';

const { lab, send } = await runningLab();
const device = new Device(lab);
const login = async (user: string, password?: string) =>
  (await device.get('a', '/orthanc/system', user, password)).status;

afterEach(() => lab.mistype('users', undefined));

describe('secrets', () => {
  it('interrupt nothing when they are what they were', async () => {
    const before = await lab.a.containers();

    const { code, json } = await send('a', 'secrets');

    expect(json).toEqual({ changed: [], restarted: [] });
    expect(code).toBe(0);
    expect(await lab.a.containers()).toEqual(before);
  });

  const PASSWORD = 'Pa55word-of-Nobody';
  it.each([
    ['no JSON', `{"dr.meyer": "${PASSWORD}"`, 'is no JSON'],
    ['a word', PASSWORD, 'is no JSON'],
    ['a text', `"${PASSWORD}"`, 'is no object'],
    ['two objects', `{"a":"${PASSWORD}"}{"b":"${PASSWORD}"}`, 'is no JSON'],
    ['empty', '', 'is no'],
    ['nobody', '{}', 'names nobody'],
    ['a list', `["${PASSWORD}"]`, 'is no object'],
    [
      'a short password',
      `{"a":"${PASSWORD}","b":"short55word"}`,
      'has a password of fewer than 12 characters: number 2 of 2',
    ],
    [
      'a password that is none',
      '{"a":{"password":"short55word"}}',
      'has a password of fewer than 12',
    ],
    ['a name with a colon', `{"dr:meyer":"${PASSWORD}"}`, 'has a name that is not 1 to 64 letters'],
    [
      'name and password mixed up',
      `{"${PASSWORD}":"dr.meyer"}`,
      'has a password of fewer than 12 characters: number 1 of 1',
    ],
    [
      'a password that Orthanc would read otherwise',
      `{"a":"${PASSWORD}\${HOME}"}`,
      'has a password with ${ in it',
    ],
    [
      'the name that is taken',
      `{"orthweb-health":"${PASSWORD}"}`,
      'has the name orthweb-health, which is taken',
    ],
  ])(
    'are refused, and Orthanc goes on with the former ones, when they are %s',
    async (_, text, reason) => {
      const before = await lab.a.containers();
      lab.mistype('users', text);

      const { code, stdout, stderr, json } = await send('a', 'secrets');

      expect(json).toMatchObject({ changed: [], restarted: [] });
      expect(json.reason).toMatch(
        /^The secret arn:\S+lab-users\S+ .*\. Write \{"name": "password"\}\.$/,
      );
      expect(json.reason).toContain(reason);
      expect(code).toBe(1);
      expect(stdout + stderr).not.toMatch(/Pa55|55word/);
      expect(await lab.a.containers()).toEqual(before);
    },
  );

  it('let a new user in and a removed one not, on the node they were fetched on', async () => {
    const { admin = '', reporting = '' } = lab.secrets.users;
    const before = await lab.a.containers();
    lab.secrets.users = { admin, 'dr.meyer': 'with $HOME and "quotes" in it' };

    const { code, json } = await send('a', 'secrets');

    expect(json).toEqual({ changed: ['users.json'], restarted: ['orthanc'] });
    expect(code).toBe(0);
    expect(await login('dr.meyer')).toBe(200);
    expect(await login('admin')).toBe(200);
    expect(await login('reporting', reporting)).toBe(401);
    expect((await lab.a.containers()).nginx).toBe(before.nginx);
  });

  it('reach Orthanc by the next run when the first could not start it again', async () => {
    const { admin = '' } = lab.secrets.users;
    lab.secrets.users = { admin, 'dr.weiss': 'of the second run' };
    await lab.database.stop();

    const failed = await send('a', 'secrets');
    await lab.database.start();
    const { json } = await send('a', 'secrets');

    expect(failed.json).toMatchObject({
      changed: ['users.json'],
      restarted: [],
      reason: expect.stringContaining('The database was not prepared'),
    });
    expect(failed.code).toBe(1);
    expect(json).toEqual({ changed: [], restarted: ['orthanc'] });
    expect(await login('dr.weiss')).toBe(200);
  });
});
