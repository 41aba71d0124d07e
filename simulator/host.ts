import path from 'node:path';
import { probed } from './host-probe.ts';
import { type Computer, HostRights } from './host-rights.ts';
import { SCRIPTS, writtenBy } from './host-scripts.ts';
import type { RealHost } from './real-hosts.ts';
import type { Reach } from './services/ec2/reach.ts';
import type { Site } from './site.ts';
import type { World } from './world.ts';

/** What became of a script on a host. */
export interface ScriptResult {
  readonly ok: boolean;
  /** Its exit code, where it has run for real. */
  readonly code?: number;
  readonly output: string;
}

/**
 * The operating-system side of a node, as far as operations can tell: the agent, nginx with its
 * connections, Orthanc with its database. Where a machine stands for it, the scripts run there for
 * real, and what a client sees of that is what is so; how long things take is the model's still.
 */
export class Host {
  private readonly site: Site;
  private readonly world: World;
  private readonly id: string;
  private readonly rights: HostRights;
  /** The machine that stands for it. */
  private readonly real: RealHost | undefined;
  /** The folder of the bundle that it was launched with. */
  private readonly bundle: string;
  private on = true;
  private agent: boolean;
  private containers = false;
  /** The first boot came to its end. */
  private readonly prepared: boolean;
  /** Some boot has made a certificate. */
  private certified = false;
  /** What containers start with is there: secrets, credentials, and a place for their log. */
  private startable = false;
  /** The bucket takes their images and gives them back. */
  private stores = false;
  /** Clients have a way to it through the network. */
  private readonly meetsClients: boolean;
  /** It has one to the database. */
  private readonly meetsDatabase: boolean;
  /** nginx takes connections; a drain ends that until the next boot. */
  private listening = true;
  private boots = 0;
  /** The generations of the key and the certificate that nginx takes at its next reload. */
  private readonly pair = { key: 'the first boot', certificate: 'the first boot' };
  private hangs = 0;
  private silences = 0;
  private servedLast = Number.NEGATIVE_INFINITY;

  constructor(site: Site, id: string, computer: Computer, reach: Reach) {
    const { world } = site;
    this.site = site;
    this.world = world;
    this.id = id;
    this.rights = new HostRights(world, computer);
    const { where, settings } = computer;
    this.bundle = site.assembly.assetFolder(path.basename(settings.bundle), where);
    this.agent = this.rights.register();
    const downloads = this.nothingMissing(reach.internet);
    this.prepared = this.rights.prepare() && downloads;
    this.provide();
    this.meetsClients = this.nothingMissing(reach.clients);
    this.meetsDatabase = this.nothingMissing(reach.database);
    this.real = site.realHosts?.machineOf(computer.node, where);
    if (this.prepared) this.real?.boot();
  }

  /** A gap in the network fails the run: a deployment would have it. */
  private nothingMissing(gaps: readonly string[]): boolean {
    for (const gap of gaps) this.site.judge.outOfReach(gap);
    return gaps.length === 0;
  }

  /** What a boot does, in its order. */
  private provide(): void {
    const unlocked = this.rights.unlock();
    this.certified ||= this.prepared && unlocked;
    this.startable = this.rights.log() && unlocked && this.prepared;
    this.containers = this.startable;
    this.stores = this.rights.store();
  }

  /** A client gets an answer that went through nginx, Orthanc, the database and the bucket. */
  get serves(): boolean {
    return this.answers && this.meetsClients;
  }

  /** The same answer for who asks on the host itself. */
  private get answers(): boolean {
    const inside = this.sound && this.stores && this.database === 'reached';
    return inside && (this.real?.seen().serves ?? true);
  }

  /** What comes of a connection to the database. */
  private get database(): 'reached' | 'refused' | 'silent' {
    const { available, failing } = this.site.database;
    if (failing || !this.meetsDatabase) return 'silent';
    return available ? 'reached' : 'refused';
  }

  /** Nothing is wrong with the host itself, whatever the database does. */
  get sound(): boolean {
    return this.awake && this.containers && this.listens;
  }

  /** All is well but for nginx, which takes no new connections. */
  get drained(): boolean {
    return this.awake && this.containers && !this.listens;
  }

  private get listens(): boolean {
    return this.real?.seen().listens ?? this.listening;
  }

  /** It serves, or did at some time since this instant (epoch milliseconds). */
  servedSince(instant: number): boolean {
    return this.serves || this.servedLast >= instant;
  }

  /** To be called before anything changes that `serves` hangs on, by the world. */
  noteServing(): void {
    if (this.serves) this.servedLast = this.world.clock.now;
  }

  /** The operating system runs: EC2's instance status check would pass. */
  get awake(): boolean {
    return this.on && this.hangs === 0;
  }

  /** The operating system hangs from now on (1), or no longer for one of the reasons (-1). */
  hang(more: 1 | -1): void {
    this.world.noteServing();
    this.hangs += more;
    if (this.hangs > 0) this.real?.switchOff('crash');
    if (this.hangs === 0 && this.on) this.boot();
  }

  /** The agent answers nobody from now on (1), or does again for one of the reasons (-1). */
  silence(more: 1 | -1): void {
    this.silences += more;
  }

  /** The Systems Manager agent answers. */
  get online(): boolean {
    return this.awake && this.agent && this.silences === 0;
  }

  boot(): void {
    const { clock } = this.world;
    const chance = this.world.chance(`boot ${this.id}`);
    const boot = ++this.boots;
    this.world.noteServing();
    this.on = true;
    this.agent = false;
    this.containers = false;
    this.listening = true;
    if (this.prepared) this.real?.boot();
    const unlessGone = (act: () => void) => () => {
      if (this.on && this.boots === boot) act();
    };
    clock.after(
      chance.between(20_000, 50_000),
      unlessGone(() => {
        this.agent = this.rights.register();
      }),
    );
    clock.after(
      chance.between(45_000, 95_000),
      unlessGone(() => {
        this.provide();
      }),
    );
  }

  shutDown(): void {
    this.world.noteServing();
    this.on = false;
    this.agent = false;
    this.containers = false;
    this.real?.switchOff('power off');
  }

  /** Runs a script and calls back when it ends; a host that goes down never answers. */
  run(
    script: string,
    done: (result: ScriptResult) => void,
    parameters: Readonly<Record<string, string>> = {},
  ): void {
    const written = writtenBy(script, this.bundle);
    const { clock } = this.world;
    const chance = this.world.chance(`${script} ${this.id}`);
    const boot = this.boots;
    const [shortest, longest] = SCRIPTS[script]?.seconds ?? [0, 0];
    const seconds = chance.between(shortest, longest);
    if (script === 'drain') {
      this.world.noteServing();
      this.listening = false;
    }
    const real = this.real?.run(script, parameters);
    clock.after(seconds * 1000, () => {
      if (!this.online || this.boots !== boot) return;
      if (script === 'undrain') {
        this.listening = true;
        this.containers = this.startable;
      }
      this.writePair(`${script} of ${clock.iso()}`, written);
      if (real) done({ ok: real.code === 0, code: real.code, output: real.output });
      else done(script === 'probe' ? this.probe() : { ok: true, output: '{}' });
    });
  }

  private writePair(generation: string, written: ReturnType<typeof writtenBy>): void {
    if (written.key) this.pair.key = generation;
    if (written.certificate) this.pair.certificate = generation;
    if (written.key || written.certificate) {
      this.site.judge.certificateChanged(this.id, this.pair.key, this.pair.certificate);
    }
  }

  private probe(): ScriptResult {
    return probed({
      drained: !this.listening,
      certified: this.certified,
      listens: this.containers && this.listening,
      database: this.database,
      stores: this.stores,
    });
  }
}
