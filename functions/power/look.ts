import * as z from 'zod/mini';
import { lambda } from '../shared/lambda.ts';
import { isResting, NODES, readSite } from '../shared/operations-table.ts';
import { decide } from './decide.ts';
import { Plan } from './plan.ts';
import { Run } from './run.ts';
import { readTruth } from './truth.ts';
import { sameWishes, wishes } from './wishes.ts';

const Input = z.object({ run: Run });
export const Settings = z.object({
  SITE: z.string(),
  TABLE: z.string(),
  DATABASE: z.string(),
  PLAN: Plan,
});

/** Looks at the site as it is and says what comes next. Changes nothing. */
export const create = lambda(
  { input: Input, settings: Settings },
  async ({ run }, { settings, clients }): Promise<Run> => {
    const site = await readSite({ client: clients.dynamodb, name: settings.TABLE });
    const truth = await readTruth(clients, settings, run);
    const now = new Date();
    const wish = wishes(settings.PLAN, site.override?.value, now);
    const decision = decide(run, truth, {
      now,
      lateTold: site.late.value?.plannedFor === run.plannedFor,
      superseded: !sameWishes(wish.of, run.goal),
      resting: NODES.filter((node) => isResting(site.certificates[node]?.value, now)),
    });
    return { ...run, ...decision };
  },
);
