import { describe, expect, it } from 'vitest';
import { PRESETS } from '../../../../infra/config/network.ts';
import { type ConfigInput, parseConfig, scheduleOf } from '../../../../infra/config.ts';
import { DEVICES_CA, SECOND_CA } from '../../../support/certificates.ts';
import { problemsIn, site, weekdays } from '../../support/config.ts';

describe('a configuration', () => {
  it('needs little: everything else has a default', () => {
    const config = parseConfig(site);

    expect(config).toEqual({
      ...site,
      site: 'orthweb',
      network: {
        cidr: '10.42.0.0/16',
        publicPrefix: 24,
        privatePrefix: 22,
        containers: '192.168.240.0/20',
        endpoints: [],
      },
      dicom: { aeTitle: 'ORTHWEB', modalities: {}, clientCertificates: 'off' },
      hosts: {
        instanceType: 't3.medium',
        volumeGiB: 20,
        addresses: 'elastic',
        generation: { a: 1, b: 1 },
      },
      storage: { intelligentTiering: false },
      certificate: { authorities: [{ number: 1 }] },
      database: {
        instanceClass: 'db.t4g.medium',
        storageGiB: 30,
        maxStorageGiB: 60,
        backupDays: 7,
        backupWindow: '07:00-07:30',
        maintenanceWindow: 'sun:08:00-sun:08:30',
      },
      logs: { retentionDays: 90 },
      tags: {},
    });
    expect(scheduleOf(config)).toBeUndefined();
  });

  it('hands the schedule to the functions together with the time zone of the site', () => {
    const config = parseConfig({ ...site, schedule: { windows: [weekdays] } });

    expect(config.schedule).toMatchObject({ nodes: 'both', database: 'follow' });
    expect(scheduleOf(config)).toEqual({
      timeZone: 'America/Toronto',
      windows: [weekdays],
      exceptions: [],
    });
  });

  it.each([
    ['America/Toronto', 'mon-fri', { from: '07:00', to: '19:00' }, 'fri:22:30-fri:23:00'],
    ['America/Toronto', 'sat-mon', { from: '14:00', to: '22:00' }, 'mon:01:30-mon:02:00'],
    ['Australia/Sydney', 'mon-fri', { from: '08:00', to: '18:00' }, 'fri:06:30-fri:07:00'],
    ['Asia/Kolkata', 'mon,wed', { from: '00:00', to: '04:00' }, 'tue:22:00-tue:22:30'],
    ['Etc/UTC', 'mon', { from: '07:00', to: '08:00' }, undefined],
  ])(
    'has RDS patch a database in %s that follows %s %j in the last half hour of the week',
    (timeZone, days, window, utc) => {
      const windows = [{ ...window, weekdays: days }];

      expect(
        parseConfig({ ...site, timeZone, schedule: { windows } }).database.maintenanceWindow,
      ).toBe(utc);
    },
  );

  it.each([
    ['22:20-23:00', 'fri:12:00-fri:12:30'],
    ['22:00-22:31', 'fri:12:00-fri:12:30'],
    ['22:00-22:30', 'fri:22:30-fri:23:00'],
  ])('never has RDS patch during the backup at %s', (backupWindow, utc) => {
    const config = parseConfig({
      ...site,
      schedule: { windows: [weekdays] },
      database: { backupWindow },
    });

    expect(config.database.maintenanceWindow).toBe(utc);
  });

  it('has RDS patch a database that is always on after its backup on Sunday', () => {
    const config = parseConfig({ ...site, database: { backupWindow: '22:45-23:45' } });

    expect(config.database.maintenanceWindow).toBe('mon:00:15-mon:00:45');
  });

  it.each([
    ['none', []],
    ['secrets', ['kms', 'secretsmanager']],
    ['management', ['kms', 'secretsmanager', 'ssm', 'ssmmessages', 'sts', 'logs']],
    [['logs'], ['logs']],
  ] as const)('reads the endpoints %j as a list of services', (endpoints, services) => {
    expect(parseConfig({ ...site, network: { endpoints } }).network.endpoints).toEqual(services);
  });

  it.each([
    ['"secrets"', PRESETS.secrets.length],
    ['"management"', PRESETS.management.length],
    ['each', 1],
  ])('says what the endpoints %s cost a month in two zones and in three', (name, endpoints) => {
    const [two, three] = [2, 3].map((zones) => (endpoints * zones * 730 * 0.01).toFixed(2));

    const { message } = problemsIn({ ...site, network: { endpoints: 'all' } });

    expect(PRESETS.none).toEqual([]);
    expect(message).toContain('"none" for $0,');
    expect(message.replace(' a month in two zones', '').replace(' in three', '')).toContain(
      `${name} for $${two} or $${three}`,
    );
  });

  it.each([
    [30, undefined, 60],
    [40_000, undefined, 65_536],
    [100, 110, 110],
    [59_578, 65_536, 65_536],
  ])('lets RDS grow a storage of %i GiB with the limit %s up to %i', (storageGiB, limit, grown) => {
    const database = { storageGiB, maxStorageGiB: limit };

    expect(parseConfig({ ...site, database }).database.maxStorageGiB).toBe(grown);
  });

  it.each([
    ['two authorities, the second first', [{ number: 2 }, { number: 1 }]],
    ['one that was signed anew on a leap day', [{ number: 99, signed: '2028-02-29' }]],
    ['one that was signed on the first possible day', [{ number: 1, signed: '2026-01-01' }]],
  ])('takes %s', (_, authorities) => {
    expect(parseConfig({ ...site, certificate: { authorities } }).certificate).toEqual({
      authorities,
    });
  });

  it.each(['tst', 'prd'])(
    'lets the addresses of a site for %s change with each stop',
    (environment) => {
      const hosts = { addresses: 'dynamic', generation: { b: 2 } };

      expect(parseConfig({ ...site, environment, hosts }).hosts).toMatchObject({
        addresses: 'dynamic',
        generation: { a: 1, b: 2 },
      });
    },
  );

  it('writes of a budget to ten addresses, and of anything else to more', () => {
    const emails = (count: number) =>
      Array.from({ length: count }, (_, index) => `pacs-${index}@example.org`);
    const budget = { monthlyUsd: 1_000_000 };

    expect(parseConfig({ ...site, budget, alerts: { emails: emails(10) } }).budget).toEqual(budget);
    expect(parseConfig({ ...site, alerts: { emails: emails(11) } }).budget).toBeUndefined();
  });

  it.each([
    ['America/Toronto', { from: '07:00', to: '19:00' }, '17:15-17:45'],
    ['Australia/Sydney', { from: '08:00', to: '18:00' }, '02:15-02:45'],
    ['Asia/Kolkata', { from: '22:00', to: '06:00' }, '20:15-20:45'],
    ['Australia/Lord_Howe', {}, '01:00-01:30'],
  ])(
    'takes the backup while a database in %s that follows %j is running',
    (timeZone, window, utc) => {
      const windows = [{ ...window, weekdays: 'mon-fri' }];

      expect(parseConfig({ ...site, timeZone, schedule: { windows } }).database.backupWindow).toBe(
        utc,
      );
    },
  );

  it('lets the database run while one node keeps serving, and take its backup at any time', () => {
    const config = parseConfig({
      ...site,
      schedule: { windows: [weekdays], nodes: 'one' },
      database: { backupWindow: '03:00-04:00' },
    });

    expect(config.schedule?.database).toBe('always-on');
    expect(config.database.backupWindow).toBe('03:00-04:00');
  });

  it.each(['America/Toronto', 'Australia/Sydney'])(
    'accepts a backup window inside the hours of %s, over midnight in UTC too',
    (timeZone) => {
      const windows = [{ from: '00:00', to: '24:00', weekdays: 'mon-fri' }];
      const database = { backupWindow: '23:30-00:30' };

      expect(
        parseConfig({ ...site, timeZone, schedule: { windows }, database }).database,
      ).toMatchObject(database);
    },
  );

  it('lets a whole world in for a written reason', () => {
    const clients = {
      web: ['0.0.0.0/0'],
      dicom: ['198.51.100.0/24'],
      openToTheWorld: 'A public teaching archive without patients.',
    };

    expect(parseConfig({ ...site, clients }).clients).toEqual(clients);
  });

  it('lets a whole world try over DICOM where each device has a certificate', () => {
    const clients = {
      ...site.clients,
      dicom: ['0.0.0.0/0'],
      openToTheWorld: 'Ultrasound carts send from wherever they are.',
    };
    const dicom = { clientCertificates: 'required', clientAuthority: DEVICES_CA };

    expect(parseConfig({ ...site, clients, dicom }).clients).toEqual(clients);
  });

  it('asks devices for a certificate of any of the authorities that are written', () => {
    const clientAuthority = `${DEVICES_CA}\n${SECOND_CA}`;
    const dicom = { clientCertificates: 'optional', clientAuthority };

    expect(parseConfig({ ...site, dicom }).dicom).toMatchObject(dicom);
  });
});

describe('the schema', () => {
  it('types what an editor completes', () => {
    const input: ConfigInput = {
      ...site,
      // @ts-expect-error: no such environment.
      environment: 'production',
    };

    expect(problemsIn(input).problems).toHaveLength(1);
  });
});
