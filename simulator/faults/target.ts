import type { Services } from '../../functions/shared/clients.ts';
import { documentedErrors } from '../sdk-model/errors.ts';
import type { Site } from '../site.ts';
import type { Injection } from './faults.ts';
import { FAULTS, type FaultKind, InvalidFault, labelOf } from './library.ts';

/** Throws `InvalidFault` when what the fault names is not in this world. */
export function assertTarget(site: Site, fault: Injection): void {
  const { api, lambda } = site.world;
  const { ofModels }: FaultKind = FAULTS[fault.name];
  if (ofModels && site.realHosts) {
    throw new InvalidFault(
      `${labelOf(fault)}: only models of hosts can have it. Leave out --hosts lab.`,
    );
  }
  const { service, operation = '', error, function: name } = fault.target;
  const refused = (what: string, known: Iterable<string>) =>
    new InvalidFault(`${labelOf(fault)}: ${what}. Choose one of ${[...known].join(', ')}.`);
  const labels = lambda.labels(site);
  if (name !== undefined && name !== '*' && !labels.includes(name)) {
    throw refused(`no function ${name}`, labels);
  }
  if (service === undefined) return;
  const of = service as keyof Services;
  const known = Object.keys(api.services[of]);
  if (operation !== '*' && !known.includes(operation)) {
    throw refused(`no function calls ${service}:${operation}`, known);
  }
  if (error === undefined) return;
  const errors = documentedErrors(of, operation);
  if (!errors.has(error)) {
    throw refused(`AWS has no such error of ${service}:${operation}`, errors.keys());
  }
}
