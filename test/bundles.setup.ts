import { bundle } from '../infra/bundle.ts';

/** Templates refer to the bundles, so they are made once before any test synthesizes. */
export const setup = async (): Promise<void> => {
  await bundle();
};
