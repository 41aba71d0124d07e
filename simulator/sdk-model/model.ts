import { AwsError, NotModelled } from '../aws-error.ts';
import { type Conforms, conforms } from './conforms.ts';
import type { Service } from './declarations.ts';
import { documentedErrors } from './errors.ts';
import { operationShapes } from './shape.ts';

/*
 * Holds each simulated call against the SDK's own model of it: what our code asks, what the
 * simulator answers, and the name of an error. Whatever AWS would not take or could not say ends
 * the run, because a rehearsal against such an answer shows nothing.
 */

/** Throws `NotModelled` where AWS would refuse the input, or the SDK silently drop a part of it. */
export function checkInput(service: Service, operation: string, input: object): void {
  const mismatch = checksOf(service, operation).input(input);
  if (mismatch) throw failure(service, operation, 'was asked with', mismatch);
}

/** Throws `NotModelled` on an answer that AWS could not give. `$metadata` is the SDK's, not AWS's. */
export function checkOutput(service: Service, operation: string, output: object): void {
  const mismatch = checksOf(service, operation).output(output);
  if (mismatch) throw failure(service, operation, 'answered', mismatch);
}

/** The error itself, or `NotModelled` for one that AWS does not document for the operation. */
export function checkedError(service: Service, operation: string, error: unknown): unknown {
  if (!(error instanceof AwsError)) return error;
  const names = documentedErrors(service, operation);
  const kind = names.get(error.name);
  if (kind === error.$fault) return error;
  const says = kind
    ? `is documented as a ${kind} fault, not as a ${error.$fault} fault`
    : `is not among its documented errors (${[...names.keys()].join(', ')})`;
  return new NotModelled(`${service}:${operation} failed with ${error.name}: it ${says}`);
}

const checks = new Map<string, { readonly input: Conforms; readonly output: Conforms }>();

function checksOf(service: Service, operation: string) {
  const key = `${service}:${operation}`;
  const known = checks.get(key);
  if (known) return known;
  const { input, output } = operationShapes(service, operation);
  const made = { input: conforms(input), output: conforms(output) };
  checks.set(key, made);
  return made;
}

const failure = (
  service: Service,
  operation: string,
  did: string,
  { path, value, says }: NonNullable<ReturnType<Conforms>>,
): NotModelled =>
  new NotModelled(
    `${service}:${operation} ${did} ${path.slice(1)} ${shown(value)}: ${says}`.replace(
      / {2,}/,
      ' ',
    ),
  );

const shown = (value: unknown): string => (JSON.stringify(value) ?? 'undefined').slice(0, 200);
