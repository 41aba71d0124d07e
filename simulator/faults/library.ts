import type { Services } from '../../functions/shared/clients.ts';
import type { Chance } from '../random.ts';
import { documentedErrors } from '../sdk-model/errors.ts';

/** What a site has that faults can hit. */
export interface Targets {
  /** Functions by their handlers: `power/act`. */
  readonly functions: readonly string[];
  /** The calls they make: `ec2:StartInstances`. */
  readonly calls: readonly string[];
}

type Pick = <T>(list: readonly T[]) => T;

/** A kind of fault: what it does, what it hits, how long it lasts. */
export interface FaultKind {
  /** One sentence for `--help` and the timeline. */
  readonly says: string;
  /** What the part after the colon names; absent where a fault hits the whole site. */
  readonly on?: {
    readonly what: string;
    /** Its named groups are the parts of a `Target`. */
    readonly pattern: RegExp;
    readonly example: string;
    /** One of all that it can hit, by chance. */
    readonly draw: (targets: Targets, one: Pick, chance: Chance) => string;
  };
  /** How long it lasts, in minutes, unless the user says; absent for what strikes once. */
  readonly minutes?: number;
  /** It may make the site late by more than the code must bear without a word. */
  readonly delays?: true;
}

/** What a fault hits, in its parts. */
export type Target = Readonly<
  Partial<
    Record<
      | 'node'
      | 'service'
      | 'operation'
      | 'resource'
      | 'error'
      | 'events'
      | 'function'
      | 'nth'
      | 'script'
      | 'seconds',
      string
    >
  >
>;

type On = NonNullable<FaultKind['on']>;

const NODE: On = {
  what: 'a node',
  pattern: /^(?<node>[ab])$/,
  example: 'a',
  draw: (_targets, one) => one(['a', 'b']),
};
const API: On = {
  what: 'an API, if need be of one resource',
  pattern:
    /^(?<service>dynamodb|ec2|kms|rds|sfn|sns|ssm):(?<operation>\w+|\*)(\/(?<resource>[\w.-]+))?$/,
  example: 'ec2:StartInstances/a',
  draw: ({ calls }, one) => one(calls),
};
const EVENTS: On = {
  what: 'whose events: schedule, tick or rules',
  pattern: /^(?<events>schedule|tick|rules)$/,
  example: 'schedule',
  draw: (_targets, one) => one(['schedule', 'tick', 'rules']),
};
const FUNCTION: On = {
  what: 'a function',
  pattern: /^(?<function>[a-z]+\/[a-z-]+)$/,
  example: 'power/act',
  draw: ({ functions }, one) => one(functions),
};

/**
 * What can go wrong on AWS, each by itself; several at once compose.
 *
 * Names are adjective and noun. The scenarios that asked for them are those of the design: APIs that
 * refuse or do not answer, machines that are slow, events that are lost, late, doubled or
 * reordered, functions that die, clocks that differ, a deployment in the middle.
 */
export const FAULTS = {
  'throttled-api': { says: 'AWS throttles an API', on: API, minutes: 5, delays: true },
  'failing-api': {
    says: 'an API answers with a documented error and does nothing',
    on: {
      what: 'an API and its error',
      pattern:
        /^(?<service>dynamodb|ec2|kms|rds|sfn|sns|ssm):(?<operation>\w+)(\/(?<resource>[\w.-]+))?=(?<error>[\w.]+)$/,
      example: 'rds:StartDBInstance=InsufficientDBInstanceCapacityFault',
      draw: ({ calls }, one) => {
        const call = one(calls);
        const [service, operation] = call.split(':') as [keyof Services, string];
        return `${call}=${one([...documentedErrors(service, operation).keys()])}`;
      },
    },
    minutes: 5,
    delays: true,
  },
  'unanswered-api': {
    says: 'an API does what it is asked, and its answer never arrives',
    on: API,
    minutes: 5,
    delays: true,
  },
  'stale-reads': { says: 'EC2 describes instances as they were 30 seconds ago', minutes: 10 },
  'insufficient-capacity': {
    says: 'EC2 has no capacity for a node',
    on: NODE,
    minutes: 25,
    delays: true,
  },
  'slow-node': {
    says: 'the next start or stop of a node takes this long',
    on: NODE,
    minutes: 10,
    delays: true,
  },
  'slow-database': {
    says: 'the next start of the database takes this long',
    minutes: 25,
    delays: true,
  },
  'failing-database': {
    says: 'the database answers nobody, though RDS calls it available',
    minutes: 3,
    delays: true,
  },
  'dead-host': {
    says: 'the host of a running node answers nobody',
    on: NODE,
    minutes: 10,
    delays: true,
  },
  'silent-agent': {
    says: 'the Systems Manager agent of a node does not answer',
    on: NODE,
    minutes: 10,
    delays: true,
  },
  'failing-script': {
    says: 'the next run of a script about certificates fails on a node, which stays as it was',
    on: {
      what: 'a node and the script',
      pattern: /^(?<node>[ab])=(?<script>certificate-(request|install|rollback))$/,
      example: 'a=certificate-install',
      draw: (_targets, one) =>
        `${one(['a', 'b'])}=certificate-${one(['request', 'install', 'rollback'])}`,
    },
  },
  'unseen-node': {
    says: 'who looks at a node from inside the network does not reach it, though clients do',
    on: NODE,
    minutes: 10,
  },
  'disabled-key': { says: 'the keys that sign are disabled', minutes: 10 },
  'lost-events': { says: 'events are never delivered', on: EVENTS, minutes: 10, delays: true },
  'late-events': { says: 'events arrive ten minutes late', on: EVENTS, minutes: 10, delays: true },
  'doubled-events': { says: 'events arrive twice', on: EVENTS, minutes: 10 },
  'reordered-events': {
    says: 'events arrive up to five minutes late, in any order',
    on: EVENTS,
    minutes: 10,
    delays: true,
  },
  'killed-function': {
    says: 'a function dies right after its nth call from then on took effect',
    on: {
      what: 'a function, or * for any, and which call',
      pattern: /^(?<function>\*|[a-z]+\/[a-z-]+)#(?<nth>[1-9]\d*)$/,
      example: 'power/act#3',
      draw: ({ functions }, one, chance) => `${one(['*', ...functions])}#${chance.between(1, 60)}`,
    },
  },
  'hanging-function': {
    says: 'the next call of a function never answers, and its time runs out',
    on: FUNCTION,
  },
  'aborted-run': { says: 'a person aborts the running workflows', delays: true },
  'skewed-clock': {
    says: 'the clock of a function is off by some seconds',
    on: {
      what: 'a function and the seconds',
      pattern: /^(?<function>[a-z]+\/[a-z-]+)=(?<seconds>[+-]\d+)$/,
      example: 'power/look=+30',
      draw: ({ functions }, one, chance) =>
        `${one(functions)}=${one(['-', '+'])}${chance.between(1, 10)}`,
    },
    minutes: 60,
  },
  deploy: {
    says: 'the operations stack is deployed again, in the middle of what runs',
    delays: true,
  },
} as const satisfies Readonly<Record<string, FaultKind>>;

export type FaultName = keyof typeof FAULTS;

/** One injection: from this instant on. */
export interface Fault {
  readonly name: FaultName;
  readonly at: Date;
  /** What it hits, as the kind's `on` describes it. */
  readonly on?: string;
  /** How long it lasts; the kind's own time if absent. */
  readonly minutes?: number;
}

/** A fault that cannot strike: its target does not exist, or AWS cannot fail so. Says what can. */
export class InvalidFault extends Error {
  override readonly name = 'InvalidFault';
}

/** As the user writes it, less the time: `slow-node:a`. */
export const labelOf = ({ name, on }: Fault): string => (on === undefined ? name : `${name}:${on}`);

/** What a fault hits; empty where it hits the whole site. */
export function targetOf({ name, on = '' }: Fault): Target {
  const kind: FaultKind = FAULTS[name];
  return kind.on?.pattern.exec(on)?.groups ?? {};
}

/** What is wrong with a fault's target or time, with the remedy; undefined when nothing is. */
export function complaint(
  name: FaultName,
  on: string | undefined,
  minutes?: number,
): string | undefined {
  const kind: FaultKind = FAULTS[name];
  if (kind.on && !(on !== undefined && kind.on.pattern.test(on))) {
    return `${name} takes ${kind.on.what}: ${name}:${kind.on.example}.`;
  }
  if (!kind.on && on !== undefined) return `${name} takes nothing after a colon.`;
  if (kind.minutes === undefined && minutes !== undefined) {
    return `${name} strikes once and takes no minutes.`;
  }
  return undefined;
}
