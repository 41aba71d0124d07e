import { NODES, type NodeName } from '../functions/shared/operations-table.ts';
import { fieldsOf } from './answer.ts';
import { NotModelled } from './aws-error.ts';
import { authoritiesOf } from './issue.ts';
import { MachineTime } from './machine-time.ts';
import type { Done, Machines, Order, Sight } from './machines.ts';
import type { Site } from './site.ts';

/** An order that was carried out, for the report. */
export interface HostCommand {
  /** ISO 8601, UTC: virtual time, which stood still. */
  readonly at: string;
  /** `node a`, `database` */
  readonly who: string;
  /** `boot`, `drain` */
  readonly what: string;
  readonly code: number;
  /** Real time. */
  readonly seconds: number;
  readonly output: string;
}

/** A machine, for the host of the model that it stands in for. */
export interface RealHost {
  seen(): Sight;
  boot(): void;
  /** Shuts it down in order, or pulls its plug. */
  switchOff(how: 'power off' | 'crash'): void;
  /** Runs a script as its document says; one that changes the host does so here and now. */
  run(script: string, parameters: Readonly<Record<string, string>>): Done;
}

const NOTHING: Sight = { serves: false, listens: false };

/**
 * The machines that a site's hosts run on, where they are more than a model: keeps what was done on
 * them and what a client saw after it, and holds how each command ended against how it should have.
 */
export class RealHosts {
  readonly commands: HostCommand[] = [];
  private readonly site: Site;
  private readonly machines: Machines;
  private readonly time: MachineTime;
  private sight: Done['sight'] = { a: NOTHING, b: NOTHING };
  private readonly running = new Set<NodeName>();
  /** As a deployment leaves it. */
  private databaseRuns = true;

  constructor(site: Site, machines: Machines) {
    this.site = site;
    this.machines = machines;
    this.time = new MachineTime(() => authoritiesOf(site), machines.since);
  }

  /** What a client saw of a node when something last happened to a machine. */
  seen(node: NodeName): Sight {
    return this.sight[node];
  }

  /** Throws `NotModelled` for a host that is no node: no machine stands for it. */
  machineOf(name: string, where: string): RealHost {
    const node = NODES.find((one) => one === name);
    if (node === undefined) {
      throw new NotModelled(
        `${where}: its tag orthweb:node is "${name}", and there are machines for a and b alone`,
      );
    }
    return {
      seen: () => this.seen(node),
      boot: () => this.boot(node),
      switchOff: (how) => this.switchOff(node, how),
      run: (script, parameters) => this.run(node, script, parameters),
    };
  }

  /** Whether the machine is switched on. */
  runs(node: NodeName): boolean {
    return this.running.has(node);
  }

  private boot(node: NodeName): void {
    if (this.running.has(node)) return;
    this.running.add(node);
    this.carryOut({ do: 'boot', node });
  }

  private switchOff(node: NodeName, how: 'power off' | 'crash'): void {
    if (!this.running.delete(node)) return;
    this.carryOut({ do: how, node });
  }

  private run(node: NodeName, script: string, given: Parameters<RealHost['run']>[1]): Done {
    const { ssm } = this.site.world;
    this.site.world.noteServing();
    const document = ssm.contentOf(this.site, script);
    const parameters = this.time.toMachine(given);
    const done = this.carryOut({ do: 'run', node, script, document, parameters });
    return { ...done, output: this.time.fromMachine(done.output) };
  }

  /** Kills Orthanc's program, as a failure of its container. */
  killOrthanc(node: NodeName): void {
    this.site.world.noteServing();
    this.carryOut({ do: 'kill orthanc', node });
  }

  /** Gives a node time to serve by itself. */
  wait(node: NodeName): void {
    this.site.world.noteServing();
    this.sight = this.machines.do({ do: 'wait', node }).sight;
  }

  database(runs: boolean): void {
    if (runs === this.databaseRuns) return;
    this.databaseRuns = runs;
    this.carryOut({ do: runs ? 'start' : 'stop' });
  }

  private carryOut(order: Order): Done {
    const done = this.machines.do(order);
    this.sight = done.sight;
    const { code, output, seconds } = done;
    const who = 'node' in order ? `node ${order.node}` : 'database';
    const what = order.do === 'run' ? order.script : order.do;
    const at = this.site.world.clock.iso();
    this.commands.push({ at, who, what, code, seconds, output });
    const wrong = this.complaint(order, done);
    const said = output.slice(0, 400) || 'it said nothing';
    if (wrong) this.site.judge.hostFailed(`${what} on ${who} ${wrong}: ${said}`);
    return done;
  }

  /** How a command ended that should have ended otherwise; undefined where all is well. */
  private complaint(order: Order, { code, output, sight }: Done): string | undefined {
    const what = order.do === 'run' ? order.script : order.do;
    const { serves, listens } = 'node' in order ? sight[order.node] : NOTHING;
    const client = serves ? 'a client is served' : 'a client is not served';
    if (what === 'probe') {
      if (fieldsOf(output)?.verdict === undefined) return `ended with ${code}, without a verdict`;
      return (code === 0) === serves ? undefined : `ended with ${code}, but ${client}`;
    }
    const needsDatabase = what === 'boot' || what === 'undrain';
    // It says what it waits for.
    if (needsDatabase && !this.databaseRuns) return undefined;
    if (code !== 0) return `ended with ${code}`;
    const isInstalled = what === 'certificate-install' && listens && this.databaseRuns;
    if ((needsDatabase || isInstalled) && !serves) return `ended with 0, but ${client}`;
    if (what === 'drain' && listens) return 'ended with 0, but nginx takes connections';
    return undefined;
  }
}
