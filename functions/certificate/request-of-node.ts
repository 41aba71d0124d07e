import { DescribeInstancesCommand, type EC2Client, type Instance } from '@aws-sdk/client-ec2';
import { GetCommandInvocationCommand, type SSMClient } from '@aws-sdk/client-ssm';
import { NotAllowed, RequestRefused } from '../shared/errors.ts';
import type { NodeName } from '../shared/operations-table.ts';

/** The folder of a key on its host: when it was made, and eight hexadecimal digits of chance. */
const GENERATION = /^[0-9]{8}T[0-9]{6}Z-[0-9a-f]{8}$/;

/**
 * The instance that is the node now, as EC2 has it.
 *
 * @throws NotAllowed where there is none that runs, or not the one that the run is about.
 */
export async function readNode(
  ec2: Pick<EC2Client, 'send'>,
  site: string,
  node: NodeName,
  expected: string,
): Promise<Instance> {
  const found = await ec2.send(
    new DescribeInstancesCommand({ Filters: [{ Name: 'tag:orthweb:site', Values: [site] }] }),
  );
  const instance = (found.Reservations ?? [])
    .flatMap((reservation) => reservation.Instances ?? [])
    .filter(({ State }) => State?.Name === 'running')
    .find(({ Tags }) => Tags?.some(({ Key, Value }) => Key === 'orthweb:node' && Value === node));
  if (instance?.InstanceId !== expected) {
    throw new NotAllowed(
      `node ${node} is ${instance?.InstanceId ?? 'no instance that runs'}, no longer ${expected}`,
    );
  }
  return instance;
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
export async function readRequestOf(
  ssm: Pick<SSMClient, 'send'>,
  sent: { readonly id: string; readonly instanceId: string },
  document: string,
): Promise<Asked> {
  const found = await ssm.send(
    new GetCommandInvocationCommand({ CommandId: sent.id, InstanceId: sent.instanceId }),
  );
  const command = `command ${sent.id} on ${sent.instanceId}`;
  if (found.DocumentName !== document) {
    throw new RequestRefused(`${command} is of ${found.DocumentName}, not of ${document}`);
  }
  if (found.Status !== 'Success') {
    throw new RequestRefused(`${command} is ${found.StatusDetails ?? found.Status}, no success`);
  }
  const { generation, request } = lastLine(found.StandardOutputContent);
  if (typeof request !== 'string' || typeof generation !== 'string') {
    throw new RequestRefused(`${command} ended without a request`);
  }
  if (!GENERATION.test(generation)) {
    throw new RequestRefused(`${command} names "${generation.slice(0, 40)}" as its generation`);
  }
  return { generation, request };
}

/** Our scripts end with one JSON line. */
function lastLine(stdout = ''): Readonly<Record<string, unknown>> {
  try {
    return Object(JSON.parse(stdout.trim().split('\n').at(-1) ?? ''));
  } catch {
    return {};
  }
}
