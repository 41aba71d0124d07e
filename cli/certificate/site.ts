import type { Config } from '../../infra/config.ts';
import { readStack, type Stack, type Words } from '../deployed.ts';
import { UserError } from '../user-error.ts';
import type { CertificateOutside } from './outside.ts';

/** What is said where AWS does not answer questions about certificates. */
export const OF_CERTIFICATES: Words = {
  unasked: 'AWS is not asked about certificates',
  unanswered: 'AWS does not say how the certificates stand',
  otherwise: ', and try again.',
};

/** @throws UserError if the site is not deployed. */
export async function deployedSite(
  cloudformation: CertificateOutside['cloudformation'],
  { site, region }: Pick<Config, 'site' | 'region'>,
): Promise<Stack> {
  const stack = await readStack(cloudformation, site);
  if (stack) return stack;
  throw new UserError(
    `There is no stack ${site} in ${region} of this account. Run npm run deploy, log in to the ` +
      'account that has the site, or name its configuration with --config.',
  );
}
