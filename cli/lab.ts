import type { Plan } from '../simulator/judge/plan.ts';
import { middleOfOpenTime, openingAndClosing } from '../simulator/lab/day.ts';
import { LabImpossible, requirePrograms } from '../simulator/lab/requirements.ts';
import { dateOf } from '../simulator/report/local-time.ts';
import type { SimulationOptions, SimulationResult } from '../simulator/simulation.ts';
import { UserError } from './user-error.ts';

/** A day takes a minute or two. */
const LONGEST_DAYS = 7;
const DAY_MS = 86_400_000;

/**
 * Which days a lab plays: those that are asked for, else the next one with an opening and a closing.
 * Throws `UserError` for any others, and where there can be no lab.
 */
export function labDays(
  { schedule, timeZone }: Plan,
  given: Date | undefined,
  days = 1,
): { readonly from: Date; readonly days: number } {
  if (days > LONGEST_DAYS) {
    throw new UserError(
      `--days: ${days} with --hosts lab: hosts boot for real there, and a day takes minutes. Write ` +
        `a whole number from 1 to ${LONGEST_DAYS}, or leave out --hosts lab.`,
    );
  }
  const from = schedule && openingAndClosing(schedule, given ?? new Date());
  if (!from || (given && given.getTime() !== from.getTime())) {
    const plays = 'the lab plays an opening and a closing, and the site has none on';
    const wrong = given
      ? `--from: "${dateOf(given, timeZone)}" with --hosts lab: ${plays} that day.`
      : `--hosts lab: ${plays} any day.`;
    const next = from ? `--from ${dateOf(from, timeZone)}` : 'a schedule that has one';
    throw new UserError(`${wrong} Write ${next}, or leave out --hosts lab.`);
  }
  possible(requirePrograms);
  return { from, days };
}

/** Plays once, with the scripts of hosts run for real. */
export async function playInLab(options: SimulationOptions): Promise<SimulationResult> {
  const { directory, plan, from } = options;
  const [{ RemoteLab }, { siteOf }, { containerFailure }, { simulate }] = await Promise.all([
    import('../simulator/lab/remote-lab.ts'),
    import('../simulator/lab/site-of.ts'),
    import('../simulator/lab/scene.ts'),
    import('../simulator/simulation.ts'),
  ]);
  const machines = await RemoteLab.open(siteOf(directory)).catch(refused);
  try {
    const end = new Date(from.getTime() + DAY_MS);
    const failsAt = plan.schedule && middleOfOpenTime(plan.schedule, from, end);
    const prepare = failsAt && containerFailure(failsAt);
    return await simulate({ ...options, machines, ...(prepare && { prepare }) });
  } finally {
    await machines.close();
  }
}

function possible(check: () => void): void {
  try {
    check();
  } catch (error) {
    refused(error);
  }
}

function refused(error: unknown): never {
  if (error instanceof LabImpossible) throw new UserError(`--hosts lab: ${error.message}`);
  throw error;
}
