import type { Services } from '../../functions/shared/clients.ts';
import type { Invocation } from '../api.ts';
import { AwsError, NotModelled } from '../aws-error.ts';
import { documentedErrors } from '../sdk-model/errors.ts';
import type { Site } from '../site.ts';
import {
  complaint,
  FAULTS,
  type Fault,
  type FaultKind,
  type FaultName,
  InvalidFault,
  labelOf,
  type Target,
  targetOf,
} from './library.ts';
import { assertTarget } from './target.ts';
import { arm } from './timed.ts';

/** A call of one of our functions, as it arrives at AWS, or a look of one at a node. */
export interface Call {
  readonly service: keyof Services | 'view';
  readonly operation: string;
  readonly by: Invocation;
  /** The resources it names: by the last part of their ARN and, for instances, their node. */
  readonly targets: () => readonly string[];
}

/** What the faults make of a call; several may strike the same one. */
export interface Blow {
  /** It is refused with this and has no effect. */
  readonly refusal?: AwsError;
  /** It takes effect, and the caller waits for ever. */
  readonly unanswered?: true;
  /** Once it has taken effect the caller is gone. */
  readonly kills?: true;
}

/** A fault of this run, and what has become of it. */
export interface Injection extends Fault {
  readonly target: Target;
  readonly until: number;
  /** Calls that a `killed-function` has seen. */
  seen: number;
  struck: boolean;
  /** When it is over, if it has struck, epoch milliseconds. */
  over?: number;
}

const MINUTE_MS = 60_000;
/** How far the API's picture may lag: the worst that the scenarios ask for. */
const STALE_MS = 30_000;

/** How each service says "slow down": its page of common errors. */
const THROTTLED: Readonly<Record<keyof Services, string>> = {
  dynamodb: 'ThrottlingException',
  ec2: 'RequestLimitExceeded',
  eventbridge: 'ThrottlingException',
  kms: 'ThrottlingException',
  lambda: 'TooManyRequestsException',
  rds: 'ThrottlingException',
  s3: 'SlowDown',
  sfn: 'ThrottlingException',
  sns: 'ThrottlingException',
  ssm: 'ThrottlingException',
};

/** The faults of a site, as the services ask for them; the judge asks when the last one is over. */
export class Faults {
  private readonly site: Site;
  private readonly injections: readonly Injection[];
  /** When each fault that has struck is over, epoch milliseconds. */
  private readonly over: number[] = [];

  constructor(site: Site, faults: readonly Fault[]) {
    this.site = site;
    this.injections = faults.map((fault) => {
      const wrong = complaint(fault.name, fault.on, fault.minutes);
      if (wrong) throw new InvalidFault(`${labelOf(fault)}: ${wrong}`);
      const minutes = fault.minutes ?? (FAULTS[fault.name] as FaultKind).minutes;
      const until = minutes === undefined ? Number.POSITIVE_INFINITY : minutes * MINUTE_MS;
      const target = targetOf(fault);
      return { ...fault, target, until: fault.at.getTime() + until, seen: 0, struck: false };
    });
  }

  /** Sets those going that need no occasion but their time; throws `InvalidFault`. */
  arm(): void {
    for (const fault of this.injections) {
      assertTarget(this.site, fault);
      arm(this.site, fault, () => this.strike(fault));
    }
  }

  /** Each call of a function asks right before it would take effect. */
  blow(call: Call): Blow {
    let blow: Blow = {};
    for (const fault of this.active()) {
      const dealt = this.dealt(fault, call);
      if (dealt) this.strike(fault);
      blow = { ...blow, ...dealt };
    }
    return blow;
  }

  /** What one fault makes of a call; undefined when it is not about this one. */
  private dealt(fault: Injection, call: Call): Blow | undefined {
    const { name, target } = fault;
    const isIts = target.function === '*' || target.function === call.by.functionName;
    switch (name) {
      case 'throttled-api':
        return hits(target, call) ? { refusal: throttling(call) } : undefined;
      case 'failing-api':
        return hits(target, call) ? { refusal: refusal(call, target.error ?? '') } : undefined;
      case 'unanswered-api':
        return hits(target, call) ? { unanswered: true } : undefined;
      case 'hanging-function':
        return isIts ? { unanswered: true } : undefined;
      case 'killed-function':
        if (isIts) fault.seen++;
        return isIts && fault.seen === Number(target.nth) ? { kills: true } : undefined;
      default:
        return undefined;
    }
  }

  /** EC2 asks at each start of a node. */
  noCapacity(node: string): boolean {
    return this.strikes('insufficient-capacity', { node });
  }

  /** EC2 asks at each start and stop: how long it takes in ms, if a fault decides it. */
  transition(node: string): number | undefined {
    return this.once('slow-node', { node });
  }

  /** EC2 asks when an instance changes: how far its picture lags behind the truth, in ms. */
  readLag(): number {
    return this.strikes('stale-reads') ? STALE_MS : 0;
  }

  /** RDS asks at each start: how long this one takes in ms, if a fault decides it. */
  databaseStart(): number | undefined {
    return this.once('slow-database');
  }

  /** A host asks at each run of a script. */
  failsScript(node: string, script: string): boolean {
    const fault = this.active().find(
      ({ name, target }) =>
        name === 'failing-script' && target.node === node && target.script === script,
    );
    if (fault) this.strike(fault);
    return fault !== undefined;
  }

  /** Who looks at a node from inside the network asks whether the look arrives. */
  unseen(node: string): boolean {
    const lost = this.strikes('lost-packet', { node });
    const alone = this.strikes('unseen-node', { node });
    return this.blind() || alone || lost;
  }

  /** Likewise of the database. */
  blind(): boolean {
    return this.strikes('blind-observer');
  }

  /** Whoever delivers an event asks: after how many ms it arrives, for each time that it does. */
  deliveries(events: 'schedule' | 'tick' | 'rules', occasion: string): readonly number[] {
    const chance = this.site.chance(`faults of ${events} ${occasion}`);
    if (this.strikes('lost-events', { events })) return [];
    const late = this.strikes('late-events', { events }) ? 10 * MINUTE_MS : 0;
    const astray = this.strikes('reordered-events', { events }) ? chance.between(0, 300_000) : 0;
    const first = late + astray;
    return this.strikes('doubled-events', { events }) ? [first, first + 20_000] : [first];
  }

  /** How far a function's clock is off, in ms. */
  skew(functionName: string): number {
    return this.active()
      .filter(({ name, target }) => name === 'skewed-clock' && target.function === functionName)
      .reduce((sum, fault) => {
        this.strike(fault);
        return sum + Number(fault.target.seconds) * 1000;
      }, 0);
  }

  /** Whether any function's clock is ever off: only then it costs something to look. */
  get skews(): boolean {
    return this.injections.some(({ name }) => name === 'skewed-clock');
  }

  /** When the last fault that has struck by now, and may make late, ends; the past if none did. */
  lastClears(): number {
    return Math.max(Number.NEGATIVE_INFINITY, ...this.over);
  }

  /** When the last fault that has struck by now ends, whatever it does; the past if none did. */
  lastOver(): number {
    return endOf(this.injections);
  }

  /** Likewise of those that keep our own functions from their work. */
  lastHindered(): number {
    return endOf(this.injections.filter(({ name }) => (FAULTS[name] as FaultKind).hinders));
  }

  /** Faults that nothing has asked for: what they would have hit did not happen in their time. */
  unstruck(): Fault[] {
    return this.injections
      .filter(({ struck }) => !struck)
      .map(({ name, at, on }) => ({ name, at, ...(on !== undefined && { on }) }));
  }

  /** Whether a fault may strike a tick right now: none is passed over while one may. */
  get pending(): boolean {
    return this.active().some(
      ({ target }) =>
        target.service !== undefined ||
        target.events === 'tick' ||
        target.function === '*' ||
        target.function === 'site/tick',
    );
  }

  /** Those whose time has come and is not over; what strikes once is over when it has struck. */
  private active(): Injection[] {
    if (this.injections.length === 0) return [];
    const { now } = this.site.world.clock;
    return this.injections.filter(
      ({ at, until, struck }) =>
        at.getTime() <= now && now < until && !(struck && until === Number.POSITIVE_INFINITY),
    );
  }

  /** Strikes with all that are active under this name for this target. */
  private strikes(wanted: FaultName, on: Target = {}): boolean {
    const found = this.active().filter((fault) => isOf(fault, wanted, on));
    for (const fault of found) this.strike(fault);
    return found.length > 0;
  }

  /** The minutes, in ms, of the first that is due and has not struck: it decides how long. */
  private once(wanted: FaultName, on: Target = {}): number | undefined {
    const { now } = this.site.world.clock;
    const fault = this.injections.find(
      (one) => isOf(one, wanted, on) && !one.struck && one.at.getTime() <= now,
    );
    if (!fault) return undefined;
    const lasts = fault.until - fault.at.getTime();
    this.strike(fault, now + lasts);
    return lasts;
  }

  private strike(fault: Injection, over = fault.until): void {
    if (fault.struck) return;
    fault.struck = true;
    this.site.world.noteChange();
    fault.over = Number.isFinite(over) ? over : this.site.world.clock.now;
    const { delays }: FaultKind = FAULTS[fault.name];
    if (delays) this.over.push(fault.over);
    this.site.say('fault', 'FAULT', labelOf(fault), FAULTS[fault.name].says);
  }
}

const endOf = (faults: readonly Injection[]): number =>
  Math.max(Number.NEGATIVE_INFINITY, ...faults.map(({ over }) => over ?? Number.NEGATIVE_INFINITY));

const throttling = (call: Call): AwsError =>
  refusal(call, call.service === 'view' ? '' : THROTTLED[call.service]);

/** The error as AWS documents it for this call. */
function refusal({ service, operation }: Call, name: string): AwsError {
  if (service === 'view') throw new NotModelled('a look at a node is no call of an API');
  return new AwsError(name, `injected: ${name}`, documentedErrors(service, operation).get(name));
}

const isOf = ({ name, target }: Injection, wanted: FaultName, { node, events }: Target): boolean =>
  name === wanted && target.node === node && target.events === events;

/** Whether a target is about this call: the operation may be `*`, the resource may be any. */
function hits(target: Target, { service, operation, targets }: Call): boolean {
  if (target.service !== service) return false;
  if (target.operation !== '*' && target.operation !== operation) return false;
  return target.resource === undefined || targets().includes(target.resource);
}
