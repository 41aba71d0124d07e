import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { type Ended, ended, signalled } from '../command.ts';
import { imageOf } from '../differences.ts';
import type { Service } from './compose-file.ts';
import { Health } from './health.ts';
import { environmentOf, prepared, privileges } from './isolation.ts';
import { Restarts } from './restarts.ts';

export type ContainerState = 'created' | 'running' | 'restarting' | 'exited';

const ROOT = '/mnt/repository/simulator/lab/docker/root.sh';
/** What comes before a program so that its output is a pipe, as from Docker: it can be opened by name. */
const PIPED = [
  ...['/usr/bin/bash', '--norc', '-c', 'exec "$@" > >(exec cat 3>&-) 2> >(exec cat >&2 3>&-)'],
  'container',
];
const KEPT_LINES = 2000;

/** What Docker remembers of a container when it is not there itself. */
export interface Remembered {
  readonly service: Service;
  readonly state: ContainerState;
  readonly exitCode: number;
}

/** A container: a program with a root, processes and rights of its own. */
export class Container {
  readonly service: Service;
  state: ContainerState = 'created';
  exitCode = 0;
  /** Its first process, as the host sees it. */
  pid = 0;
  readonly health: Health;
  readonly #changed: () => void;
  readonly #restarts = new Restarts();
  readonly #logs: string[] = [];
  #child: ChildProcess | undefined;
  #launching: Promise<void> | undefined;
  #over: Promise<void> = Promise.resolve();

  constructor(service: Service, changed: () => void) {
    this.service = service;
    this.#changed = changed;
    this.health = new Health(service.healthcheck, (test) => this.exec(test));
  }

  get name(): string {
    return `orthweb-${this.service.name}-1`;
  }

  /** As before its host was switched off: what ran then has ended, as nobody knows how. */
  remember({ state, exitCode }: Remembered): void {
    const ran = state === 'running' || state === 'restarting';
    this.state = ran ? 'exited' : state;
    this.exitCode = ran ? 255 : exitCode;
  }

  /** Done when its program runs; throws when its root cannot be made. */
  async start(): Promise<void> {
    if (this.state === 'running') return;
    this.#restarts.begin();
    await this.#launch();
  }

  /** Asks it to end, then makes it; Docker does not start it again. */
  async stop(seconds = this.service.stopSeconds): Promise<void> {
    this.#restarts.cancel();
    if (this.state === 'restarting') this.#becomes('exited');
    // One that is being made has no process yet that could be asked.
    await this.#launching?.catch(() => undefined);
    if (this.#child === undefined) return;
    this.kill(this.service.stopSignal);
    const late = setTimeout(() => this.kill('SIGKILL'), seconds * 1000);
    await this.#over;
    clearTimeout(late);
  }

  /** Sends a signal to its first process; after one that is to end it Docker leaves it at that. */
  kill(signal: string): void {
    const name = signal.startsWith('SIG') ? signal : `SIG${signal}`;
    if (name === this.service.stopSignal || name === 'SIGKILL') this.#restarts.cancel();
    if (this.#child !== undefined && this.pid > 0) process.kill(this.pid, name as NodeJS.Signals);
  }

  /** Runs a program in it, as the user that its own program has. */
  exec(command: readonly string[]): Promise<Ended> {
    const target = ['--target', String(this.pid), '--mount', '--pid', '--uts', '--'];
    return ended(
      [...PIPED, '/usr/bin/nsenter', ...target, ...privileges(this.service), ...command],
      { env: environmentOf(this.service) },
    );
  }

  logs(lines: number): readonly string[] {
    return this.#logs.slice(-lines);
  }

  /** Somebody may start it while Docker does so again: one program of two would keep the ports to itself. */
  #launch(): Promise<void> {
    this.#launching ??= this.#make().finally(() => {
      this.#launching = undefined;
    });
    return this.#launching;
  }

  async #make(): Promise<void> {
    const image = imageOf(this.service.image);
    const program = [...image.entry, ...this.service.command];
    const words = program.length > 0 ? program : ['nginx', '-g', 'daemon off;'];
    const namespaces = ['--mount', '--pid', '--uts', '--fork', '--kill-child'];
    const child = spawn(
      '/usr/bin/bash',
      [
        ...PIPED.slice(1),
        ...['/usr/bin/unshare', ...namespaces, '--propagation', 'private', '/usr/bin/bash', ROOT],
        ...[prepared(this.service, image), ...privileges(this.service), ...words],
      ],
      { cwd: '/', env: environmentOf(this.service), stdio: ['ignore', 'pipe', 'pipe', 'pipe'] },
    );
    this.#child = child;
    let ready = 0;
    this.#over = new Promise((resolve) => {
      child.on('exit', (code, signal) => {
        this.#exited(code ?? signalled(signal), ready);
        resolve();
      });
    });
    const complaints: string[] = [];
    for (const stream of [child.stdout, child.stderr] as Readable[]) {
      createInterface({ input: stream }).on('line', (line) => {
        complaints.push(line);
        this.#log(line);
      });
    }
    const said: string[] = [];
    for await (const line of createInterface({ input: child.stdio[3] as Readable })) {
      said.push(line);
      this.pid = Number(said[0]);
      if (line !== 'ready') continue;
      ready = Date.now();
      // The process that waits for it keeps the pipe open.
      break;
    }
    if (ready === 0) {
      await this.#over;
      await new Promise((resolve) => setTimeout(resolve, 50));
      throw new Error(`Error response from daemon: ${complaints.join(' ')}`);
    }
    // It may have ended already.
    if (this.#child !== child) return;
    this.#becomes('running');
    this.health.begin();
  }

  /** `began` is when its program did, or 0 if it never did: then Docker does not try again. */
  #exited(code: number, began: number): void {
    this.#child = undefined;
    this.pid = 0;
    this.exitCode = code;
    this.health.end();
    const again =
      began > 0 &&
      code !== 0 &&
      this.service.restart === 'on-failure' &&
      this.#restarts.next((Date.now() - began) / 1000, () => this.#launch());
    this.#becomes(again ? 'restarting' : 'exited');
  }

  #becomes(state: ContainerState): void {
    this.state = state;
    this.#changed();
  }

  #log(line: string): void {
    this.#logs.push(`${new Date().toISOString()} ${line}`);
    if (this.#logs.length > KEPT_LINES) this.#logs.shift();
  }
}
