import { InvokeCommand } from '@aws-sdk/client-lambda';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import * as z from 'zod/mini';
import type { Clients } from '../shared/clients.ts';
import { runningOf } from '../shared/instances.ts';
import { NODES } from '../shared/operations-table.ts';
import type { Observation } from './observation.ts';
import type { Probed } from './probe.ts';
import type { Survey } from './survey.ts';

const Port = {
  trusted: z.boolean(),
  fingerprint: z.optional(z.string()),
  notAfter: z.optional(z.string()),
  said: z.optional(z.string()),
};
const Seen = z.object({
  at: z.string(),
  web: z.object({ ...Port, status: z.optional(z.number()), orthanc: z.optional(z.number()) }),
  dicom: z.object({ ...Port, echo: z.optional(z.boolean()) }),
});
const Answer = z.object({
  nodes: z.object({ a: z.optional(Seen), b: z.optional(Seen) }),
  database: z.object({
    at: z.string(),
    reached: z.enum(['reached', 'refused', 'silent']),
    said: z.optional(z.string()),
  }),
});

/** What stands for a client of the site in one look. */
export interface Eyes {
  /** Name of the function that looks from inside the network. */
  readonly PROBE: string;
  readonly DATABASE_ADDRESS: string;
  readonly IMAGES: string;
  readonly IMAGES_KEY: string;
}

/**
 * Looks once at nodes, database and bucket, all at once. Never throws for what they do: what keeps it
 * from looking is part of what it brings.
 */
export async function look(
  clients: Pick<Clients, 'lambda' | 's3'>,
  eyes: Eyes,
  survey: Survey,
): Promise<Observation> {
  const { instances, checks, online, database, unanswered } = survey;
  const [probed, storage] = await Promise.all([
    probe(clients.lambda, eyes, survey),
    store(clients.s3, eyes),
  ]);
  const seen = 'blind' in probed ? undefined : probed;
  const node = (name: 'a' | 'b') => {
    const instance = instances?.[name];
    const id = instance?.instanceId ?? '';
    const checked = checks?.get(id);
    const sight = seen?.nodes[name];
    const running = instance?.state === 'running';
    return {
      ...(instance && { instance }),
      ...(checked && { checks: checked }),
      ...(online && running && { online: online.has(id) }),
      ...(sight && { sight }),
    };
  };
  return {
    nodes: { a: node('a'), b: node('b') },
    database: { ...(database && { status: database }), ...(seen && { sight: seen.database }) },
    storage,
    ...('blind' in probed && { blind: probed.blind }),
    unanswered,
  };
}

/** What the function inside the network sees, or why it sees nothing. */
async function probe(
  lambda: Clients['lambda'],
  { PROBE, DATABASE_ADDRESS }: Eyes,
  { instances, authorities }: Survey,
): Promise<Probed | { readonly blind: string }> {
  if (!authorities) return { blind: 'nobody says whom clients trust' };
  const running = instances ? runningOf(instances) : [];
  const nodes = NODES.flatMap((node) => {
    const {
      instanceId = '',
      privateAddress: address,
      names: [name] = [],
    } = instances?.[node] ?? {};
    return running.includes(instanceId) && address && name ? [{ node, address, name }] : [];
  });
  const event = { nodes, authorities, database: DATABASE_ADDRESS };
  try {
    const { FunctionError, Payload } = await lambda.send(
      new InvokeCommand({ FunctionName: PROBE, Payload: Buffer.from(JSON.stringify(event)) }),
    );
    const said: unknown = JSON.parse(Buffer.from(Payload ?? []).toString());
    if (FunctionError) return { blind: `the probe failed: ${wordsIn(said)}` };
    const answer = z.safeParse(Answer, said);
    return answer.success
      ? (answer.data as Probed)
      : { blind: 'the probe answers otherwise than it should' };
  } catch (error) {
    return { blind: `the probe was not run: ${error instanceof Error ? error.name : error}` };
  }
}

/** https://docs.aws.amazon.com/lambda/latest/dg/nodejs-exceptions.html */
const wordsIn = (said: unknown): string => {
  const { errorType = 'no type', errorMessage = '' } = said as Readonly<Record<string, string>>;
  return `${errorType} ${errorMessage}`.trim();
};

/** One small object, always the same one: whether the bucket of images takes anything. */
async function store(
  s3: Clients['s3'],
  { IMAGES, IMAGES_KEY }: Eyes,
): Promise<{ readonly ok: boolean; readonly said?: string }> {
  try {
    await s3.send(new PutObjectCommand({ Bucket: IMAGES, Key: IMAGES_KEY, Body: 'look' }));
    return { ok: true };
  } catch (error) {
    return { ok: false, said: error instanceof Error ? error.name : String(error) };
  }
}
