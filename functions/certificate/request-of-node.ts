import { NotAllowed, RequestRefused } from '../shared/errors.ts';
import type { Invocation } from '../shared/host-commands.ts';
import type { InstanceTruth } from '../shared/instances.ts';
import type { NodeName } from '../shared/operations-table.ts';

/** The folder of a key on its host: when it was made, and eight hexadecimal digits of chance. */
const GENERATION = /^[0-9]{8}T[0-9]{6}Z-[0-9a-f]{8}$/;

/**
 * Sees that the instance that a run is about is still the node, and runs.
 *
 * @throws NotAllowed where it is not.
 */
export function assertStillIs(
  node: NodeName,
  { state, instanceId }: InstanceTruth,
  expected: string,
): void {
  const runs = state === 'running' ? instanceId : undefined;
  if (runs === expected) return;
  throw new NotAllowed(`node ${node} is ${runs ?? 'no instance that runs'}, no longer ${expected}`);
}

interface Asked {
  readonly generation: string;
  /** PKCS#10, DER in base64, not yet checked. */
  readonly request: string;
}

/**
 * What a host has answered to the request document, from Systems Manager itself: whoever starts an
 * execution may write into it what they like.
 *
 * @throws RequestRefused where the command is another one, did not succeed, or said something else.
 */
export function requestIn(
  found: Invocation,
  sent: { readonly id: string; readonly instanceId: string },
  document: string,
): Asked {
  const command = `command ${sent.id} on ${sent.instanceId}`;
  if (found.state === 'pending') throw new RequestRefused(`${command} has not ended`);
  if (found.document !== document) {
    throw new RequestRefused(`${command} is of ${found.document}, not of ${document}`);
  }
  if (!found.ok) throw new RequestRefused(`${command} has failed: ${found.said}`);
  const { generation, request } = found.answer;
  if (typeof request !== 'string' || typeof generation !== 'string') {
    throw new RequestRefused(`${command} ended without a request`);
  }
  if (!GENERATION.test(generation)) {
    throw new RequestRefused(`${command} names "${generation.slice(0, 40)}" as its generation`);
  }
  return { generation, request };
}
