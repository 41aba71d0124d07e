import { network, type Passage } from '../api.ts';
import type { Call } from '../faults/faults.ts';
import { type SimulationOptions, type SimulationResult, simulate } from '../simulation.ts';
import type { World } from '../world.ts';

/** Something that happens beside the functions' calls, as soon as its turn comes. */
export interface Intervention {
  readonly label: string;
  /** From this instant on (epoch milliseconds) it waits for its turn. */
  readonly at: number;
  readonly act: (world: World) => void;
}

export interface Exploration {
  readonly scenario: SimulationOptions;
  readonly interventions: readonly Intervention[];
  /** Calls are put in order from the first instant to the second (epoch milliseconds). */
  readonly from: number;
  readonly until: number;
  /** How many choices are explored in full; after them the first that waits goes first. */
  readonly depth: number;
}

export interface Order {
  /** Who went, at each point where more than one was waiting. */
  readonly turns: readonly string[];
  readonly result: SimulationResult;
}

/**
 * Plays the scenario in every order in which concurrent calls can reach AWS.
 *
 * Functions share nothing but AWS, so control passes between them at their calls and nowhere
 * else. Where more than one call, or an intervention, is under way at once, each is let through
 * first in some play. The search is depth-first over these choices, each play from the beginning
 * (stateless model checking); every play differs from all others in some choice.
 */
export async function* everyOrder(exploration: Exploration): AsyncGenerator<Order> {
  const open: number[][] = [[]];
  for (let prefix = open.pop(); prefix; prefix = open.pop()) {
    const made: Choice[] = [];
    const result = await simulate({
      ...exploration.scenario,
      passage: (world) => new Gate(world, exploration, prefix, made),
    });
    for (let at = prefix.length; at < Math.min(made.length, exploration.depth); at++) {
      const before = made.slice(0, at).map(({ chosen }) => chosen);
      for (let other = 1; other < (made[at]?.waiting.length ?? 0); other++) {
        open.push([...before, other]);
      }
    }
    yield { turns: made.map(({ chosen, waiting }) => waiting[chosen] ?? ''), result };
  }
}

interface Choice {
  readonly waiting: readonly string[];
  readonly chosen: number;
}

interface Turn {
  readonly label: string;
  readonly go: () => void;
  /** It is a call, and what waits beside it can go before or after it. */
  readonly call: boolean;
}

/** Long enough for the one that went to come back with its next call. */
const SETTLE_MS = 50;

/** Lets one call through at a time, and decides whose turn it is. */
class Gate implements Passage {
  private readonly world: World;
  private readonly exploration: Exploration;
  private readonly prefix: readonly number[];
  private readonly made: Choice[];
  private readonly usual: Passage;
  private readonly waiting: Turn[] = [];
  private armed = false;

  constructor(world: World, exploration: Exploration, prefix: readonly number[], made: Choice[]) {
    this.world = world;
    this.exploration = exploration;
    this.prefix = prefix;
    this.made = made;
    this.usual = network(world.clock);
    for (const { label, at, act } of exploration.interventions) {
      world.clock.at(at, () => this.wait({ label, go: () => act(world), call: false }));
    }
    world.clock.at(exploration.until, () => this.arm());
  }

  before(call: Call): Promise<void> {
    if (!this.ordering) return this.usual.before(call);
    const { functionName, execution } = call.by;
    const who = execution?.split(':').at(-1)?.slice(0, 8) ?? 'event';
    return new Promise((resolve) => {
      const label = `${functionName} of ${who} ${call.service}:${call.operation}`;
      this.wait({ label, go: resolve, call: true });
    });
  }

  async after(call: Call): Promise<void> {
    if (!this.ordering) await this.usual.after(call);
  }

  private get ordering(): boolean {
    const { now } = this.world.clock;
    return this.exploration.from <= now && now < this.exploration.until;
  }

  private wait(turn: Turn): void {
    this.waiting.push(turn);
    this.arm();
  }

  /**
   * One intervention alone has nothing to go before or after: it waits for the next call of a run,
   * which would not see whether it came right then or a moment earlier.
   */
  private get premature(): boolean {
    const [turn, ...others] = this.waiting;
    const alone = turn !== undefined && !turn.call && others.length === 0;
    return alone && this.ordering && this.world.stepFunctions.busy;
  }

  private arm(): void {
    if (this.armed || this.waiting.length === 0 || this.premature) return;
    this.armed = true;
    this.world.clock.after(SETTLE_MS, () => {
      this.armed = false;
      // An invocation that is just starting will be at the gate, too.
      if (!this.world.lambda.starting && !this.premature) this.choose();
      this.arm();
    });
  }

  private choose(): void {
    const waiting = this.waiting.map(({ label }) => label);
    const chosen = waiting.length > 1 ? (this.prefix[this.made.length] ?? 0) : 0;
    if (waiting.length > 1) this.made.push({ waiting, chosen });
    const [turn] = this.waiting.splice(chosen, 1);
    turn?.go();
  }
}
