import { describe, expect, it } from 'vitest';
import { edited, idOf, renamed, sentences, templates, told } from '../../support/stacks.ts';

const clinic = templates();
const production = templates({ environment: 'prd' });

describe('the database', () => {
  const id = idOf(clinic, 'Database/Instance');
  const withStorage = (storageGiB: number) => templates({ database: { storageGiB } });

  it('of another class is interrupted', () => {
    const said = told(clinic, templates({ database: { instanceClass: 'db.t4g.large' } }));

    expect(sentences(said)).toEqual([
      'database: is interrupted (its class changes from db.t4g.medium to db.t4g.large). Nobody is served meanwhile, for some minutes.',
    ]);
    expect(said.verdict).toBe('interrupts');
  });

  it('grows while it serves, and never shrinks', () => {
    const small = withStorage(40);
    const large = withStorage(60);

    expect(told(small, large)).toMatchObject({ verdict: 'safe' });
    expect(sentences(told(small, large))).toEqual([
      'database: its storage grows from 40 to 60 GiB while it serves.',
    ]);
    expect(told(large, small)).toMatchObject({
      verdict: 'refused',
      reason: 'Write 60 or more in database.storageGiB.',
    });
  });

  it('is interrupted when backups begin or end, not when their number of days changes', () => {
    const days = (backupDays: number) => templates({ database: { backupDays } });

    expect(told(clinic, days(14)).verdict).toBe('safe');
    expect(sentences(told(clinic, days(0)))[0]).toMatch(
      /^database: is interrupted \(its number of days of backup changes from 7 to 0\)\./,
    );
    expect(sentences(told(days(0), clinic))).toEqual([
      expect.stringMatching(/^database: is interrupted \(its number of days of backup/),
    ]);
  });

  it('does not lose backups without a question', () => {
    const days = (backupDays: number) => templates({ database: { backupDays } });
    const fewer = told(clinic, days(3));

    expect(sentences(fewer)).toEqual(['database: backups older than 3 days are deleted.']);
    expect(fewer.verdict).toBe('interrupts');
    expect(sentences(told(clinic, days(0)))).toContain(
      'database: all its automatic backups are deleted.',
    );
  });

  it('may be restarted by another parameter, and not by another tag of the parameters', () => {
    const parameters = idOf(clinic, 'Database/Parameters');
    const logging = edited(clinic, (of) => {
      const group = of[parameters];
      if (group) group.Properties = { ...group.Properties, Parameters: { 'rds.force_ssl': '1' } };
    });

    const tagged = edited(clinic, (of) => {
      const group = of[parameters];
      if (group) group.Properties = { ...group.Properties, Tags: [{ Key: 'Owner', Value: 'me' }] };
    });

    expect(sentences(told(clinic, logging))).toEqual([
      'database: may be restarted (its parameters change).',
    ]);
    expect(sentences(told(clinic, tagged))).toEqual(['Nothing happens to hosts and data.']);
  });

  const named = (all: typeof clinic) =>
    edited(all, (of) => {
      const database = of[id];
      if (database) {
        database.Properties = { ...database.Properties, DBInstanceIdentifier: 'another' };
      }
    });

  it('is not replaced, unless the data of a test site may go', () => {
    const said = told(clinic, named(clinic));
    const accepted = told(clinic, named(clinic), { acceptDataLoss: true });

    expect(sentences(said)).toContain(
      'database: REPLACED BY AN EMPTY ONE (its name changes from clinic to another). Its data is lost.',
    );
    expect(said.verdict).toBe('refused');
    expect(said.reason).toMatch(/npm run deploy -- --accept-data-loss/);
    expect(accepted.verdict).toBe('interrupts');
  });

  it('of a production site is never replaced, though the old one is kept', () => {
    const said = told(production, named(production), { acceptDataLoss: true });

    expect(sentences(said)).toContain(
      'database: REPLACED BY AN EMPTY ONE (its name changes from clinic to another). The old one is kept, and is no longer part of the site.',
    );
    expect(said.verdict).toBe('refused');
    expect(said.reason).not.toContain('--accept-data-loss');
  });

  it.each([
    ['out of', production, named(clinic)],
    ['into', clinic, named(production)],
  ])('is not lost by a site that comes %s production in the same deployment', (_way, old, next) => {
    const said = told(old, next, { acceptDataLoss: true });

    expect(sentences(said)).toContainEqual(
      expect.stringMatching(/^database: REPLACED .* Its data is lost\./),
    );
    expect(said.verdict).toBe('refused');
    expect(said.reason).not.toContain('--accept-data-loss');
  });

  it('is replaced by one of another name in the template, however alike', () => {
    expect(sentences(told(clinic, renamed(named(clinic), id)))).toContain(
      'database: REPLACED BY AN EMPTY ONE (it is another resource of the template). Its data is lost.',
    );
  });

  it('cannot be replaced under its own name, whatever is accepted', () => {
    const moved = edited(clinic, (of) => {
      const database = of[id];
      if (database) database.Properties = { ...database.Properties, StorageEncrypted: false };
    });

    for (const next of [renamed(clinic, id), moved]) {
      const said = told(clinic, next, { acceptDataLoss: true });
      expect(sentences(said)).toContain(
        'database: would be replaced under its own name clinic, which AWS refuses.',
      );
      expect(sentences(said).join()).not.toContain('EMPTY');
      expect(said.verdict).toBe('refused');
      expect(told(clinic, next).reason).not.toContain('--accept-data-loss');
    }
  });

  it('leaves a snapshot where the template asks for one, or asks for nothing', () => {
    const snapshot = (policy: string | undefined) =>
      edited(clinic, (of) => {
        const database = of[id];
        if (database && policy) database.DeletionPolicy = policy;
        if (database && !policy) delete database.DeletionPolicy;
      });
    const without = edited(clinic, (of) => {
      delete of[id];
    });

    for (const policy of ['Snapshot', undefined]) {
      expect(sentences(told(snapshot(policy), without))).toContain(
        'database: leaves the site. A snapshot of the old one is kept.',
      );
    }
  });

  it('is not replaced because of what no one has looked up in the documentation', () => {
    const odd = edited(clinic, (of) => {
      const database = of[id];
      if (database) database.Properties = { ...database.Properties, Engine: 'mysql' };
    });

    expect(told(clinic, odd).verdict).toBe('refused');
  });

  it('stays where it lies when a zone is left, if AWS agrees', () => {
    const three = templates({ zones: ['a', 'b', 'd'].map((zone) => `ca-central-1${zone}`) });
    const said = told(three, clinic);

    expect(sentences(said)).toEqual([
      'network: the site leaves zone ca-central-1d. If the database or its standby lies there, AWS may refuse, and undo the deployment.',
    ]);
    expect(said.verdict).toBe('interrupts');
  });
});
