import { operationsOf } from '../../infra/app.ts';
import type { Config } from '../../infra/config.ts';
import { deployedSite } from '../certificate/site.ts';
import { readStack, type Words } from '../deployed.ts';
import { UserError } from '../user-error.ts';
import type { HealthOutside } from './outside.ts';

/** What is said where AWS does not answer questions about health. */
export const OF_HEALTH: Words = {
  unasked: 'AWS is not asked how the site is',
  unanswered: 'AWS does not say how the site is',
  otherwise: ', and try again.',
};

type Where = Pick<Config, 'site' | 'region'>;

/** Name of the table with the state of the operations. @throws UserError if there is none. */
export async function operationsTable(
  cloudformation: HealthOutside['cloudformation'],
  where: Where,
): Promise<string> {
  const { outputs } = await deployedSite(cloudformation, where);
  if (outputs.OperationsTable !== undefined) return outputs.OperationsTable;
  throw new UserError(
    `The stack ${where.site} names no table in its output OperationsTable. Run npm run deploy.`,
  );
}

/** Name of the function that looks at the site. @throws UserError if there is none. */
export async function observerOf(
  cloudformation: HealthOutside['cloudformation'],
  where: Where,
): Promise<string> {
  const name = operationsOf(where);
  const stack = await readStack(cloudformation, name);
  if (stack?.outputs.Observer !== undefined) return stack.outputs.Observer;
  throw new UserError(
    stack
      ? `The stack ${name} names no function in its output Observer: it is older than this ` +
          'command. Run npm run deploy.'
      : `There is no stack ${name} in ${where.region} of this account: nobody looks at this site. ` +
          'Run npm run deploy.',
  );
}
