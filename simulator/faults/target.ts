import type { Clients } from '../../functions/shared/clients.ts';
import { documentedErrors } from '../sdk-model/errors.ts';
import type { World } from '../world.ts';
import { type Fault, InvalidFault, labelOf } from './library.ts';

/** Throws `InvalidFault` when what the fault names is not in this world. */
export function assertTarget({ api, lambda }: World, fault: Fault): void {
  const [target = '', error] = (fault.on ?? '').split('=');
  const refused = (what: string, known: Iterable<string>) =>
    new InvalidFault(`${labelOf(fault)}: ${what}. Choose one of ${[...known].join(', ')}.`);
  if (target.includes(':')) {
    const [call = ''] = target.split('/');
    const [service, operation = ''] = call.split(':') as [keyof Clients, string];
    const known = Object.keys(api.services[service]);
    if (operation !== '*' && !known.includes(operation)) {
      throw refused(`no function calls ${call}`, known);
    }
    if (error === undefined) return;
    const errors = documentedErrors(service, operation);
    if (!errors.has(error)) throw refused(`AWS has no such error of ${call}`, errors.keys());
  } else if (target.includes('/')) {
    const [name = ''] = target.split('#');
    if (!lambda.labels.includes(name)) throw refused(`no function ${name}`, lambda.labels);
  }
}
