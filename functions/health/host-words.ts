import {
  ListCommandInvocationsCommand,
  SendCommandCommand,
  type SSMClient,
} from '@aws-sdk/client-ssm';
import * as z from 'zod/mini';
import { CLOCKS, secondsBetween } from '../shared/clocks.ts';
import { readInvocation } from '../shared/host-commands.ts';
import type { HostWord } from './observation.ts';
import { pause } from './pause.ts';

type Ssm = Pick<SSMClient, 'send'>;

/** The part of a probe's answer that matters here (`compose/host/probe.sh`): null is what it could not see. */
const Answer = z.object({
  serves: z.boolean(),
  verdict: z.string(),
  reason: z.optional(z.string()),
  disk: z.optional(
    z.nullable(
      z.object({
        usedPercent: z.nullable(z.number()),
        inodesUsedPercent: z.nullable(z.number()),
      }),
    ),
  ),
  memory: z.optional(z.nullable(z.object({ availablePercent: z.number() }))),
  clock: z.optional(z.nullable(z.object({ offsetSeconds: z.number() }))),
});

/** A probe takes less than ten seconds; how often, and how many times, it is asked for. */
const [EVERY_SECONDS, TIMES] = [2, 9];

/**
 * Has a host's own probe run and waits for its word, 18 seconds at most. Undefined where it says none:
 * the agent is away, or what it says is no answer. Changes nothing on the host.
 */
export async function askHost(
  ssm: Ssm,
  document: string,
  instanceId: string,
): Promise<HostWord | undefined> {
  try {
    const sent = await ssm.send(
      new SendCommandCommand({
        DocumentName: document,
        InstanceIds: [instanceId],
        TimeoutSeconds: 30,
      }),
    );
    const id = sent.Command?.CommandId ?? '';
    for (let times = 0; times < TIMES; times++) {
      await pause(EVERY_SECONDS);
      const found = await readInvocation(ssm, id, instanceId);
      if (found.state === 'ended') return wordIn(found.answer, found.at);
    }
    return undefined;
  } catch {
    // That Systems Manager does not answer is no sign of the host.
    return undefined;
  }
}

function wordIn(answer: unknown, at: string): HostWord | undefined {
  const parsed = z.safeParse(Answer, answer);
  if (!parsed.success) return undefined;
  const { serves, verdict, reason = '', disk, memory, clock } = parsed.data;
  return {
    at,
    serves,
    verdict,
    reason,
    ...(disk && {
      disk: {
        usedPercent: disk.usedPercent ?? 0,
        inodesUsedPercent: disk.inodesUsedPercent ?? 0,
      },
    }),
    ...(memory && { memory }),
    ...(clock && { clock }),
  };
}

/** Scripts that change nothing on a host: while they run it is as it would be without them. */
const HARMLESS = /-(probe|logs|certificate-(request|install|rollback))$/;

/**
 * The document of a command of this site that is changing the host right now; undefined where there is
 * none. AWS's own and other people's documents say nothing about why a host does not serve, and what has
 * taken too long keeps nobody from being told.
 *
 * https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_ListCommandInvocations.html
 */
export async function readBusy(
  ssm: Ssm,
  probeDocument: string,
  instanceId: string,
): Promise<string | undefined> {
  const ours = probeDocument.replace(/probe$/, '');
  try {
    const { CommandInvocations = [] } = await ssm.send(
      new ListCommandInvocationsCommand({
        InstanceId: instanceId,
        Filters: [{ key: 'Status', value: 'InProgress' }],
      }),
    );
    const now = new Date();
    return CommandInvocations.find(
      ({ DocumentName = '', RequestedDateTime }) =>
        DocumentName.startsWith(ours) &&
        !HARMLESS.test(DocumentName) &&
        RequestedDateTime !== undefined &&
        secondsBetween(RequestedDateTime, now) < CLOCKS.changeByCommand,
    )?.DocumentName;
  } catch {
    return undefined;
  }
}
