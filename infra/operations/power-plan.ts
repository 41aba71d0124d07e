import type { PlanInput } from '../../functions/power/plan.ts';
import { type Config, InvalidConfig, scheduleOf } from '../config.ts';

/**
 * Environment variables of one function together hold 4 KB, measured as JSON text; the others of
 * ours take less than 500 bytes.
 * https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
 */
const PLAN_LIMIT = 3_600;

/** The configuration's power settings as the functions get them, in `PLAN`. */
export function planOf(config: Config): string {
  const plan: PlanInput = {
    timeZone: config.timeZone,
    nodes: config.schedule?.nodes ?? 'both',
    database: config.schedule?.database ?? 'follow',
    ...(config.schedule && { schedule: scheduleOf(config) }),
  };
  const text = JSON.stringify(plan);
  const bytes = Buffer.byteLength(JSON.stringify(text));
  if (bytes > PLAN_LIMIT) {
    throw new InvalidConfig([
      {
        field: 'schedule',
        value: `(${bytes} bytes)`,
        remedy:
          `is more than the ${PLAN_LIMIT} bytes that Lambda's environment has room for. ` +
          'Join dates into ranges and drop those that are past.',
      },
    ]);
  }
  return text;
}
