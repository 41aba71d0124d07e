import type { World } from '../world.ts';

/**
 * Whether a service has a right that it needs. One that it does not have fails the run: a
 * deployment would lack it.
 */
export function demand(world: World, where: string, refusal: string | undefined): boolean {
  if (refusal !== undefined) world.judge.permission(`${where}: ${refusal}`);
  return refusal === undefined;
}
