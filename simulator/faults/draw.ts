import type { Clients } from '../../functions/shared/clients.ts';
import { Chance } from '../random.ts';
import { documentedErrors } from '../sdk-model/errors.ts';
import { FAULTS, type Fault, type FaultKind, type FaultName } from './library.ts';

/** What a site has that faults can hit. */
export interface Targets {
  /** Functions by their handlers: `power/act`. */
  readonly functions: readonly string[];
  /** The calls they make: `ec2:StartInstances`. */
  readonly calls: readonly string[];
}

/**
 * Faults for one play, drawn from the whole library: `count` of them, each at some second of the
 * span and on some target. The same seed draws the same.
 */
export function drawFaults(
  seed: number,
  count: number,
  { from, until }: { readonly from: Date; readonly until: Date },
  targets: Targets,
): Fault[] {
  const chance = Chance.of(seed, 'drawn faults');
  const one = <T>(list: readonly T[]): T => list[chance.between(0, list.length - 1)] as T;
  return Array.from({ length: count }, () => {
    const name = one(Object.keys(FAULTS)) as FaultName;
    const seconds = (until.getTime() - from.getTime()) / 1000;
    const at = new Date(from.getTime() + chance.between(0, seconds) * 1000);
    const on = target(name);
    const lasts = (FAULTS[name] as FaultKind).minutes;
    const minutes = lasts === undefined ? undefined : chance.between(1, Math.min(40, lasts * 2));
    return {
      name,
      at,
      ...(on !== undefined && { on }),
      ...(minutes !== undefined && { minutes }),
    };
  });

  function target(name: FaultName): string | undefined {
    switch (name) {
      case 'throttled-api':
      case 'unanswered-api':
        return one(targets.calls);
      case 'failing-api': {
        const call = one(targets.calls);
        const [service, operation] = call.split(':') as [keyof Clients, string];
        return `${call}=${one([...documentedErrors(service, operation).keys()])}`;
      }
      case 'insufficient-capacity':
      case 'slow-node':
      case 'dead-host':
      case 'silent-agent':
        return one(['a', 'b']);
      case 'lost-events':
      case 'late-events':
      case 'doubled-events':
      case 'reordered-events':
        return one(['schedule', 'tick', 'rules']);
      case 'killed-function':
        return `${one(['*', ...targets.functions])}#${chance.between(1, 60)}`;
      case 'hanging-function':
        return one(targets.functions);
      case 'skewed-clock':
        return `${one(targets.functions)}=${one(['-', '+'])}${chance.between(1, 10)}`;
      default:
        return undefined;
    }
  }
}
