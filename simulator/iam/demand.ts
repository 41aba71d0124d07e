import type { World } from '../world.ts';

/** A right that a service needs and does not have fails the run: a deployment would lack it. */
export function demand(world: World, where: string, refusal: string | undefined): void {
  if (refusal !== undefined) world.judge.permission(`${where}: ${refusal}`);
}
