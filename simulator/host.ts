import path from 'node:path';
import { NotModelled } from './aws-error.ts';
import { type Ailment, Ailments, type Service } from './host-ailments.ts';
import { probed } from './host-probe.ts';
import { type Computer, HostRights } from './host-rights.ts';
import { assertIn, SCRIPTS } from './host-scripts.ts';
import { type Course, type Generation, HostTls, type Nginx, type Served } from './host-tls.ts';
import type { Chance } from './random.ts';
import type { RealHost } from './real-hosts.ts';
import type { RsaKey } from './rsa-key.ts';
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
  readonly node: string;
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
  /** What containers start with is there: secrets, credentials, and a place for their log. */
  private startable = false;
  /** They may put images into the bucket and get them back. */
  private mayStore = false;
  /** Clients have a way to it through the network. */
  private readonly meetsClients: boolean;
  /** It has one to the database. */
  private readonly meetsDatabase: boolean;
  /** nginx takes connections; a drain ends that until the next boot. */
  private listening = true;
  private boots = 0;
  private readonly pairs: HostTls;
  private readonly ailments = new Ailments();
  /** The scripts that are changing it right now. */
  private readonly changing: string[] = [];
  private hangs = 0;
  private silences = 0;
  private servedLast = Number.NEGATIVE_INFINITY;

  constructor(site: Site, id: string, computer: Computer, reach: Reach) {
    const { world } = site;
    this.site = site;
    this.world = world;
    this.id = id;
    this.node = computer.node;
    this.pairs = new HostTls(site.name, computer.node, () => world.clock.now);
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
    if (this.prepared && unlocked) this.pairs.begin(this.world.chance(`certificate ${this.id}`));
    this.startable = this.rights.log() && unlocked && this.prepared;
    this.containers = this.startable;
    this.pairs.restart();
    this.mayStore = this.rights.store();
  }

  /** A client gets an answer that went through nginx, Orthanc, the database and the bucket. */
  get serves(): boolean {
    return this.answers && this.meetsClients;
  }

  /** The same answer for who asks on the host itself. */
  private get answers(): boolean {
    const inside = this.sound && this.stores && this.deep === 200;
    return inside && (this.real?.seen().serves ?? this.pairs.isTrusted);
  }

  /**
   * The bucket takes their images and gives them back. A clock that is too far off makes signatures
   * that S3 refuses.
   */
  private get stores(): boolean {
    return this.mayStore && this.rights.imagesAreOpen && this.ailments.clockOffset === 0;
  }

  /** What comes of a connection to the database. */
  private get database(): 'reached' | 'refused' | 'silent' {
    return this.meetsDatabase ? this.site.database.door : 'silent';
  }

  /** Nothing is wrong with the host itself, whatever the database does. */
  get sound(): boolean {
    return this.awake && this.listens && this.nginx === 'runs' && this.orthanc === 200;
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

  /** What is live on it, and what its nginx has taken up of that. */
  get tls(): Served {
    return this.pairs;
  }

  /**
   * What comes of a connection to its ports, for those who have a way to it: the kernel takes one for
   * an nginx that hangs, and nobody answers.
   */
  get door(): 'open' | 'refused' | 'silent' | 'hung' {
    if (!this.awake) return 'silent';
    if (this.nginx === 'hung') return 'hung';
    return this.nginx === 'runs' && this.listens ? 'open' : 'refused';
  }

  /**
   * What nginx answers for Orthanc alone: 502 where nobody takes its connections, 504 where whoever
   * takes them says nothing.
   */
  get orthanc(): 200 | 502 | 504 {
    const state = this.stateOf('orthanc');
    return state === 'runs' ? 200 : state === 'down' ? 502 : 504;
  }

  /**
   * What nginx answers for Orthanc with its database: 503 is Orthanc's word that it has none, or
   * one that is full; for a database that says nothing Orthanc waits longer than nginx does.
   */
  get deep(): 200 | 502 | 503 | 504 {
    if (this.orthanc !== 200) return this.orthanc;
    if (this.database === 'silent') return 504;
    const refused = !this.site.database.available || this.ailments.has('refused password');
    return refused || this.real?.seen().serves === false ? 503 : 200;
  }

  private stateOf(service: Service): 'runs' | 'down' | 'hung' {
    return this.containers ? this.ailments.stateOf(service) : 'down';
  }

  /** What it does takes its clients some seconds, which all of them bear. */
  get isSlow(): boolean {
    return this.ailments.has('slowness');
  }

  /** What EC2's status checks find, when they look. */
  get failing(): Readonly<Record<'system' | 'instance' | 'volume', boolean>> {
    return {
      system: this.ailments.has('dead machine'),
      instance: this.on && !this.awake,
      volume: this.ailments.has('hung disk'),
    };
  }

  /** A key that it has made. */
  nextKey(): RsaKey {
    return this.pairs.nextKey();
  }

  /** It has had this pair before anything is played. */
  adopt(issued: Generation): void {
    this.pairs.adopt(issued);
  }

  /** A script that changes it is running. */
  get isChanging(): boolean {
    return this.changing.length > 0;
  }

  /** To be called before anything changes that `serves` hangs on, by the world. */
  noteServing(): void {
    if (this.serves) this.servedLast = this.world.clock.now;
  }

  /** The operating system runs: EC2's instance status check would pass. */
  get awake(): boolean {
    return this.on && this.hangs === 0 && !this.ailments.has('dead machine');
  }

  /** This is wrong with it from now on, until what is returned is called. */
  suffer(ailment: Ailment): () => void {
    this.world.noteServing();
    this.ailments.add(ailment);
    if (ailment.is === 'dead machine') this.real?.switchOff('crash');
    this.checked();
    return () => {
      this.world.noteServing();
      if (!this.ailments.remove(ailment)) return;
      // What is started again takes up what is live; what only hung has not missed anything.
      if (ailment.is === 'dead' && ailment.service === 'nginx') this.pairs.restart();
      if (ailment.is === 'dead machine' && this.awake) this.boot();
      this.checked();
    };
  }

  /** The instance that it is on has another machine, as after each stop and start. */
  moved(): void {
    this.ailments.moved();
  }

  private checked(): void {
    this.site.node(this.node)?.checks.lookSoon();
  }

  /** The operating system hangs from now on (1), or no longer for one of the reasons (-1). */
  hang(more: 1 | -1): void {
    this.world.noteServing();
    this.hangs += more;
    if (this.hangs > 0) this.real?.switchOff('crash');
    if (this.hangs === 0 && this.awake) this.boot();
    this.checked();
  }

  /** The agent answers nobody from now on (1), or does again for one of the reasons (-1). */
  silence(more: 1 | -1): void {
    this.silences += more;
  }

  /** The Systems Manager agent answers. */
  get online(): boolean {
    return this.awake && this.agent && this.silences === 0 && !this.ailments.has('hung disk');
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
    this.ailments.rebooted();
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
    assertIn(this.bundle, script);
    const known = SCRIPTS[script];
    if (!known) throw new NotModelled(`what ${script}.sh does to a host is not modelled`);
    const { clock } = this.world;
    const chance = this.world.chance(`${script} ${this.id}`);
    const takes = known.takes(chance) * (this.isSlow ? SLOWNESS : 1);
    const boot = this.boots;
    const unlessGone = (act: () => void) => () => {
      if (this.online && this.boots === boot) act();
    };
    if (known.changes && [script, ...this.changing].some(ofCertificates) && this.isChanging) {
      clock.after(
        REFUSAL_MS,
        unlessGone(() => done(LOCKED)),
      );
      return;
    }
    const fails = this.site.faults.failsScript(this.node, script);
    if (known.changes) this.changing.push(script);
    if (script === 'drain') {
      this.world.noteServing();
      this.listening = false;
    }
    const real = fails ? undefined : this.real?.run(script, parameters);
    const course = fails ? undefined : this.courseOf(script, parameters, { chance, takes });
    for (const { at, act } of course?.steps ?? []) {
      clock.after(
        takes * at,
        unlessGone(() => {
          this.world.noteServing();
          act();
          this.site.judge.certificatesChanged(this.node, this.pairs);
        }),
      );
    }
    clock.after(takes, () => {
      if (known.changes) this.changing.splice(this.changing.indexOf(script), 1);
      if (!this.online || this.boots !== boot) return;
      if (script === 'undrain') {
        this.listening = true;
        this.containers = this.startable;
        this.pairs.restart();
      }
      const result = this.resultOf(script, fails, course);
      if (real?.code === 0) this.pairs.follow(script, parameters);
      const ended = real ? { ok: real.code === 0, code: real.code, output: real.output } : result;
      if (known.changes) this.site.judge.scriptEnded(script, this.node, this, ended.ok);
      done(ended);
    });
  }

  /** A person updates it for so many ms: in the middle its containers are started again. */
  update(takes: number, done: () => void): void {
    const { clock } = this.world;
    const boot = this.boots;
    const unlessGone = (act: () => void) => () => {
      if (this.online && this.boots === boot) act();
    };
    this.changing.push('update');
    clock.after(
      takes / 2,
      unlessGone(() => {
        this.world.noteServing();
        this.containers = false;
      }),
    );
    clock.after(
      takes / 2 + Math.min(RESTART_MS, takes / 4),
      unlessGone(() => {
        this.world.noteServing();
        this.containers = this.startable;
        this.pairs.restart();
      }),
    );
    clock.after(takes, () => {
      this.changing.splice(this.changing.indexOf('update'), 1);
      unlessGone(done)();
    });
  }

  private get nginx(): Nginx | 'hung' {
    return this.listening ? this.stateOf('nginx') : 'drained';
  }

  /** What a script does to the pairs of the model; a machine does it itself. */
  private courseOf(
    script: string,
    parameters: Readonly<Record<string, string>>,
    { chance, takes }: { readonly chance: Chance; readonly takes: number },
  ): Course | undefined {
    if (this.real) return undefined;
    // One that hangs takes up no certificate either.
    const nginx = this.nginx === 'hung' ? 'down' : this.nginx;
    switch (script) {
      case 'certificate-request':
        return this.pairs.request(chance);
      case 'certificate-install':
        return this.pairs.install(parameters, nginx, Math.round(takes / 100) / 10);
      case 'certificate-rollback':
        return this.pairs.rollback(parameters, nginx);
      default:
        return undefined;
    }
  }

  private resultOf(script: string, fails: boolean, course: Course | undefined): ScriptResult {
    if (fails) return failed(script, this.pairs.live?.id);
    if (script === 'probe') return this.probe();
    return course?.end() ?? { ok: true, output: '{}' };
  }

  private probe(): ScriptResult {
    return probed({
      drained: !this.listening,
      tls: this.pairs,
      now: this.world.clock.now,
      nginx: this.nginx,
      orthanc: this.orthanc,
      deep: this.deep,
      database: this.database,
      stores: this.stores,
      ailments: this.ailments,
      bundle: path.basename(this.bundle),
    });
  }
}

/** So much longer everything takes on a host that is slow: a probe stays below its ten seconds. */
const SLOWNESS = 3;

const ofCertificates = (script: string): boolean => script.startsWith('certificate-');

/** For so long containers are down when all are started again. */
const RESTART_MS = 60_000;

/** What a script takes to see that another one holds the lock. */
const REFUSAL_MS = 100;
const LOCKED: ScriptResult = {
  ok: false,
  code: 75,
  output: JSON.stringify({
    reason: 'another script is changing this host. Try again when it has ended.',
  }),
};

/** What a script says that has come to nothing and has put back what it changed. */
function failed(script: string, generation = ''): ScriptResult {
  const reason = 'nginx did not reload: injected';
  const lines: Readonly<Record<string, object>> = {
    'certificate-request': { phase: 'preflight', reason: 'the key was not made: injected' },
    'certificate-install': { installed: false, phase: 'serving', restored: true, reason },
    'certificate-rollback': { restored: false, generation, reason },
  };
  return { ok: false, code: 1, output: JSON.stringify(lines[script] ?? { reason: 'injected' }) };
}
