import type { Invocation } from './api.ts';
import type { Demand, Made } from './deployment.ts';
import { Faults } from './faults/faults.ts';
import type { Fault } from './faults/library.ts';
import type { Iam } from './iam/iam.ts';
import { Judge } from './judge/judge.ts';
import type { Plan } from './judge/plan.ts';
import type { Chance } from './random.ts';
import type { RealHosts } from './real-hosts.ts';
import { type Instance, nodeOf } from './services/ec2/instance.ts';
import type { Sources } from './services/lambda/function.ts';
import type { Database } from './services/rds/database.ts';
import type { Assembly } from './template.ts';
import type { Delivery, Entry } from './trace.ts';
import type { World } from './world.ts';

/** What a deployment takes, read before the clock is stopped. */
export interface Prepared {
  readonly assembly: Assembly;
  readonly iam: Iam;
  readonly sources: Sources;
  readonly plan: Plan;
  /** What functions made for CloudFormation. */
  readonly made: Made;
}

/**
 * One site of the world: what was deployed, what is truly so of it, and who judges it.
 *
 * What belongs to a site is what its own stacks made, whatever the tags say. Services know of no
 * border between sites but those that AWS has: names, patterns and permissions.
 */
export class Site {
  readonly world: World;
  /** The faults of this site; a neighbour has none. */
  readonly faults: Faults;
  readonly judge: Judge;
  private deployed: Prepared;

  constructor(world: World, deployed: Prepared, faults: readonly Fault[]) {
    this.world = world;
    this.deployed = deployed;
    this.faults = new Faults(this, faults);
    this.judge = new Judge(this, deployed.plan);
  }

  get assembly(): Assembly {
    return this.deployed.assembly;
  }

  get sources(): Sources {
    return this.deployed.sources;
  }

  get iam(): Iam {
    return this.deployed.iam;
  }

  /** Rights that its functions needed when it was deployed. */
  get demands(): readonly Demand[] {
    return this.deployed.made.demands;
  }

  get name(): string {
    return this.assembly.name;
  }

  /** Its name, unless it is the site that is played: that one needs no telling. */
  get mark(): string | undefined {
    return this.assembly.isNeighbour ? this.name : undefined;
  }

  /** What its resources are like from now on. */
  redeploy(next: Prepared): void {
    const before = this.deployed;
    this.deployed = next;
    if (next !== before) this.judge.replan(next.plan);
  }

  /** The instance of a node; a node may have none. */
  node(name: string | undefined): Instance | undefined {
    return this.world.ec2.instances.find((one) => one.site === this && nodeOf(one) === name);
  }

  get database(): Database {
    return this.world.rds.databaseOf(this);
  }

  /** What its hosts run on, where that is more than a model; a neighbour's never is. */
  get realHosts(): RealHosts | undefined {
    return this.assembly.isNeighbour ? undefined : this.world.realHosts;
  }

  /** What its table really holds, by sort key. */
  truth(): ReadonlyMap<string, Record<string, unknown>> {
    return this.world.dynamodb.truth(this);
  }

  /** What its operators have read. */
  get deliveries(): readonly Delivery[] {
    return this.world.trace.deliveries.filter(({ site }) => site === this.mark);
  }

  /** The chance of this occasion at this instant; that of another site is another. */
  chance(occasion: string): Chance {
    return this.world.chance(this.mark ? `${this.mark}: ${occasion}` : occasion);
  }

  /** Adds a line to what happened. */
  say(kind: Entry['kind'], who: string, text: string, reason: string): void {
    this.world.trace.add(kind, who, text, reason, this.mark);
  }

  /** How a caller's line in the trace calls a thing of this site: that of another site by whose it is. */
  thing(what: string, by: Invocation): string {
    return by.site === this ? what : `${what} of ${this.name}`;
  }
}

/** Takes out what a site has there: its next deployment puts in what it has then. */
export function withdraw(map: Map<string, { readonly site: Site }>, site: Site): void {
  for (const [key, one] of map) if (one.site === site) map.delete(key);
}
