import * as z from 'zod/mini';
import { lambda } from '../shared/lambda.ts';
import { Run } from './run.ts';

const Input = z.object({ run: Run });
export const Settings = z.object({ AE_TITLE: z.string() });

/** Looks at the run's targets as a client of the site does, all at once. Changes nothing. */
export const create = lambda(
  { input: Input, settings: Settings },
  async ({ run }, { settings, clients }): Promise<Run> => {
    const authorities = run.authorities.map(({ pem }) => pem).join('\n');
    const seen = await Promise.all(
      run.targets.map(async ({ node, address, name }) => {
        const question = { address, name, authorities, aeTitle: settings.AE_TITLE };
        return [node, await clients.view.look(question)] as const;
      }),
    );
    const all = { ...run.progress.seen, ...Object.fromEntries(seen) };
    return { ...run, progress: { ...run.progress, seen: all } };
  },
);
