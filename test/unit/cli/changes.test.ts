import { describe, expect, it } from 'vitest';
import { type Change, changesBetween, IN_PLACE } from '../../../cli/changes/change.ts';
import { edited, idOf, renamed, templates, told } from '../support/stacks.ts';
import { at } from '../support/time.ts';

const clinic = templates();
const production = templates({ environment: 'prd' });

/** The sentences about hosts and data, without those that count the rest. */
const sentences = ({ lines }: ReturnType<typeof told>) =>
  lines.filter((line) => !/^(clinic|operations): /.test(line));

describe('a deployment that touches nothing', () => {
  it('of the same templates changes nothing, and says so', () => {
    expect(told(clinic, clinic)).toEqual({
      lines: [
        'Nothing happens to hosts and data.',
        'clinic: nothing changes.',
        'operations: nothing changes.',
      ],
      verdict: 'safe',
      reason: 'Nothing is interrupted, replaced or lost.',
    });
  });

  it('of another tag is safe, and counts what it changes', () => {
    const said = told(clinic, templates({ tags: { Owner: 'Imaging' } }));

    expect(said.lines[0]).toBe('Nothing happens to hosts and data.');
    expect(said.lines[1]).toMatch(/^clinic: other resources: 0 added, \d\d changed, 0 removed\.$/);
    expect(said.verdict).toBe('safe');
  });

  it('of a third zone is safe, and leaves hosts and database where they are', () => {
    const said = told(clinic, templates({ zones: ['a', 'b', 'd'].map((z) => `ca-central-1${z}`) }));

    expect(sentences(said)).toEqual(['Nothing happens to hosts and data.']);
    expect(said.lines[1]).toMatch(/^clinic: other resources: \d+ added, \d+ changed, 0 removed\.$/);
    expect(said.verdict).toBe('safe');
  });

  it('of a site that does not exist yet is new throughout', () => {
    const said = told({}, clinic);

    expect(said.lines).toEqual([
      expect.stringMatching(
        /^clinic: the stack is not there yet, or not finished; all \d+ of its resources are new/,
      ),
      expect.stringMatching(
        /^operations: the stack is not there yet, or not finished; all \d+ of its/,
      ),
      'A site of another name or region stays as it is, and is paid for.',
    ]);
    expect(said.verdict).toBe('safe');
  });
});

describe('a change in place', () => {
  const INSTANCE = 'AWS::EC2::Instance';
  const DATABASE = 'AWS::RDS::DBInstance';
  const cases: readonly (readonly [string, string, unknown, unknown, Change['fate']])[] = [
    [INSTANCE, 'InstanceType', 't3.medium', 't3.large', 'interrupted'],
    [INSTANCE, 'SecurityGroupIds', ['sg-1'], ['sg-2'], 'changed'],
    [DATABASE, 'AutoMinorVersionUpgrade', true, false, 'changed'],
    [DATABASE, 'BackupRetentionPeriod', 7, 14, 'changed'],
    [DATABASE, 'BackupRetentionPeriod', 7, 0, 'interrupted'],
    [DATABASE, 'BackupRetentionPeriod', 0, 7, 'interrupted'],
    [DATABASE, 'CACertificateIdentifier', 'rds-ca-rsa2048-g1', 'rds-ca-rsa4096-g1', 'interrupted'],
    [DATABASE, 'DBInstanceClass', 'db.t4g.medium', 'db.t4g.large', 'interrupted'],
    [DATABASE, 'DBParameterGroupName', 'one', 'another', 'interrupted'],
    [DATABASE, 'EngineVersion', '17.9', '17.10', 'interrupted'],
    [DATABASE, 'MultiAZ', false, true, 'changed'],
    [
      DATABASE,
      'PreferredMaintenanceWindow',
      'fri:22:30-fri:23:00',
      'sun:08:00-sun:08:30',
      'changed',
    ],
    [DATABASE, 'StorageType', 'gp3', 'io2', 'interrupted'],
  ];

  it.each(cases)('of %s %s is felt as AWS says', (Type, property, from, to, fate) => {
    const having = (value: unknown) => ({
      Resources: { It: { Type, Properties: { [property]: value } } },
    });

    expect(changesBetween(having(from), having(to))).toMatchObject([{ id: 'It', fate }]);
  });

  it('is looked up for what our templates have, and for nothing else', () => {
    const looked = Object.entries(IN_PLACE).flatMap(([type, properties]) =>
      Object.keys(properties).map((property) => `${type} ${property}`),
    );
    const ours = Object.values(clinic.site.Resources ?? {}).flatMap(({ Type, Properties = {} }) =>
      Object.keys(Properties).map((property) => `${Type} ${property}`),
    );

    expect(new Set(cases.map(([type, property]) => `${type} ${property}`))).toEqual(
      new Set(looked),
    );
    expect(looked.filter((one) => !ours.includes(one))).toEqual([]);
  });
});

describe('hosts', () => {
  const larger = templates({ hosts: { instanceType: 't3.large' } });
  const instances = { a: idOf(clinic, 'Hosts/A/Instance'), b: idOf(clinic, 'Hosts/B/Instance') };
  const launch = { a: idOf(clinic, 'Hosts/A/Template'), b: idOf(clinic, 'Hosts/B/Template') };

  it('of another type are stopped and started one after the other', () => {
    const said = told(clinic, larger);

    expect(sentences(said)).toEqual([
      'node a: is stopped and started again (its type changes from t3.medium to t3.large).',
      'node b: is stopped and started again, after node a (its type changes from t3.medium to t3.large).',
      expect.stringMatching(/^both nodes: CloudFormation does not wait until the first one serves/),
    ]);
    expect(said.verdict).toBe('interrupts');
  });

  it('are said to stop at the same time when nothing in the template keeps them apart', () => {
    const together = edited(larger, (of) => {
      const b = of[instances.b];
      if (b) b.DependsOn = [];
    });

    expect(sentences(told(clinic, together))[1]).toMatch(
      /^node b: is stopped and started again, at the same time as node a /,
    );
  });

  it('have a peer that serves when one alone is stopped', () => {
    const one = edited(clinic, (of) => {
      const b = of[instances.b];
      if (b) b.Properties = { ...b.Properties, InstanceType: 't3.large' };
    });

    expect(sentences(told(clinic, one))).toEqual([
      'node b: is stopped and started again (its type changes from t3.medium to t3.large). Node a serves meanwhile, if it serves now.',
    ]);
  });

  it('are not touched by another disk, which waits for a new host', () => {
    const said = told(clinic, templates({ hosts: { volumeGiB: 40 } }));

    expect(sentences(said)).toEqual([
      expect.stringMatching(
        /^hosts: what a new host gets changes .* raise hosts\.generation of one/,
      ),
    ]);
    expect(said.verdict).toBe('safe');
  });

  it('are named when they stay as they are while the other one is renewed', () => {
    const hosts = { volumeGiB: 40, generation: { a: 2, b: 1 } };
    const said = told(clinic, templates({ hosts }));

    expect(sentences(said)).toEqual([
      expect.stringMatching(/^node a: a new host replaces it/),
      'node b: what a new host gets changes (its launch template), and the running one stays as now. To renew it, raise hosts.generation.b.',
    ]);
  });

  it.each([
    ['Hosts/Profile', 'instance profile Hosts/Profile'],
    ['Hosts/Role', 'role Hosts/Role'],
    ['Hosts/Images/Role', 'role Hosts/Images/Role'],
  ])('lose %s when it is another one, until they are replaced', (path, name) => {
    const said = told(clinic, renamed(clinic, idOf(clinic, path)));

    expect(sentences(said)).toContain(
      `hosts: lose ${name} until each is replaced. To renew them, raise hosts.generation of one node and deploy, then of the other.`,
    );
    expect(said.verdict).toBe('interrupts');
  });

  it('that are renewed in the same deployment lose nothing', () => {
    const profile = idOf(clinic, 'Hosts/Profile');
    const next = renamed(templates({ hosts: { generation: { a: 2, b: 1 } } }), profile);

    expect(sentences(told(clinic, next))).toContainEqual(
      expect.stringMatching(/^node b: loses instance profile .* raise hosts\.generation\.b\.$/),
    );
  });

  it('are replaced one at a time, by another launch template', () => {
    const said = told(clinic, renamed(clinic, launch.a));

    expect(sentences(said)).toEqual([
      'node a: a new host replaces it (its launch template changes). Its disk is new; images and index are not on it. Node b serves meanwhile, if it serves now.',
    ]);
    expect(said.verdict).toBe('interrupts');
  });

  it('are known by their tag, whatever the template calls them', () => {
    const said = told(clinic, renamed(clinic, instances.b));

    expect(sentences(said)[0]).toMatch(/^node b: a new host replaces it \(it is another resource/);
    expect(said.verdict).toBe('interrupts');
  });

  it('are never replaced both at once, with any option', () => {
    const both = renamed(clinic, launch.a, launch.b);

    for (const acceptDataLoss of [false, true]) {
      const said = told(clinic, both, { acceptDataLoss });
      expect(sentences(said)).toContain(
        'both nodes: would be replaced in one deployment, and nobody would be served.',
      );
      expect(said.verdict).toBe('refused');
      expect(said.reason).toMatch(/^Raise hosts\.generation of one node and deploy; /);
    }
  });

  it('are never removed both at once, or one replaced while the other is removed', () => {
    const neither = edited(clinic, (of) => {
      delete of[instances.a];
      delete of[instances.b];
    });
    const one = edited(renamed(clinic, launch.a), (of) => {
      delete of[instances.b];
    });

    expect(told(clinic, neither).verdict).toBe('refused');
    expect(told(clinic, one).verdict).toBe('refused');
  });

  it('leave nobody served for a while when one is replaced and the other stopped', () => {
    const said = told(clinic, renamed(larger, launch.a));

    expect(sentences(said)).toEqual([
      expect.stringMatching(/^node a: a new host replaces it \(/),
      expect.stringMatching(/^node b: is stopped and started again, after node a/),
      expect.stringMatching(/^both nodes: .* nobody is served/),
    ]);
    expect(said.verdict).toBe('interrupts');
  });

  it('do not move to another network', () => {
    const said = told(clinic, templates({ network: { cidr: '10.50.0.0/16' } }));

    expect(sentences(said)).toEqual([
      expect.stringMatching(/^node a: a new host replaces it \(its subnet changes\)/),
      expect.stringMatching(/^node b: a new host replaces it, after node a \(its subnet changes\)/),
      expect.stringMatching(/^both nodes: would be replaced/),
      expect.stringMatching(
        /^network: is replaced \(its CidrBlock changes from 10\.42\.0\.0\/16 to/,
      ),
      'network: the subnets of the database would be replaced, which AWS refuses.',
    ]);
    expect(said.verdict).toBe('refused');
    expect(said.reason).toBe(
      'Hosts and database do not move to another subnet: leave the ranges of the network and the zones as they are, or make a new site, under another name, with the ones you want.',
    );
  });

  it('keep their addresses, or it is said', () => {
    const address = idOf(clinic, 'Hosts/A/Address');
    const another = told(clinic, renamed(clinic, address));
    const dynamic = edited(clinic, (of) => {
      delete of[address];
    });

    expect(sentences(another)).toEqual([
      expect.stringMatching(/^the addresses change: node a gets another one\. Whoever connects/),
    ]);
    expect(another.verdict).toBe('interrupts');
    expect(sentences(told(clinic, dynamic))).toEqual([
      'the addresses change: node a loses its lasting address, and has another one after each stop.',
    ]);
    expect(sentences(told(dynamic, clinic))).toEqual([
      expect.stringMatching(/^the addresses change: node a gets an address that lasts\./),
    ]);
  });
});

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

  it('needs the password that the database has', () => {
    const secret = idOf(clinic, 'Database/Secret');
    const longer = edited(clinic, (of) => {
      const one = of[secret];
      const { GenerateSecretString: rule } = one?.Properties ?? {};
      const GenerateSecretString = { ...rule, PasswordLength: 40 };
      if (one) one.Properties = { ...one.Properties, GenerateSecretString };
    });
    const said = told(clinic, longer);

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
      'key Key, bucket of logs, bucket of images, secret Database/Secret, database and operations table';

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

describe('operations', () => {
  it('tell who is asked to confirm alerts, and who gets no more', () => {
    const duty = templates({ alerts: { emails: ['duty@example.org'] } });

    expect(sentences(told(clinic, duty))).toEqual([
      'Nothing happens to hosts and data.',
      'alerts: AWS asks duty@example.org to confirm, and sends none there before that.',
      'alerts: no more go to pacs@example.org.',
    ]);
  });

  it('ask every address to confirm again when the way of alerts is another', () => {
    const elsewhere = JSON.stringify(clinic.operations).replaceAll(
      /"AlertsTopic[0-9A-F]{8}"/g,
      '"Anew"',
    );
    const said = told(clinic, { ...clinic, operations: JSON.parse(elsewhere) });

    expect(sentences(said)[1]).toMatch(/^alerts: .* AWS asks each address to confirm again/);
    expect(said.verdict).toBe('interrupts');
  });

  it('are new without a word about addresses when only they were destroyed', () => {
    const said = told({ site: clinic.site }, clinic);

    expect(said.lines[0]).toBe('Nothing happens to hosts and data.');
    expect(said.lines).toHaveLength(3);
    expect(said.verdict).toBe('safe');
  });
});

describe('the schedule', () => {
  const windows = (from: string, to: string) => [{ from, to, weekdays: 'mon-fri' as const }];
  const day = { windows: windows('07:00', '19:00') };
  const shorter = templates({ schedule: { windows: windows('07:00', '12:00') } });
  /** 15:00 and 06:00 at the clinic. */
  const [open, closed] = [at('20:00'), at('11:00')];

  it('that closes the site at this moment interrupts it', () => {
    const said = told(clinic, shorter, { now: open });

    expect(sentences(said)).toEqual([
      'schedule: changes. By it the site is closed now: hosts and database stop within minutes.',
    ]);
    expect(said.verdict).toBe('interrupts');
  });

  it('that opens the site at this moment says so', () => {
    const said = told(shorter, clinic, { now: open });

    expect(sentences(said)).toEqual([
      'schedule: changes. By it the site is open now: hosts and database start within minutes.',
    ]);
    expect(said.verdict).toBe('safe');
  });

  it('that changes nothing at this moment is announced all the same', () => {
    const said = told(clinic, shorter, { now: closed });

    expect(sentences(said)).toEqual(['schedule: changes.']);
    expect(said.verdict).toBe('safe');
  });

  it('names the node that it leaves alone at this moment', () => {
    const one = templates({ schedule: { ...day, nodes: 'one' } });

    expect(sentences(told(clinic, one, { now: closed }))).toEqual([
      'schedule: changes. By it the site is closed now: node a and database start within minutes.',
    ]);
    expect(sentences(told(templates({ schedule: undefined }), one, { now: closed }))).toEqual([
      'schedule: changes. By it the site is closed now: node b stops within minutes.',
    ]);
  });

  it('of a version that is not understood is said to change, and no more', () => {
    const odd = JSON.parse(JSON.stringify(clinic.operations).replaceAll('mon-fri', 'any'));
    const said = told({ ...clinic, operations: odd }, clinic);

    expect(sentences(said)).toEqual(['schedule: changes.']);
  });
});
