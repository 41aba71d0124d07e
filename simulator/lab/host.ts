import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { type Ended, ended } from './command.ts';
import { Ground } from './ground.ts';
import type { Network } from './network.ts';
import { type CommandDocument, type Invocation, invoke } from './ssm-agent.ts';

export type NodeName = 'a' | 'b';

/** What a host is made with: what CloudFormation and its user data give it. */
export interface HostOptions {
  readonly name: NodeName;
  /** Files in /opt/orthweb before the bundle comes, by name. */
  readonly files: Readonly<Record<string, string>>;
  /** `s3://bucket/key` of its bundle. */
  readonly bundle: string;
  /** Its address in AWS's region. */
  readonly region: string;
  /** The lab's names, as lines of /etc/hosts. */
  readonly names: string;
  /** Size of its disk, as mount takes it. */
  readonly disk: string;
}

/** A line of a host's journal. */
export interface JournalLine {
  readonly unit: string;
  readonly line: string;
}

const ENVIRONMENT = { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin', LANG: 'C.UTF-8' };

interface Power {
  /** Its first process, as the lab's own process sees it. */
  readonly pid: number;
  readonly off: Promise<unknown>;
}

/**
 * A host of a site: a machine of its own as EC2 gives one, with a disk that stays when it is switched
 * off and memory that does not.
 */
export class Host {
  readonly name: NodeName;
  /** What systemd and Docker have said since the lab began. */
  readonly journal: JournalLine[] = [];
  readonly #ground: Ground;
  readonly #network: Network;
  readonly #options: HostOptions;
  #power: Power | undefined;
  #prepared = false;

  constructor(ground: Ground, network: Network, options: HostOptions) {
    this.name = options.name;
    this.#ground = ground;
    this.#network = network;
    this.#options = options;
  }

  get running(): boolean {
    return this.#power !== undefined;
  }

  /** Makes its disk. */
  async create(): Promise<void> {
    const disk = ['bash', '/mnt/repository/simulator/lab/disk.sh', this.name, this.#options.disk];
    await this.#ground.do(disk, { input: this.#options.names });
  }

  /** Where a file of its disk lies on this machine, running or not: in etc, opt, usr/local or var. */
  disk(file = ''): string {
    return `${this.#ground.path(`hosts/${this.name}/disk`)}/${file}`;
  }

  /** The socket at which it reaches AWS. */
  get aws(): string {
    return this.#ground.path(`hosts/${this.name}/aws/socket`);
  }

  /**
   * Switches it on; done when each enabled unit has been started or has failed. The first time it is
   * prepared too, as compose/host/first-boot.sh does on a host that has its packages.
   */
  async boot(): Promise<void> {
    if (this.#power) throw new Error(`Host ${this.name} is running already.`);
    await this.#network.plug(this.name);
    const machine = ['bash', '/mnt/repository/simulator/lab/machine.sh', this.name];
    const namespaces = ['--mount', '--pid', '--uts', '--fork', '--kill-child'];
    const [enter = '', ...entry] = this.#ground.entry(this.name);
    const child = spawn(
      enter,
      [...entry, 'unshare', ...namespaces, '--propagation', 'private', ...machine],
      { cwd: '/', stdio: ['ignore', 'pipe', 'pipe'] },
    );
    const off = once(child, 'exit').finally(() => {
      this.#power = undefined;
    });
    const complaint = text(child.stderr);
    const reached = new Map<string, () => void>();
    const reach = (what: string) => new Promise<void>((resolve) => reached.set(what, resolve));
    const [basic, multiUser] = [reach('basic'), reach('multi-user')];
    createInterface({ input: child.stdout }).on('line', (line) => {
      const said = JSON.parse(line) as { pid?: number; reached?: string } & Partial<JournalLine>;
      if (said.pid !== undefined) this.#power = { pid: said.pid, off };
      if (said.reached !== undefined) reached.get(said.reached)?.();
      if (said.line !== undefined) this.journal.push({ unit: said.unit ?? '', line: said.line });
    });
    const failed = off.then(async () => {
      throw new Error(`Host ${this.name} went off while it booted: ${await complaint}`);
    });
    await Promise.race([basic, failed]);
    if (!this.#prepared) await this.#prepare();
    await Promise.race([multiUser, failed]);
  }

  /** Shuts it down in order; done when it is off. */
  async powerOff(): Promise<void> {
    const { pid, off } = this.#on();
    process.kill(pid, 'SIGTERM');
    await off;
    await this.#network.unplug(this.name);
  }

  /** Pulls the plug: nothing on it does anything more, and nobody is told. */
  async crash(): Promise<void> {
    const { pid, off } = this.#on();
    await this.#network.silence(this.name, true);
    process.kill(pid, 'SIGKILL');
    await off;
    await this.#network.speak(this.name, false);
    await this.#network.unplug(this.name);
  }

  /** It runs on, but nothing comes through to it or from it. */
  silence(): Promise<void> {
    return this.#network.silence(this.name, this.running);
  }

  speak(): Promise<void> {
    return this.#network.speak(this.name, this.running);
  }

  /** Runs any command on it as root; it is ended after so many seconds. */
  async run(command: readonly string[], seconds = 60): Promise<Ended> {
    const limit = ['timeout', '--kill-after=2', String(seconds)];
    return ended([...Ground.entryOf(this.#on().pid), ...limit, ...command], { env: ENVIRONMENT });
  }

  /** The first process of each of its containers that runs, and since when that does. */
  async containers(): Promise<Readonly<Record<string, string>>> {
    const { stdout } = await this.run([
      'bash',
      '-c',
      `for name in nginx orthanc; do
        pid=$(docker inspect --format '{{.State.Pid}}' "orthweb-$name-1") && ((pid > 0)) || continue
        echo "$name $pid since $(cut -d ' ' -f 22 "/proc/$pid/stat")"
      done`,
    ]);
    const lines = stdout
      .trim()
      .split('\n')
      .filter((line) => line !== '');
    return Object.fromEntries(lines.map((line) => [line.split(' ')[0] ?? '', line]));
  }

  /** Runs a document of Systems Manager on it. */
  send(
    document: CommandDocument,
    parameters?: Readonly<Record<string, string>>,
  ): Promise<Invocation> {
    return invoke((command) => this.run(command, 3600), document, parameters);
  }

  #on(): Power {
    if (this.#power) return this.#power;
    throw new Error(`Host ${this.name} is off: boot() it first.`);
  }

  async #prepare(): Promise<void> {
    const { files, bundle, region } = this.#options;
    for (const [name, content] of Object.entries(files)) {
      await this.#must(['sh', '-c', 'printf %s "$2" >"/opt/orthweb/$1"', 'write', name, content]);
    }
    const fetch = `aws s3 cp --only-show-errors --region ${region} ${bundle} /tmp/bundle`;
    await this.#must([
      'bash',
      '-ec',
      `${fetch}; unzip -q -o /tmp/bundle -d /opt/orthweb; rm /tmp/bundle; basename ${bundle} .zip >/opt/orthweb/bundle`,
    ]);
    await this.#must(['bash', '/opt/orthweb/host/install.sh']);
    await this.#must(['systemctl', 'start', 'multi-user.target']);
    this.#prepared = true;
  }

  async #must(command: readonly string[]): Promise<void> {
    const { code, stdout, stderr } = await this.run(command, 300);
    if (code === 0) return;
    const said = [stdout, stderr, ...this.journal.slice(-20).map(({ line }) => line)].join('\n');
    throw new Error(`Host ${this.name}: ${command.join(' ')}: ended with ${code}: ${said}`);
  }
}
