import { z } from 'zod';

/** What CloudWatch's PutRetentionPolicy takes. */
const RETENTION_DAYS = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288,
  3653,
];

export const logs = z
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
  .prefault({});
