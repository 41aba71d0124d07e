import { z } from 'zod';
import { type Problem, quoted, type Schedule } from '../../functions/power/schedule-input.ts';
import {
  chooseBackupWindow,
  chooseMaintenanceWindow,
  isOpen,
  readBackupWindow,
} from './database-windows.ts';

/** RDS stores no more on gp3, in GiB. */
const LARGEST_GIB = 65536;
/**
 * RDS grows storage by itself only up to a limit of at least 10 % more than it has now.
 *
 * @see https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_PIOPS.Autoscaling.html
 */
const withRoom = (storageGiB: number): number => Math.ceil((storageGiB * 11) / 10);
/** The largest storage with room to grow. */
const LARGEST_START_GIB = Math.floor((LARGEST_GIB * 10) / 11);

/** For a database that never stops: night in the Americas, morning in Europe. */
const BACKUP_WINDOW = '07:00-07:30';

export const database = z
  .strictObject({
    instanceClass: z
      .string()
      .regex(
        /^db\.[a-z0-9-]+\.[a-z0-9-]+$/,
        'is no RDS instance class. Write one such as db.t4g.medium.',
      )
      .describe('The RDS class of the database, such as "db.t4g.medium". It sets speed and price.')
      .default('db.t4g.medium'),
    storageGiB: z
      .int()
      .min(20)
      .max(LARGEST_START_GIB)
      .describe(
        `The size of the database's storage in GiB, 20 to ${LARGEST_START_GIB}, which leaves RDS ` +
          'room to grow it. It never shrinks.',
      )
      .default(30),
    maxStorageGiB: z
      .int()
      .min(22)
      .max(LARGEST_GIB)
      .describe(
        'How far RDS may grow the storage by itself when it runs full, in GiB, 22 to ' +
          `${LARGEST_GIB}, at least a tenth more than storageGiB; left out, twice storageGiB.`,
      )
      .optional(),
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
  .prefault({});

type Database = z.output<typeof database>;

/** What is wrong with the database's settings, given the schedule it follows, if it follows one. */
export function databaseProblems(
  { environment, database }: { readonly environment: string; readonly database: Database },
  followed: Schedule | undefined,
): Problem[] {
  const problems: Problem[] = [];
  const refuse = (field: string, value: unknown, remedy: string) =>
    problems.push({ field, value: quoted(value), remedy });

  if (environment === 'prd' && database.backupDays === 0) {
    refuse('database.backupDays', 0, 'keeps no backup of a production site. Write 1 to 35.');
  }
  const room = withRoom(database.storageGiB);
  if (database.maxStorageGiB !== undefined && database.maxStorageGiB < room) {
    refuse(
      'database.maxStorageGiB',
      database.maxStorageGiB,
      `is not a tenth more than storageGiB ${database.storageGiB}, and RDS takes no limit closer ` +
        `to it. Write ${room} or more, or leave it out.`,
    );
  }
  if (followed === undefined || database.backupDays === 0) return problems;

  const possible = chooseBackupWindow(followed);
  const wanted = readBackupWindow(database.backupWindow ?? '');
  if (possible === undefined) {
    refuse(
      'schedule.windows',
      followed.windows.map(({ label }) => label).join(' and '),
      'leaves the database no half hour for its daily backup, at one UTC time in winter and ' +
        'summer. Write a window of two hours or longer, or database: "always-on".',
    );
  } else if (wanted !== undefined && !isOpen(wanted, followed)) {
    refuse(
      'database.backupWindow',
      database.backupWindow,
      'lies outside the hours of the schedule, in winter or in summer, and a stopped database ' +
        `takes no backup. Write a time in UTC inside them, such as ${possible}, or leave it out.`,
    );
  }
  return problems;
}

/** With the values that depend on the storage and on the schedule. */
type CompleteDatabase = Database & {
  readonly maxStorageGiB: number;
  readonly backupWindow: string;
  /** `ddd:HH:MM-ddd:HH:MM` in UTC; left to RDS where the hours of the schedule have no room. */
  readonly maintenanceWindow?: string;
};

export function completeDatabase(
  database: Database,
  followed: Schedule | undefined,
): CompleteDatabase {
  const inHours = followed && chooseBackupWindow(followed);
  const backupWindow = database.backupWindow ?? inHours ?? BACKUP_WINDOW;
  const maintenanceWindow = chooseMaintenanceWindow(backupWindow, followed);
  return {
    ...database,
    maxStorageGiB: database.maxStorageGiB ?? Math.min(2 * database.storageGiB, LARGEST_GIB),
    backupWindow,
    ...(maintenanceWindow !== undefined && { maintenanceWindow }),
  };
}
