import * as z from 'zod/mini';
import { lambda } from '../shared/lambda.ts';
import { readSite } from '../shared/operations-table.ts';
import { decide } from './decide.ts';
import { Run } from './run.ts';
import { readTruth } from './truth.ts';

const Input = z.object({ run: Run });
export const Settings = z.object({ SITE: z.string(), TABLE: z.string() });

/** Looks at nodes and commands as they are and says what comes next. Changes nothing. */
export const create = lambda(
  { input: Input, settings: Settings },
  async ({ run }, { settings, clients }): Promise<Run> => {
    const site = await readSite({ client: clients.dynamodb, name: settings.TABLE });
    const truth = await readTruth(clients, settings.SITE, run);
    const { a, b } = site.intents;
    const decision = decide({
      run,
      truth,
      now: new Date(),
      wishes: { ...(a && { a: a.value.wish }), ...(b && { b: b.value.wish }) },
      records: {
        ...(site.certificates.a && { a: site.certificates.a.value }),
        ...(site.certificates.b && { b: site.certificates.b.value }),
      },
    });
    return { ...run, ...decision };
  },
);
