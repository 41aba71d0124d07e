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
  /** Only a model of a host can have it, no machine of the lab. */
  readonly ofModels?: true;
  /** It may keep our own functions from seeing, deciding or telling. */
  readonly hinders?: true;
}

/** What a fault hits, in its parts. */
export type Target = Readonly<
  Partial<
    Record<
      | 'node'
      | 'container'
      | 'outcome'
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
const CONTAINER: On = {
  what: 'a node and the container: nginx or orthanc',
  pattern: /^(?<node>[ab])=(?<container>nginx|orthanc)$/,
  example: 'a=orthanc',
  draw: (_targets, one) => `${one(['a', 'b'])}=${one(['nginx', 'orthanc'])}`,
};
const API: On = {
  what: 'an API, if need be of one resource',
  pattern:
    /^(?<service>dynamodb|ec2|eventbridge|kms|lambda|rds|s3|sfn|sns|ssm):(?<operation>\w+|\*)(\/(?<resource>[\w.-]+))?$/,
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
 * refuse or do not answer, machines that are slow or break in one of their parts, events that are
 * lost, late, doubled or reordered, functions that die, clocks that differ, a deployment or a person
 * in the middle.
 */
export const FAULTS = {
  'throttled-api': {
    says: 'AWS throttles an API',
    on: API,
    minutes: 5,
    delays: true,
    hinders: true,
  },
  'failing-api': {
    says: 'an API answers with a documented error and does nothing',
    on: {
      what: 'an API and its error',
      pattern:
        /^(?<service>dynamodb|ec2|eventbridge|kms|lambda|rds|s3|sfn|sns|ssm):(?<operation>\w+)(\/(?<resource>[\w.-]+))?=(?<error>[\w.]+)$/,
      example: 'rds:StartDBInstance=InsufficientDBInstanceCapacityFault',
      draw: ({ calls }, one) => {
        const call = one(calls);
        const [service, operation] = call.split(':') as [keyof Services, string];
        return `${call}=${one([...documentedErrors(service, operation).keys()])}`;
      },
    },
    minutes: 5,
    delays: true,
    hinders: true,
  },
  'unanswered-api': {
    says: 'an API does what it is asked, and its answer never arrives',
    on: API,
    minutes: 5,
    delays: true,
    hinders: true,
  },
  'stale-reads': {
    says: 'EC2 describes instances as they were 30 seconds ago',
    minutes: 10,
    hinders: true,
  },
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
  'database-failover': {
    says: 'the database fails over to its standby',
    minutes: 2,
    delays: true,
  },
  'full-database': {
    says: "the database's storage is full",
    minutes: 10,
    delays: true,
  },
  'denied-storage': {
    says: 'the bucket of images takes and gives nothing',
    minutes: 10,
    delays: true,
  },
  'dead-host': {
    says: 'the host of a running node answers nobody',
    on: NODE,
    minutes: 10,
    delays: true,
  },
  'dead-container': {
    says: 'a container of a node ends whenever Docker starts it',
    on: CONTAINER,
    minutes: 10,
    delays: true,
    ofModels: true,
  },
  'hung-container': {
    says: 'a container of a node takes connections and answers nothing, until it is started anew',
    on: CONTAINER,
    minutes: 10,
    delays: true,
    ofModels: true,
  },
  'dead-docker': {
    says: 'Docker is dead on a node, and nginx, which it would start again',
    on: NODE,
    minutes: 10,
    delays: true,
    ofModels: true,
  },
  'full-disk': { says: 'the disk of a node is full', on: NODE, minutes: 30, ofModels: true },
  'exhausted-memory': {
    says: 'the memory of a node does not suffice: Orthanc is killed every few minutes',
    on: NODE,
    minutes: 15,
    delays: true,
    ofModels: true,
  },
  'wrong-clock': {
    says: 'the clock of a node is 20 minutes ahead, and S3 refuses what it signs',
    on: NODE,
    minutes: 15,
    delays: true,
    // No client sees it before it stores something, and a host is asked once an hour.
    hinders: true,
    ofModels: true,
  },
  'refused-password': {
    says: 'the database refuses the password that Orthanc has on a node',
    on: NODE,
    minutes: 10,
    delays: true,
    ofModels: true,
  },
  'slow-host': {
    says: 'a node answers late, but before anybody gives up',
    on: NODE,
    minutes: 30,
    ofModels: true,
  },
  'failed-system': {
    says: 'the machine under a node breaks; AWS moves the node after six minutes, or cannot',
    on: {
      what: 'a node, and whether AWS recovers it: recovers or stays',
      pattern: /^(?<node>[ab])=(?<outcome>recovers|stays)$/,
      example: 'a=recovers',
      draw: (_targets, one) => `${one(['a', 'b'])}=${one(['recovers', 'stays'])}`,
    },
    minutes: 15,
    delays: true,
  },
  'failed-volume': {
    says: 'the disk of a node answers nobody, and what runs there waits for it',
    on: NODE,
    minutes: 10,
    delays: true,
    ofModels: true,
  },
  'stopped-by-hand': {
    says: 'a person stops a node in the console, and starts it when this is over',
    on: NODE,
    minutes: 15,
    delays: true,
  },
  'lost-packet': { says: 'the next look at a node is lost on its way, and no other', on: NODE },
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
  'updating-host': {
    says: 'a person updates a host, whose containers are started again in the middle',
    on: NODE,
    minutes: 6,
    delays: true,
  },
  'unseen-node': {
    says: 'who looks at a node from inside the network does not reach it, though clients do',
    on: NODE,
    minutes: 10,
    hinders: true,
  },
  'blind-observer': {
    says: 'who looks from inside the network hears nothing of anything, though clients do',
    minutes: 10,
    hinders: true,
  },
  'disabled-key': { says: 'the keys that sign are disabled', minutes: 10 },
  'lost-events': {
    says: 'events are never delivered',
    on: EVENTS,
    minutes: 10,
    delays: true,
    hinders: true,
  },
  'late-events': {
    says: 'events arrive ten minutes late',
    on: EVENTS,
    minutes: 10,
    delays: true,
    hinders: true,
  },
  'doubled-events': { says: 'events arrive twice', on: EVENTS, minutes: 10 },
  'reordered-events': {
    says: 'events arrive up to five minutes late, in any order',
    on: EVENTS,
    minutes: 10,
    delays: true,
    hinders: true,
  },
  'killed-function': {
    says: 'a function dies right after its nth call from then on took effect',
    on: {
      what: 'a function, or * for any, and which call',
      pattern: /^(?<function>\*|[a-z]+\/[a-z-]+)#(?<nth>[1-9]\d*)$/,
      example: 'power/act#3',
      draw: ({ functions }, one, chance) => `${one(['*', ...functions])}#${chance.between(1, 60)}`,
    },
    hinders: true,
  },
  'hanging-function': {
    says: 'the next call of a function never answers, and its time runs out',
    on: FUNCTION,
    hinders: true,
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
    hinders: true,
  },
  deploy: {
    says: 'the operations stack is deployed again, in the middle of what runs',
    delays: true,
    hinders: true,
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
