import { existsSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { z } from 'zod';
import {
  type ExceptionInput,
  type Problem,
  refusalOfTimeZone,
  type Schedule,
  type ScheduleInput,
  type WindowInput,
} from '../functions/power/schedule-input.ts';
import { refusalOfRange } from './cidr.ts';
import { chooseBackupWindow, databaseProblems, readBackupWindow } from './database-rules.ts';
import { InvalidConfig, problemsOf } from './invalid-config.ts';
import { networkProblems } from './network-rules.ts';
import { readSchedule } from './schedule-rules.ts';

export { InvalidConfig } from './invalid-config.ts';

const ENDPOINTS = [
  'kms',
  'secretsmanager',
  'ec2',
  'ssm',
  'ssmmessages',
  'ec2messages',
  'logs',
  'monitoring',
  'sts',
  'rds',
  'states',
  'sns',
] as const;

type Endpoint = (typeof ENDPOINTS)[number];
type Preset = 'none' | 'secrets' | 'management';

const PRESETS: Readonly<Record<Preset, readonly Endpoint[]>> = {
  none: [],
  secrets: ['kms', 'secretsmanager'],
  management: ['kms', 'secretsmanager', 'ec2', 'ssm', 'ec2messages', 'ssmmessages'],
};

/** What CloudWatch's PutRetentionPolicy takes. */
const RETENTION_DAYS = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288,
  3653,
];

/** For a database that never stops: night in the Americas, morning in Europe. */
const BACKUP_WINDOW = '07:00-07:30';

const range = z.string().refine((text) => refusalOfRange(text) === undefined, {
  error: ({ input }) => refusalOfRange(String(input)),
});

const distinct = (items: readonly string[]): boolean =>
  new Set(items.map((item) => item.toLowerCase())).size === items.length;

const clientRanges = z
  .array(range)
  .refine(({ length }) => length > 0, 'has no range. Write at least one, such as 203.0.113.0/24.');

/**
 * One site, as its operator describes it in `orthweb.config.ts`.
 *
 * The only place in the code with defaults: constructs and functions receive every value. A
 * description is what the operator reads when the value is wrong, so it says what to write.
 */
const Site = z
  .strictObject({
    site: z
      .string()
      .regex(
        /^(?=.{3,20}$)(?!.*-operations$)[a-z][a-z0-9]*(-[a-z0-9]+)*$/,
        'is no name for a site. Write 3 to 20 lower-case letters, digits and single hyphens, ' +
          'beginning with a letter and not ending in -operations, which names a stack.',
      )
      .describe(
        'The name of the site, such as "clinic". It goes into the names of stacks and resources: ' +
          'a new name makes a new, empty site.',
      )
      .default('orthweb'),
    environment: z
      .enum(['prd', 'stg', 'tst', 'dev'])
      .describe(
        'What the site is for. With "prd" the data outlives the stack, deletion is refused and a ' +
          'standby database doubles the price of the database.',
      ),
    region: z
      .string()
      .regex(
        /^[a-z]{2}(-[a-z]+)+-\d$/,
        'is not shaped like an AWS region. Write one such as ca-central-1.',
      )
      .refine(
        (region) => !/^(cn|us-gov|us-iso|eu-isoe|eusc)/.test(region),
        'is in a partition of AWS that Orthweb does not know. Write a commercial region.',
      )
      .describe('The AWS region that holds the site, such as "ca-central-1". Images stay in it.'),
    zones: z
      .array(z.string())
      .refine(
        ({ length }) => length === 2 || length === 3,
        'does not name two or three zones. Write such as ["ca-central-1a", "ca-central-1b"]: ' +
          'the two hosts never share one.',
      )
      .refine(distinct, 'names a zone twice. Write two or three different ones.')
      .describe(
        'Two or three availability zones of the region, such as ["ca-central-1a", ' +
          '"ca-central-1b"]. The hosts live in the first two.',
      ),
    timeZone: z
      .string()
      .refine((zone) => refusalOfTimeZone(zone) === undefined, {
        error: ({ input }) => refusalOfTimeZone(input),
      })
      .describe(
        'The IANA time zone in which people work, such as "America/Toronto". The schedule and all ' +
          'messages use it.',
      ),
    network: z
      .strictObject({
        cidr: range
          .describe(
            'The private IPv4 range of the VPC, /16 to /24, such as "10.42.0.0/16". It must not ' +
              'overlap the networks you connect from; a new one replaces every host and the database.',
          )
          .default('10.42.0.0/16'),
        publicPrefix: z
          .int()
          .describe(
            'The prefix length of each public subnet, where the hosts live: 24 is 256 addresses, ' +
              'five of them kept by AWS.',
          )
          .default(24),
        privatePrefix: z
          .int()
          .describe(
            'The prefix length of each private subnet, where the database lives: 22 is 1024 ' +
              'addresses, five of them kept by AWS.',
          )
          .default(22),
        containers: range
          .describe(
            'The private IPv4 range, /24 or larger, for networks of containers on each host. It ' +
              'never leaves the host, but whoever has an address in it cannot reach the site.',
          )
          .default('192.168.240.0/20'),
        endpoints: z
          .custom<Preset | readonly Endpoint[]>()
          .describe(
            'AWS services reached privately instead of over the Internet: "none", "secrets", ' +
              `"management", or a list of ${ENDPOINTS.join(', ')}. Each costs $0.01 an hour in ` +
              'each zone, about $7.30 a month.',
          )
          .transform((choice) => PRESETS[choice as Preset] ?? choice)
          .pipe(z.array(z.enum(ENDPOINTS)).refine(distinct, 'names one twice. Write each once.'))
          .default([]),
      })
      .describe('A group of the addresses of the site itself.')
      .prefault({}),
    clients: z
      .strictObject({
        web: clientRanges.describe(
          'A list of the IPv4 ranges that may open the web viewer, such as ["203.0.113.0/24"]. ' +
            'Everyone else is turned away before TLS.',
        ),
        dicom: clientRanges.describe(
          'A list of the IPv4 ranges that may send and query over DICOM, such as ' +
            '["198.51.100.0/24"]. Everyone else is turned away before TLS.',
        ),
        openToTheWorld: z
          .string()
          .refine(
            (reason) => reason.trim().length >= 20,
            'is too short to be a reason. Write in 20 characters or more why anyone may try to connect.',
          )
          .describe(
            'The reason, in 20 characters or more, why a client range shorter than /8 is wanted: with ' +
              'one, anyone on the Internet can try to reach images of patients.',
          )
          .optional(),
      })
      .describe('A group of who may connect: web and dicom, each a list of IPv4 ranges.'),
    hosts: z
      .strictObject({
        instanceType: z
          .string()
          .regex(
            /^[a-z][a-z0-9-]*\.[a-z0-9-]+$/,
            'is no EC2 instance type. Write one such as t3.medium.',
          )
          .refine(
            // Graviton has a g among the letters after the generation: t4g, c6gn, im4gn.
            (type) => !/^(a1|[a-z]+\d+[a-z]*g)/.test(type),
            'has an ARM processor, and the hosts run x86 images. Write an x86 type ' +
              'such as t3.medium or m7i.large.',
          )
          .describe(
            'The EC2 type of each of the two hosts, x86 only, such as "t3.medium". It sets speed and ' +
              'price; a change stops the hosts one after the other.',
          )
          .default('t3.medium'),
        volumeGiB: z
          .int()
          .min(20)
          .max(16384)
          .describe(
            "The size of each host's disk in GiB, 20 to 16384. Images live in S3, not here; it can " +
              'not shrink.',
          )
          .default(20),
      })
      .describe('A group of what the two hosts are: instanceType and volumeGiB.')
      .prefault({}),
    database: z
      .strictObject({
        instanceClass: z
          .string()
          .regex(
            /^db\.[a-z0-9-]+\.[a-z0-9-]+$/,
            'is no RDS instance class. Write one such as db.t4g.medium.',
          )
          .describe(
            'The RDS class of the database, such as "db.t4g.medium". It sets speed and price.',
          )
          .default('db.t4g.medium'),
        storageGiB: z
          .int()
          .min(20)
          .max(65536)
          .describe(
            "The size of the database's storage in GiB, 20 to 65536. It can grow later, never shrink.",
          )
          .default(30),
        backupDays: z
          .int()
          .min(0)
          .max(35)
          .describe(
            'How many days each automatic backup is kept, 0 to 35: how far back the index can be ' +
              'restored. 0 takes none.',
          )
          .default(7),
        backupWindow: z
          .string()
          .refine(
            (text) => readBackupWindow(text) !== undefined,
            'is no backup window. Write HH:MM-HH:MM in UTC, 30 minutes or longer.',
          )
          .describe(
            'When the daily backup is taken, "HH:MM-HH:MM" in UTC, 30 minutes or longer. A stopped ' +
              'database takes none, so it lies inside the hours of the schedule; left out, it is ' +
              'chosen there.',
          )
          .optional(),
      })
      .describe('A group of what the database is and how it is backed up.')
      .prefault({}),
    schedule: z
      .strictObject({
        windows: z
          .custom<readonly WindowInput[]>()
          .describe(
            'When the site runs, in local time: a list such as [{ from: "07:00", to: "19:00", ' +
              'weekdays: "mon-fri" }]. Outside it the site is stopped and costs storage only.',
          ),
        exceptions: z
          .custom<readonly ExceptionInput[]>()
          .describe(
            'Holidays and other days with hours of their own: a list such as [{ dates: "12-25", ' +
              'name: "Christmas" }].',
          )
          .default([]),
        nodes: z
          .enum(['both', 'one'])
          .describe(
            'What stops outside the windows. With "both", everything: nobody can reach the site. ' +
              'With "one", only node b: node a keeps serving, and so the database keeps running.',
          )
          .default('both'),
        database: z
          .enum(['follow', 'always-on'])
          .describe(
            'Whether the database stops with the hosts. "follow" saves its price, "always-on" starts ' +
              'the site several minutes sooner.',
          )
          .optional(),
      })
      .describe('When the site runs. Leave it out for a site that is always on.')
      .optional(),
    alerts: z
      .strictObject({
        emails: z
          .array(
            z
              .string()
              .regex(
                /^[^\s@"<>,;]+@[a-z0-9-]+(\.[a-z0-9-]+)+$/i,
                'is no e-mail address. Write one such as pacs@example.org.',
              ),
          )
          .refine(
            ({ length }) => length > 0,
            'has no address. Write at least one: who reads alerts?',
          )
          .refine(distinct, 'names an address twice. Write each once.')
          .describe(
            'A list of the e-mail addresses that get every alert, such as ["pacs@example.org"]. AWS ' +
              'asks each to confirm first.',
          ),
      })
      .describe('A group of who is told: emails, a list of addresses.'),
    logs: z
      .strictObject({
        retentionDays: z
          .int()
          .refine(
            (days) => RETENTION_DAYS.includes(days),
            `is no retention that CloudWatch has. Write one of ${RETENTION_DAYS.join(', ')}.`,
          )
          .describe(
            'How many days logs are kept, one of the steps that CloudWatch has, such as 90. Longer ' +
              'costs more.',
          )
          .default(90),
      })
      .describe('A group of how long logs are kept: retentionDays.')
      .prefault({}),
    tags: z
      .record(z.string(), z.string())
      .refine(
        (tags) => Object.keys(tags).length <= 40,
        'has too many tags for AWS, which takes 50 with ours. Write at most 40.',
      )
      .check(({ value: tags, issues }) => {
        for (const [key, value] of Object.entries(tags)) {
          const message = refusalOfTag(key, value);
          if (message !== undefined)
            issues.push({ code: 'custom', message, input: value, path: [key] });
        }
      })
      .describe(
        'Tags on every resource, such as { CostCentre: "4711" }: they show up in the bill, and are ' +
          'no place for secrets.',
      )
      .default({}),
  })
  .describe('Write export default defineConfig({ … }).');

/** As written, with the defaults of single fields. */
type Site = z.output<typeof Site>;

export type ConfigInput = z.input<typeof Site>;
/** With all defaults: constructs find a value in every field but that of a schedule left out. */
export type Config = Site & {
  readonly database: { readonly backupWindow: string };
  readonly schedule?: { readonly database: 'follow' | 'always-on' };
};

/** Gives the operator's file its types, so that an editor completes and checks each field. */
export const defineConfig = (config: ConfigInput): ConfigInput => config;

/**
 * The configuration with every default filled in.
 *
 * @throws InvalidConfig with all problems: those of single fields first, then, once each field is
 * valid by itself, those of fields that do not go together.
 */
export function parseConfig(input: unknown): Config {
  const parsed = Site.safeParse(input, { reportInput: true });
  if (!parsed.success) throw new InvalidConfig(problemsOf(parsed.error, Site));
  const site = parsed.data;
  const hours = scheduleOf(site);
  const { schedule, problems } = hours === undefined ? { problems: [] } : readSchedule(hours);
  const followed = databaseStops(site) ? schedule : undefined;
  const refused = [
    ...zoneProblems(site),
    ...networkProblems(site),
    ...problems,
    ...databaseProblems(site, followed),
  ];
  if (refused.length > 0) throw new InvalidConfig(refused);
  return complete(site, followed);
}

/**
 * Loads the operator's file, a TypeScript or JavaScript module, relative to the current directory.
 *
 * @throws InvalidConfig also if there is no such file, or it cannot be run.
 */
export async function loadConfig(path: string): Promise<Config> {
  const refuse = (value: string, remedy: string) =>
    new InvalidConfig([{ field: path, value, remedy }]);
  const file = resolve(path);
  if (!existsSync(file)) {
    throw refuse('nothing', 'is there. Write the path of a file such as orthweb.config.ts.');
  }
  const module: { default?: unknown } = await import(pathToFileURL(file).href).catch((error) => {
    const { message, stack = '' } = error instanceof Error ? error : new Error(String(error));
    const line = Number.parseInt(stack.split(`${basename(file)}:`)[1] ?? '', 10);
    const at = Number.isNaN(line) ? '' : ` on line ${line}`;
    throw refuse(`"${message.split('\n')[0]}"`, `keeps it from being read${at}. Correct the file.`);
  });
  if (module.default === undefined) {
    throw refuse('nothing', 'is exported from it. Write export default defineConfig({ … }).');
  }
  return parseConfig(module.default);
}

/** The site's hours in the form that the functions read; undefined for a site that is always on. */
export function scheduleOf({
  timeZone,
  schedule,
}: Pick<Site, 'timeZone' | 'schedule'>): ScheduleInput | undefined {
  return schedule && { timeZone, windows: schedule.windows, exceptions: schedule.exceptions };
}

/** Fills in the two defaults that depend on other fields. */
function complete(site: Site, followed: Schedule | undefined): Config {
  const inHours = followed && chooseBackupWindow(followed);
  return {
    ...site,
    database: {
      ...site.database,
      backupWindow: site.database.backupWindow ?? inHours ?? BACKUP_WINDOW,
    },
    schedule: site.schedule && {
      ...site.schedule,
      database: databaseStops(site) ? 'follow' : 'always-on',
    },
  };
}

/** While one node keeps serving, its database does too. */
function databaseStops({ schedule }: Site): boolean {
  return schedule?.nodes === 'both' && schedule.database !== 'always-on';
}

function zoneProblems({ region, zones }: Site): Problem[] {
  return zones.flatMap((zone, index) => {
    if (zone.startsWith(region) && /^[a-z]$/.test(zone.slice(region.length))) return [];
    const remedy = `is no zone of the region ${region}. Write such as ${region}a.`;
    return [{ field: `zones[${index}]`, value: `"${zone}"`, remedy }];
  });
}

/** Why AWS, or Orthweb, refuses a tag; undefined if it is a good one. */
function refusalOfTag(key: string, value: string): string | undefined {
  if (/^(aws|orthweb):/i.test(key)) {
    return 'has a key that begins with aws: or orthweb:, which are taken. Write another key.';
  }
  if (key.length < 1 || key.length > 128 || value.length > 256) {
    return 'is too long or has no key. Write a key of 1 to 128 characters, a value of at most 256.';
  }
  if (!/^[\p{L}\p{N} +\-=._:/@]*$/u.test(key + value)) {
    return 'has a character that AWS does not take. Write letters, digits, spaces and + - = . _ : / @';
  }
  return undefined;
}
