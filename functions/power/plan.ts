import * as z from 'zod/mini';
import { parseSchedule, type ScheduleInput } from './schedule.ts';
import type { PowerPlan } from './wishes.ts';

/** What `infra` puts into the functions' environment as JSON. */
export interface PlanInput {
  readonly timeZone: string;
  readonly schedule?: ScheduleInput;
  readonly nodes: PowerPlan['nodes'];
  readonly database: PowerPlan['database'];
}

/** The environment variable `PLAN`: JSON of a `PlanInput`. */
export const Plan = z.pipe(
  z.string(),
  z.transform((text, context): PowerPlan => {
    try {
      const { schedule, ...rest } = JSON.parse(text) as PlanInput;
      return { schedule: schedule && parseSchedule(schedule), ...rest };
    } catch (error) {
      context.issues.push({ code: 'custom', message: String(error), input: text });
      return z.NEVER;
    }
  }),
);
