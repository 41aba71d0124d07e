import { describe, expect, it } from 'vitest';
import { DEVICES_CA } from '../../../support/certificates.ts';
import { problemsIn, site, weekdays } from '../../support/config.ts';
import { differentOf, expectRefusal, type Mistake } from '../../support/refusal.ts';

const alone: Mistake[] = [
  ['without a region', { region: undefined }, 'region', 'nothing', 'such as "ca-central-1"'],
  ['without clients', { clients: undefined }, 'clients', 'nothing', 'lists? of IPv4 ranges'],
  [
    'with capitals in its name',
    { site: 'Clinic' },
    'site',
    '"Clinic"',
    'is no name for a site. Write 3 to 20 lower-case letters',
  ],
  [
    'whose name ends in a hyphen',
    { site: 'clinic-' },
    'site',
    '"clinic-"',
    'is no name for a site. Write .* single hyphens',
  ],
  [
    'whose name is too long',
    { site: 'a'.repeat(21) },
    'site',
    `"${'a'.repeat(21)}"`,
    'is no name for a site. Write 3 to 20 lower-case letters',
  ],
  ['whose name is a number', { site: 7 }, 'site', '7', 'is not a text. The name of the site'],
  [
    'for an unknown environment',
    { environment: 'prod' },
    'environment',
    '"prod"',
    'is none of prd, stg, tst, dev. What the site is for',
  ],
  [
    'in a region of another partition',
    { region: 'us-gov-west-1', zones: ['us-gov-west-1a', 'us-gov-west-1b'] },
    'region',
    '"us-gov-west-1"',
    'Write a commercial region',
  ],
  ['in a region of another shape', { region: 'canada' }, 'region', '"canada"', 'ca-central-1'],
  [
    'in a region whose database certificate is not carried',
    { region: 'ca-west-1', zones: ['ca-west-1a', 'ca-west-1b'] },
    'region',
    '"ca-west-1"',
    'this version does not carry. Write one of af-south-1, .*, us-west-2, or take a newer version',
  ],
  [
    'in a region that is made up',
    { region: 'ca-central-9', zones: ['ca-central-9a', 'ca-central-9b'] },
    'region',
    '"ca-central-9"',
    'is a region whose database certificate this version does not carry. Write one of .*ca-central-1',
  ],
  [
    'without an environment',
    { environment: undefined },
    'environment',
    'nothing',
    'What the site is for',
  ],
  [
    'in one zone',
    { zones: ['ca-central-1a'] },
    'zones',
    '["ca-central-1a"]',
    'does not name two or three zones. Write such as',
  ],
  ['with a zone as text', { zones: 'ca-central-1a' }, 'zones', '"ca-central-1a"', 'is not a list'],
  [
    'that names a zone twice',
    { zones: ['ca-central-1a', 'ca-central-1a'] },
    'zones',
    '["ca-central-1a","ca-central-1a"]',
    'names a zone twice. Write two or three different ones',
  ],
  ['in an unknown time zone', { timeZone: 'Toronto' }, 'timeZone', '"Toronto"', 'America/Toronto'],
  [
    'with a time zone in small letters',
    { timeZone: 'america/toronto' },
    'timeZone',
    '"america/toronto"',
    'Write America/Toronto',
  ],
  [
    'whose VPC does not begin at its first address',
    { network: { cidr: '10.42.7.0/16' } },
    'network.cidr',
    '"10.42.7.0/16"',
    'Write 10.42.0.0/16.',
  ],
  [
    'with a prefix length as text',
    { network: { publicPrefix: '24' } },
    'network.publicPrefix',
    '"24"',
    'is not a number. The prefix length of each public subnet',
  ],
  [
    'with an unknown endpoint',
    { network: { endpoints: ['kms', 's3'] } },
    'network.endpoints[1]',
    '"s3"',
    'is none of kms, secretsmanager',
  ],
  [
    'with an unknown preset of endpoints',
    { network: { endpoints: 'all' } },
    'network.endpoints',
    '"all"',
    'is not a list. AWS services .* "none" .* "secrets" .* "management" .* or a list of kms,',
  ],
  [
    'that names an endpoint twice',
    { network: { endpoints: ['kms', 'kms'] } },
    'network.endpoints',
    '["kms","kms"]',
    'Write each once',
  ],
  [
    'with no client for the web',
    { clients: { ...site.clients, web: [] } },
    'clients.web',
    '[]',
    'Write at least one',
  ],
  [
    'with a single address for a range',
    { clients: { ...site.clients, dicom: ['203.0.113.7'] } },
    'clients.dicom[0]',
    '"203.0.113.7"',
    'Write 203.0.113.7/32',
  ],
  [
    'with an IPv6 range',
    { clients: { ...site.clients, dicom: ['2001:db8::/32'] } },
    'clients.dicom[0]',
    '"2001:db8::/32"',
    'is no IPv4 range',
  ],
  [
    'with a host name for a range',
    { clients: { ...site.clients, web: ['clinic.example.org'] } },
    'clients.web[0]',
    '"clinic.example.org"',
    '203.0.113.0/24',
  ],
  [
    'open to the world for no reason worth writing',
    { clients: { ...site.clients, openToTheWorld: 'because' } },
    'clients.openToTheWorld',
    '"because"',
    '20 characters or more',
  ],
  [
    'on ARM hosts',
    { hosts: { instanceType: 't4g.medium' } },
    'hosts.instanceType',
    '"t4g.medium"',
    'an x86 type such as t3.medium',
  ],
  [
    'on ARM hosts of another family',
    { hosts: { instanceType: 'im4gn.large' } },
    'hosts.instanceType',
    '"im4gn.large"',
    'has an ARM processor, .* Write an x86 type such as t3.medium',
  ],
  [
    'with an instance type of no shape',
    { hosts: { instanceType: 'medium' } },
    'hosts.instanceType',
    '"medium"',
    'such as t3.medium',
  ],
  [
    'with a small disk',
    { hosts: { volumeGiB: 8 } },
    'hosts.volumeGiB',
    '8',
    'is less than 20. The size of each host',
  ],
  [
    'with half a gibibyte',
    { hosts: { volumeGiB: 20.5 } },
    'hosts.volumeGiB',
    '20.5',
    'is not a whole number',
  ],
  [
    'with static addresses',
    { hosts: { addresses: 'static' } },
    'hosts.addresses',
    '"static"',
    'is none of elastic, dynamic. .* cost nothing while stopped',
  ],
  [
    'with one generation for both nodes',
    { hosts: { generation: 2 } },
    'hosts.generation',
    '2',
    'is not a group of fields { … }. A group of one number for each node, a and b',
  ],
  [
    'that counts generations from zero',
    { hosts: { generation: { a: 0 } } },
    'hosts.generation.a',
    '0',
    'is less than 1. .* Raise a node.s number by one',
  ],
  [
    'whose generation is a date',
    { hosts: { generation: { b: 20_261_123 } } },
    'hosts.generation.b',
    '20261123',
    'is more than 9999. .* Raise a node.s number by one',
  ],
  [
    'with a generation for a third node',
    { hosts: { generation: { c: 2 } } },
    'hosts.generation.c',
    '2',
    'Write one of a, b.',
  ],
  [
    'that says yes to cheaper storage',
    { storage: { intelligentTiering: 'yes' } },
    'storage.intelligentTiering',
    '"yes"',
    'is not true or false. Write true to let S3 move images',
  ],
  [
    'that asks for a storage class of S3',
    { storage: { class: 'GLACIER' } },
    'storage.class',
    '"GLACIER"',
    'belongs to no field that exists. Write one of intelligentTiering.',
  ],
  [
    'with an instance type for the database class',
    { database: { instanceClass: 't4g.medium' } },
    'database.instanceClass',
    '"t4g.medium"',
    'such as db.t4g.medium',
  ],
  [
    'with too much storage',
    { database: { storageGiB: 70_000 } },
    'database.storageGiB',
    '70000',
    'is more than 59578. The size of the database.s storage',
  ],
  [
    'with too little storage',
    { database: { storageGiB: 19 } },
    'database.storageGiB',
    '19',
    'is less than 20',
  ],
  [
    'with too low a limit for the storage of any database',
    { database: { maxStorageGiB: 21 } },
    'database.maxStorageGiB',
    '21',
    'is less than 22. How far RDS may grow the storage',
  ],
  [
    'with a higher limit for the storage than RDS has',
    { database: { maxStorageGiB: 65_537 } },
    'database.maxStorageGiB',
    '65537',
    'is more than 65536. How far RDS may grow the storage',
  ],
  [
    'with a limit for the storage in words',
    { database: { maxStorageGiB: '100 GiB' } },
    'database.maxStorageGiB',
    '"100 GiB"',
    'is not a number. How far RDS may grow the storage .* in GiB',
  ],
  [
    'with backups for longer than RDS keeps them',
    { database: { backupDays: 36 } },
    'database.backupDays',
    '36',
    'is more than 35',
  ],
  [
    'with a short backup window',
    { database: { backupWindow: '03:00-03:20' } },
    'database.backupWindow',
    '"03:00-03:20"',
    '30 minutes or longer',
  ],
  [
    'with a backup window of another shape',
    { database: { backupWindow: '3am' } },
    'database.backupWindow',
    '"3am"',
    'HH:MM-HH:MM in UTC',
  ],
  [
    'with a schedule but no windows',
    { schedule: {} },
    'schedule.windows',
    'nothing',
    'no default. When the site runs, in local time: a list such as',
  ],
  [
    'with unknown behaviour of the nodes',
    { schedule: { windows: [weekdays], nodes: 'all' } },
    'schedule.nodes',
    '"all"',
    'is none of both, one',
  ],
  [
    'with a budget of no amount',
    { budget: {} },
    'budget.monthlyUsd',
    'nothing',
    'is given, and there is no default. What this site may cost a month in whole US dollars',
  ],
  [
    'with a bare number for a budget',
    { budget: 100 },
    'budget',
    '100',
    'is not a group of fields { … }. .* monthlyUsd. AWS counts only .* orthweb:site is activated',
  ],
  [
    'with a budget of nothing',
    { budget: { monthlyUsd: 0 } },
    'budget.monthlyUsd',
    '0',
    'is less than 1. What this site may cost',
  ],
  [
    'with a budget beyond any site',
    { budget: { monthlyUsd: 1_000_001 } },
    'budget.monthlyUsd',
    '1000001',
    'is more than 1000000. What this site may cost',
  ],
  [
    'with cents in its budget',
    { budget: { monthlyUsd: 99.5 } },
    'budget.monthlyUsd',
    '99.5',
    'is not a whole number. .* whole US dollars',
  ],
  [
    'with a currency in its budget',
    { budget: { monthlyUsd: '100 CAD' } },
    'budget.monthlyUsd',
    '"100 CAD"',
    'is not a number. .* whole US dollars',
  ],
  ['without alerts', { alerts: undefined }, 'alerts', 'nothing', 'who is told: emails'],
  ['that alerts nobody', { alerts: { emails: [] } }, 'alerts.emails', '[]', 'Write at least one'],
  [
    'that alerts an address without a domain',
    { alerts: { emails: ['pacs'] } },
    'alerts.emails[0]',
    '"pacs"',
    'such as pacs@example.org',
  ],
  [
    'that alerts an address twice',
    { alerts: { emails: ['pacs@example.org', 'PACS@example.org'] } },
    'alerts.emails',
    '["pacs@example.org","PACS@example.org"]',
    'Write each once',
  ],
  [
    'with a retention that CloudWatch does not have',
    { logs: { retentionDays: 42 } },
    'logs.retentionDays',
    '42',
    'Write one of 1, 3, 5',
  ],
  [
    'with a tag of AWS’s own',
    { tags: { 'aws:owner': 'x' } },
    'tags.aws:owner',
    '"x"',
    'begins with aws: or orthweb:, which are taken. Write another key',
  ],
  [
    'with a tag of ours',
    { tags: { site: 'north wing' } },
    'tags.site',
    '"north wing"',
    'same key as Site to AWS. Write another key',
  ],
  [
    'with two tags that differ in a capital letter alone',
    { tags: { Owner: 'x', owner: 'y' } },
    'tags.owner',
    '"y"',
    'same key as Owner to AWS. Write another key',
  ],
  [
    'with a number in a tag',
    { tags: { CostCentre: 4711 } },
    'tags.CostCentre',
    '4711',
    '^is not a text. Write it in quotes, such as "4711".$',
  ],
  [
    'with a long tag',
    { tags: { Owner: 'x'.repeat(257) } },
    'tags.Owner',
    `"${'x'.repeat(56)}…`,
    'is too long or has no key. Write .* a value of at most 256',
  ],
  [
    'with a bracket in a tag',
    { tags: { Owner: '<me>' } },
    'tags.Owner',
    '"<me>"',
    'a character that AWS',
  ],
  [
    'with too many tags',
    { tags: Object.fromEntries(Array.from({ length: 41 }, (_, index) => [`k${index}`, 'v'])) },
    'tags',
    '{"k0":"v","k1":"v","k2":"v","k3":"v","k4":"v","k5":"v","k…',
    'has too many tags for AWS, .* Write at most 40',
  ],
  ['with a misspelled field', { schedul: {} }, 'schedul', '{}', 'Did you mean schedule\\?'],
  [
    'with a misspelled field inside a group',
    { network: { CIDR: '10.0.0.0/16' } },
    'network.CIDR',
    '"10.0.0.0/16"',
    'Did you mean cidr\\?',
  ],
  [
    'with a field that resembles none',
    { logs: { bucket: 'b' } },
    'logs.bucket',
    '"b"',
    'Write one of retentionDays',
  ],
];

const together: Mistake[] = [
  [
    'with a zone of another region',
    { zones: ['ca-central-1a', 'us-east-1b'] },
    'zones[1]',
    '"us-east-1b"',
    'is no zone of the region ca-central-1. Write such as ca-central-1a',
  ],
  [
    'in a public VPC',
    { network: { cidr: '100.64.0.0/16' } },
    'network.cidr',
    '"100.64.0.0/16"',
    'is not private. Write a range inside 10.0.0.0/8',
  ],
  [
    'in a VPC larger than AWS allows',
    { network: { cidr: '10.0.0.0/12' } },
    'network.cidr',
    '"10.0.0.0/12"',
    'is not of a size that AWS and three zones allow. Write a prefix from /16 to /24',
  ],
  [
    'in a VPC over Docker’s default network',
    { network: { cidr: '172.17.0.0/16' } },
    'network.cidr',
    '"172.17.0.0/16"',
    'overlaps 172.17.0.0/16, Docker.s own network .* Write a range outside it',
  ],
  [
    'whose subnets do not fit, with the numbers',
    { network: { cidr: '10.42.0.0/21' } },
    'network.cidr',
    '"10.42.0.0/21"',
    'has 2048 addresses, but 3 public subnets of 256 and 3 private ones of 1024 take 4096',
  ],
  [
    'with a subnet larger than its VPC',
    { network: { cidr: '10.42.0.0/20', privatePrefix: 18 } },
    'network.privatePrefix',
    '18',
    'is no size for a subnet of 10.42.0.0/20. Write a prefix length from 20 to 28',
  ],
  [
    'with a subnet too small for AWS',
    { network: { publicPrefix: 29 } },
    'network.publicPrefix',
    '29',
    'is no size for a subnet of 10.42.0.0/16. Write a prefix length from 16 to 28',
  ],
  [
    'with public addresses for containers',
    { network: { containers: '203.0.112.0/24' } },
    'network.containers',
    '"203.0.112.0/24"',
    'is not private',
  ],
  [
    'with too few addresses for containers',
    { network: { containers: '192.168.240.0/26' } },
    'network.containers',
    '"192.168.240.0/26"',
    'has 64 addresses',
  ],
  [
    'whose containers take addresses of the VPC',
    { network: { containers: '10.42.64.0/20' } },
    'network.containers',
    '"10.42.64.0/20"',
    'overlaps network.cidr 10.42.0.0/16',
  ],
  [
    'whose clients have addresses of the VPC',
    { clients: { web: ['203.0.113.0/24'], dicom: ['203.0.113.0/24', '10.42.8.0/24'] } },
    'clients.dicom[1]',
    '"10.42.8.0/24"',
    'overlaps network.cidr 10.42.0.0/16',
  ],
  [
    'whose clients have addresses of the containers',
    { clients: { ...site.clients, web: ['192.168.0.0/16'] } },
    'clients.web[0]',
    '"192.168.0.0/16"',
    'overlaps network.containers 192.168.240.0/20',
  ],
  [
    'whose client ranges overlap',
    { clients: { ...site.clients, web: ['203.0.113.0/24', '203.0.113.16/28'] } },
    'clients.web[1]',
    '"203.0.113.16/28"',
    'overlaps 203.0.113.0/24 in the same list',
  ],
  [
    'open to the world for DICOM without a reason',
    {
      clients: { ...site.clients, dicom: ['0.0.0.0/0'] },
      dicom: { clientCertificates: 'required', clientAuthority: DEVICES_CA },
    },
    'clients.dicom[0]',
    '"0.0.0.0/0"',
    'say in clients.openToTheWorld why',
  ],
  [
    'open to half of the world without a reason',
    { clients: { ...site.clients, web: ['128.0.0.0/1'] } },
    'clients.web[0]',
    '"128.0.0.0/1"',
    'ranges of your clients',
  ],
  [
    'with a reason for an open range that is not there',
    { clients: { ...site.clients, openToTheWorld: 'We once were a public archive.' } },
    'clients.openToTheWorld',
    '"We once were a public archive."',
    'acknowledges a range that is not there. Remove it',
  ],
  [
    'for production without backups',
    { environment: 'prd', database: { backupDays: 0 } },
    'database.backupDays',
    '0',
    'keeps no backup of a production site. Write 1 to 35',
  ],
  [
    'that leaves its database no room to grow',
    { database: { storageGiB: 100, maxStorageGiB: 100 } },
    'database.maxStorageGiB',
    '100',
    'is not a tenth more than storageGiB 100, .* Write 110 or more, or leave it out.',
  ],
  [
    'that leaves its database almost a tenth to grow',
    { database: { storageGiB: 31, maxStorageGiB: 34 } },
    'database.maxStorageGiB',
    '34',
    'is not a tenth more than storageGiB 31, .* Write 35 or more',
  ],
  [
    'that limits the storage below the default size',
    { database: { maxStorageGiB: 25 } },
    'database.maxStorageGiB',
    '25',
    'storageGiB 30, .* Write 33 or more',
  ],
  [
    'with a budget for more people than AWS writes to',
    {
      budget: { monthlyUsd: 100 },
      alerts: { emails: Array.from({ length: 11 }, (_, index) => `p${index}@example.org`) },
    },
    'alerts.emails',
    '["p0@example.org","p1@example.org","p2@example.org","p3@e…',
    'has 11 addresses, .* at most 10. Write the address of a mailing list, or leave out budget',
  ],
  [
    'with a window that is no time',
    { schedule: { windows: [{ from: '25:00', to: '19:00' }] } },
    'schedule.windows[0].from',
    '"25:00"',
    'HH:MM from 00:00 to 23:59',
  ],
  [
    'with an exception on no date',
    { schedule: { windows: [weekdays], exceptions: [{ dates: 'Easter', name: 'Easter' }] } },
    'schedule.exceptions[0].dates',
    '"Easter"',
    'Write 2026-12-25',
  ],
  [
    'with a window shorter than a start takes',
    { schedule: { windows: [weekdays, { from: '08:00', to: '08:15', weekdays: 'sat' }] } },
    'schedule.windows[1]',
    '"Sat 08:00–08:15"',
    'lasts 15 minutes, and a start takes up to about 15. Make it 30',
  ],
  [
    'with a short window on a holiday',
    {
      schedule: {
        windows: [weekdays],
        exceptions: [{ dates: '12-24', name: 'Eve', windows: [{ from: '08:00', to: '08:20' }] }],
      },
    },
    'schedule.exceptions[0].windows[0]',
    '"08:00–08:20 (Eve)"',
    'lasts 20 minutes',
  ],
  [
    'with a pause too short to stop in',
    {
      schedule: {
        windows: [
          { from: '07:00', to: '12:00' },
          { from: '12:20', to: '19:00' },
        ],
      },
    },
    'schedule.windows',
    '"daily 07:00–12:00"',
    'a pause of 20 minutes before "daily 12:20–19:00"',
  ],
  [
    'with a short pause where one week meets the next',
    {
      schedule: {
        windows: [
          { from: '20:00', to: '23:50', weekdays: 'sat' },
          { from: '00:00', to: '12:00', weekdays: 'sun' },
        ],
      },
    },
    'schedule.windows',
    '"Sat 20:00–23:50"',
    'a pause of 10 minutes before "Sun 00:00–12:00"',
  ],
  [
    'with a short pause on a holiday',
    {
      schedule: {
        windows: [weekdays],
        exceptions: [
          {
            dates: '12-24',
            name: 'Eve',
            windows: [
              { from: '08:00', to: '12:00' },
              { from: '12:05', to: '13:00' },
            ],
          },
        ],
      },
    },
    'schedule.exceptions[0].windows',
    '"08:00–12:00 (Eve)"',
    'a pause of 5 minutes before .* Join the two or leave 30 minutes',
  ],
  [
    'with a schedule that never stops',
    { schedule: { windows: [{ weekdays: 'mon-fri' }, { weekdays: 'sat,sun' }] } },
    'schedule.windows',
    '"Mon–Fri all day" and "Sat–Sun all day"',
    'Leave out the schedule',
  ],
  [
    'that backs up a stopped database',
    { schedule: { windows: [weekdays] }, database: { backupWindow: '07:00-07:30' } },
    'database.backupWindow',
    '"07:00-07:30"',
    'such as 17:15-17:45',
  ],
  [
    'that backs up a running database in winter only',
    { schedule: { windows: [weekdays] }, database: { backupWindow: '23:15-23:45' } },
    'database.backupWindow',
    '"23:15-23:45"',
    'lies outside the hours of the schedule, in winter or in summer, .* such as 17:15-17:45',
  ],
  [
    'whose windows leave no time for a backup all year round',
    { schedule: { windows: [{ from: '08:00', to: '09:00' }] } },
    'schedule.windows',
    '"daily 08:00–09:00"',
    'no half hour for its daily backup, .* Write a window of two hours or longer',
  ],
  [
    'that stops the database under a serving node',
    { schedule: { windows: [weekdays], nodes: 'one', database: 'follow' } },
    'schedule.database',
    '"follow"',
    'would stop the database under node a, which keeps serving. Leave it out',
  ],
];

const mistakes = [...alone, ...together];

describe('a configuration is refused', () => {
  it('for more than a hundred mistakes, no two the same', () => {
    expect(differentOf(mistakes)).toBe(mistakes.length);
    expect(mistakes.length).toBeGreaterThan(100);
  });

  it.each(mistakes)('%s', (...mistake) => expectRefusal(mistake));

  it.each([undefined, null, 'site', [], () => site])('when it is %s', (input) => {
    expect(problemsIn(input).message).toMatch(/^configuration: .* Write export default/);
  });

  it('for each group that is something else', () => {
    const groups = [
      'network',
      'clients',
      'dicom',
      'hosts',
      'storage',
      'database',
      'schedule',
      'alerts',
      'budget',
      'logs',
      'tags',
    ];

    const { problems } = problemsIn({
      ...site,
      ...Object.fromEntries(groups.map((group) => [group, 3n])),
    });

    expect(problems.map(({ field }) => field)).toEqual(groups);
    for (const { value, remedy } of problems) {
      expect(`${value} ${remedy}`).toMatch(/^"3n" is not a group of .+ \{ … \}\. \w+/);
    }
  });

  it('with all problems of single fields at once, then all of fields together', () => {
    const single = problemsIn({ ...site, site: 'X', environment: 'x', region: 'x', zones: [] });
    const joint = problemsIn({
      ...site,
      environment: 'prd',
      zones: ['us-east-1a', 'us-east-1b'],
      network: { cidr: '11.0.0.0/16' },
      database: { backupDays: 0 },
    });

    expect(single.message.split('\n')).toHaveLength(4);
    expect(joint.message.split('\n')).toHaveLength(4);
  });
});
