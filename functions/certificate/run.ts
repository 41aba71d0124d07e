import * as z from 'zod/mini';

const Instant = z.string();
export const Node = z.enum(['a', 'b']);
const perNode = <T extends z.ZodMiniType>(value: T) =>
  z.object({ a: z.optional(value), b: z.optional(value) });

/** The scripts that a run has hosts carry out; `probe` alone changes nothing. */
export const Kind = z.enum([
  'probe',
  'certificate-request',
  'certificate-install',
  'certificate-rollback',
]);
export type Kind = z.infer<typeof Kind>;

/** A Command document sent to a host. */
const Command = z.object({ kind: Kind, id: z.string(), instanceId: z.string(), sentAt: Instant });

/** What a node's own probe said, as far as certificates go. */
const Inspection = z.object({
  at: Instant,
  serves: z.boolean(),
  verdict: z.string(),
  reason: z.optional(z.string()),
  /** The pair that is live on the host: `AA:BB:…`, ISO 8601, DNS names and addresses. */
  pair: z.optional(
    z.object({ fingerprint: z.string(), notAfter: z.string(), names: z.array(z.string()) }),
  ),
  /** SHA-256 of each certificate in the `ca.pem` that the host publishes. */
  authorities: z.array(z.string()),
  /** SHA-256 of what is served on 443 and on 11112; empty where a port answers and shows none. */
  web: z.optional(z.string()),
  dicom: z.optional(z.string()),
});
export type Inspection = z.infer<typeof Inspection>;

const PortSight = z.object({
  trusted: z.boolean(),
  fingerprint: z.optional(z.string()),
  notAfter: z.optional(z.string()),
  said: z.optional(z.string()),
});
/** `Sight` of `functions/shared/view.ts`. */
const Seen = z.object({
  at: Instant,
  web: z.extend(PortSight, { status: z.optional(z.int()) }),
  dicom: z.extend(PortSight, { echo: z.optional(z.boolean()) }),
});

/** A certificate that the authority has issued for a node. */
export const Issued = z.object({
  node: Node,
  /** The generation on the host whose key it belongs to. */
  generation: z.string(),
  /** DER in base64: what the host installs. */
  certificate: z.string(),
  fingerprint: z.string(),
  notAfter: Instant,
  names: z.array(z.string()),
  /** SHA-256 of the certificate of the authority that signed it. */
  authority: z.string(),
});
export type Issued = z.infer<typeof Issued>;

/** One authority of the site: the first of the list signs, clients are to trust all. */
const Authority = z.object({
  /** Its number in the configuration. */
  number: z.int(),
  fingerprint: z.string(),
  notAfter: Instant,
  pem: z.string(),
});
export type Authority = z.infer<typeof Authority>;

/** What is asked of a run, by a schedule, the tick or a person. */
export const Wanted = z.strictObject({
  trigger: z._default(z.string(), 'person'),
  reason: z.optional(z.string()),
  nodes: z._default(z.array(Node).check(z.minLength(1)), ['a', 'b']),
  /** Renew also what is not due yet. */
  force: z._default(z.boolean(), false),
  /** Say what would be renewed and why, and change nothing. */
  dryRun: z._default(z.boolean(), false),
});
export type Wanted = z.infer<typeof Wanted>;

/** How far the node that is being renewed has come. */
const Stage = z.enum(['prove', 'request', 'sign', 'install', 'verify', 'soak', 'rollback']);
export type Stage = z.infer<typeof Stage>;

const Progress = z.object({
  commands: perNode(Command),
  inspections: perNode(Inspection),
  seen: perNode(Seen),
  /** What each node needs and why, once it is known. */
  plan: z.optional(
    perNode(z.object({ due: z.boolean(), urgent: z.boolean(), reason: z.string() })),
  ),
  /** Where clients reach each node that was looked at. */
  addresses: perNode(z.string()),
  /** The node at work on, and since when. */
  node: z.optional(Node),
  nodeSince: z.optional(Instant),
  stage: z.optional(Stage),
  stageSince: z.optional(Instant),
  issued: z.optional(Issued),
  /** What has gone wrong, in words; the run ends after what must be undone is undone. */
  failure: z.optional(
    z.object({
      node: z.optional(Node),
      stage: Stage,
      reason: z.string(),
      /** Time may mend it: the operator hears of it when it lasts. */
      passing: z.boolean(),
      /** The host serves what it served before; null where nothing was changed. */
      restored: z.nullable(z.boolean()),
    }),
  ),
  renewed: perNode(
    z.object({
      at: Instant,
      notAfter: Instant,
      names: z.array(z.string()),
      fingerprint: z.string(),
      seconds: z.number(),
    }),
  ),
});
export type Progress = z.infer<typeof Progress>;

const Step = z.object({
  kind: Kind,
  node: Node,
  instanceId: z.string(),
  parameters: z._default(z.record(z.string(), z.string()), {}),
});
export type Step = z.infer<typeof Step>;

/**
 * One run of the certificate workflow, as it travels from state to state. It holds certificates and
 * what hosts said; a private key is never in it, because none ever leaves its host.
 */
export const Run = z.object({
  execution: z.string(),
  fence: z.int(),
  wanted: Wanted,
  authorities: z.array(Authority),
  beganAt: Instant,
  progress: Progress,
  /** What the workflow does next; the state machine branches on it. */
  next: z.enum(['look', 'act', 'sign', 'verify', 'wait', 'finish', 'leave']),
  /** How long to pause before the next look, in seconds. */
  seconds: z.int(),
  steps: z.array(Step),
  /** The number of the authority that is to sign. */
  signer: z.optional(z.int()),
  /** Whom to look at as a client does: the address to connect to, and the name to expect. */
  targets: z.array(z.object({ node: Node, address: z.string(), name: z.string() })),
  /** Why `next` is what it is, for the log, the timeline and the alert. */
  because: z.string(),
  /** When the truth behind `steps` was read. */
  seenAt: Instant,
  outcome: z.optional(z.enum(['done', 'planned', 'deferred', 'failed'])),
});
export type Run = z.infer<typeof Run>;
