import { GetCommandInvocationCommand, type SSMClient } from '@aws-sdk/client-ssm';

/** The state of a command on its host: `pending` covers all that is not final. */
export type Invocation =
  | { readonly state: 'pending' }
  | {
      readonly state: 'ended';
      /** Name of the document that was sent. */
      readonly document: string;
      readonly ok: boolean;
      /** The exit code of its script; -1 where it never ran. */
      readonly code: number;
      /** When it ended, as Systems Manager says it; empty where it does not. */
      readonly at: string;
      /** The JSON object that our scripts end with; empty for one that was cut off. */
      readonly answer: Readonly<Record<string, unknown>>;
      /** Its reason in words: that of the answer, or the last line, or Systems Manager's status. */
      readonly said: string;
    };

const PENDING = ['Pending', 'InProgress', 'Delayed', 'Cancelling'];

/**
 * One command on one host. Right after SendCommand the invocation may not be listed yet:
 * `InvocationDoesNotExist` then means "not yet".
 * https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetCommandInvocation.html
 */
export async function readInvocation(
  ssm: Pick<SSMClient, 'send'>,
  id: string,
  instanceId: string,
): Promise<Invocation> {
  try {
    const found = await ssm.send(
      new GetCommandInvocationCommand({ CommandId: id, InstanceId: instanceId }),
    );
    if (PENDING.includes(found.Status ?? 'Pending')) return { state: 'pending' };
    const line = found.StandardOutputContent?.trim().split('\n').at(-1) ?? '';
    const answer = objectIn(line);
    const { reason } = answer;
    return {
      state: 'ended',
      document: found.DocumentName ?? '',
      ok: found.Status === 'Success',
      code: found.ResponseCode ?? -1,
      at: found.ExecutionEndDateTime || found.ExecutionStartDateTime || '',
      answer,
      said: typeof reason === 'string' ? reason : line || (found.StatusDetails ?? ''),
    };
  } catch (error) {
    if (error instanceof Error && error.name === 'InvocationDoesNotExist') {
      return { state: 'pending' };
    }
    throw error;
  }
}

function objectIn(line: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(line);
    return value !== null && typeof value === 'object' && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : {};
  } catch {
    return {};
  }
}
