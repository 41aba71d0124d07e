import { describe, expect, it } from 'vitest';
import { edited, idOf, renamed, sentences, templates, told } from '../../support/stacks.ts';

const clinic = templates();
const production = templates({ environment: 'prd' });

describe('what else holds data', () => {
  const without = (path: string, all: typeof clinic) =>
    edited(all, (of) => {
      delete of[idOf(all, path)];
    });

  it.each([
    ['Storage/Data', /^bucket of images: IS DELETED\. The old one is deleted if it is empty/],
    ['Storage/Logs', /^bucket of logs: IS DELETED\./],
    ['Key', /^key Key: IS DELETED\. What the old one encrypts can never be read again/],
    ['Database/Secret', /^secret Database\/Secret: IS DELETED\. The old password is lost\./],
    ['State', /^operations table: IS DELETED\. Its data is lost\./],
  ])('%s is not deleted, unless the data of a test site may go', (path, sentence) => {
    const said = told(clinic, without(path, clinic));

    expect(sentences(said)).toContainEqual(expect.stringMatching(sentence));
    expect(said.verdict).toBe('refused');
    expect(told(clinic, without(path, clinic), { acceptDataLoss: true }).verdict).toBe(
      'interrupts',
    );
  });

  it('leaves a production site and is kept, when a person wants that', () => {
    const said = told(production, without('Storage/Data', production));

    expect(sentences(said)).toContain(
      'bucket of images: leaves the site. The old one is kept, and is no longer part of the site.',
    );
    expect(said.verdict).toBe('interrupts');
  });

  it('is not replaced by an empty bucket in production, though the old one is kept', () => {
    const said = told(production, renamed(production, idOf(production, 'Storage/Data')));

    expect(sentences(said)).toContainEqual(
      expect.stringMatching(/^bucket of images: REPLACED BY AN EMPTY ONE .* The old one is kept/),
    );
    expect(said.verdict).toBe('refused');
  });

  const data = idOf(clinic, 'Storage/Data');
  const rules = (id: string, ...all: readonly object[]) =>
    edited(clinic, (of) => {
      const bucket = of[id];
      const LifecycleConfiguration = { Rules: all.map((rule) => ({ Status: 'Enabled', ...rule })) };
      if (bucket) bucket.Properties = { ...bucket.Properties, LifecycleConfiguration };
    });
  const kept = { NoncurrentVersionExpiration: { NoncurrentDays: 36 } };

  it.each([
    ['days', { ExpirationInDays: 365 }, 365],
    ['a date', { ExpirationDate: '2027-01-01T00:00:00Z' }, 0],
    ['a part of it', { ExpirationInDays: 365, Prefix: 'ct/' }, 365],
  ])('that is images does not begin to expire by %s', (_what, rule, days) => {
    const said = told(clinic, rules(data, kept, rule));

    expect(sentences(said)).toEqual([
      `bucket of images: WHAT IS OLDER THAN ${days} DAYS IS DELETED.`,
    ]);
    expect(said.verdict).toBe('refused');
    expect(said.reason).toContain('--accept-data-loss');
  });

  it('that is older versions of images is not deleted sooner without a question', () => {
    const sooner = { NoncurrentVersionExpiration: { NoncurrentDays: 7 } };
    const said = told(clinic, rules(data, sooner));

    expect(sentences(said)).toEqual([
      'bucket of images: what is deleted or overwritten can be had back for 7 days only.',
    ]);
    expect(said.verdict).toBe('interrupts');
    expect(told(rules(data, sooner), clinic).verdict).toBe('safe');
  });

  it('is kept by a rule that is off, or that asks for no more than another did', () => {
    const off = { Status: 'Disabled', ExpirationInDays: 1 };
    const year = { ExpirationInDays: 365 };

    expect(told(clinic, rules(data, kept, off)).verdict).toBe('safe');
    const part = rules(data, kept, year, { ExpirationInDays: 365, Prefix: 'ct/' });
    expect(told(rules(data, kept, year), part).verdict).toBe('safe');
    const whole = told(rules(data, kept, { ...year, Prefix: 'ct/' }), rules(data, kept, year));
    expect(whole.verdict).toBe('refused');
  });

  it('that is logs is not deleted sooner without a question', () => {
    const said = told(clinic, templates({ logs: { retentionDays: 30 } }));

    expect(sentences(said)).toEqual([
      'bucket of logs: what is older than 30 days is deleted.',
      'logs: lines older than 30 days are deleted.',
    ]);
    expect(said.verdict).toBe('interrupts');
    expect(said.lines.slice(-2)).toEqual([
      'clinic: other resources: 0 added, 0 changed, 0 removed.',
      'operations: other resources: 0 added, 0 changed, 0 removed.',
    ]);
    expect(told(templates({ logs: { retentionDays: 30 } }), clinic).verdict).toBe('safe');
  });

  it('that is a log group goes only when a person wants that', () => {
    const said = told(clinic, without('Hosts/Log', clinic));
    const left = told(production, without('Hosts/Log', production));

    expect(sentences(said)).toContain('log group /orthweb/clinic/containers: is deleted.');
    expect(said.verdict).toBe('interrupts');
    expect(sentences(left)).toContain(
      'log group /orthweb/clinic/containers: leaves the site, and is kept.',
    );
  });

  it('that is a log group does not become another one of the same name', () => {
    const said = told(clinic, renamed(clinic, idOf(clinic, 'Hosts/Log')));

    expect(sentences(said)).toContain(
      'log group /orthweb/clinic/containers: would be replaced under its own name /orthweb/clinic/containers, which AWS refuses.',
    );
    expect(said.verdict).toBe('refused');
  });

  const longer = (path: string) =>
    edited(clinic, (of) => {
      const one = of[idOf(clinic, path)];
      const { GenerateSecretString: rule } = one?.Properties ?? {};
      const GenerateSecretString = { ...rule, PasswordLength: 40 };
      if (one) one.Properties = { ...one.Properties, GenerateSecretString };
    });

  it('keeps the people who may log in', () => {
    const said = told(clinic, longer('Hosts/Secrets/Users'));

    expect(sentences(said)).toContain(
      'secret Hosts/Secrets/Users: IS MADE ANEW, without the people and passwords that you put into it.',
    );
  });

  it('needs the password that the database has', () => {
    const said = told(clinic, longer('Database/Secret'));

    expect(sentences(said)).toEqual([
      'secret Database/Secret: GETS A NEW PASSWORD, and the database keeps the old one.',
    ]);
    expect(said.verdict).toBe('refused');
  });

  it('is not offered up while something else is refused that no option lifts', () => {
    const both = without('Storage/Data', templates({ network: { cidr: '10.50.0.0/16' } }));
    const said = told(clinic, both);

    expect(said.reason).toMatch(/^Hosts and database do not move to another subnet:/);
    expect(said.reason).not.toContain('--accept-data-loss');
  });

  it('becomes protected with production, and does not lose that silently', () => {
    const names =
      'key Key, bucket of logs, bucket of images, secret Database/Secret, secret Database/User, ' +
      'database, secret Hosts/Secrets/Users, operations table and key of authority 1';

    const up = told(clinic, production);
    expect(sentences(up)).toContain(
      `data: is protected. Whoever deletes the stack from now on leaves ${names}.`,
    );
    expect(sentences(up)).toContain('database: gets a standby in a second zone while it serves.');
    expect(up.verdict).toBe('safe');

    const down = told(production, clinic);
    expect(sentences(down)).toContain(
      `data: LOSES ITS PROTECTION. Whoever deletes the stack from now on deletes ${names}.`,
    );
    expect(down.verdict).toBe('interrupts');
  });
});
