import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { signalled } from '../command.ts';
import type { Command, ServiceUnit, Unit } from './unit-file.ts';

export type State = 'inactive' | 'activating' | 'active' | 'failed';

/** Where lines go that a unit prints: the host's journal. */
export type Journal = (unit: string, line: string) => void;

const ENVIRONMENT = { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin', LANG: 'C.UTF-8' };
const SANDBOX = '/mnt/repository/simulator/lab/systemd/sandbox.sh';

/** A service of Type=oneshot: a command that runs to its end, now and then again. */
export class Service {
  state: State = 'inactive';
  readonly #journal: Journal;
  #unit: Unit;
  #service: ServiceUnit;
  #starting: Promise<boolean> | undefined;
  #again: NodeJS.Timeout | undefined;
  #pid: number | undefined;
  #starts: number[] = [];

  constructor(unit: Unit, service: ServiceUnit, journal: Journal) {
    this.#unit = unit;
    this.#service = service;
    this.#journal = journal;
  }

  get unit(): Unit {
    return this.#unit;
  }

  /** From now on it is what its file says now. */
  become(unit: Unit, service: ServiceUnit): void {
    this.#unit = unit;
    this.#service = service;
  }

  /** Whether it did what it is for. Who asks while it is at it gets the answer to that. */
  start(): Promise<boolean> {
    if (this.state === 'active') return Promise.resolve(true);
    this.#starting ??= this.#run().finally(() => {
      this.#starting = undefined;
    });
    return this.#starting;
  }

  /** Ends it: what runs is ended, and what was done is undone. */
  async stop(): Promise<void> {
    clearTimeout(this.#again);
    this.#again = undefined;
    const was = this.state;
    this.state = 'inactive';
    if (this.#pid !== undefined) {
      process.kill(-this.#pid, 'SIGTERM');
      await this.#starting;
      this.state = 'inactive';
      return;
    }
    if (was !== 'active') return;
    for (const command of this.#service.execStop) {
      const code = await this.#execute(command, this.#service.stopTimeoutSeconds);
      if (code !== 0) this.#journal(this.#unit.name, `ExecStop ended with ${code}`);
    }
  }

  async #run(): Promise<boolean> {
    clearTimeout(this.#again);
    this.#again = undefined;
    this.state = 'activating';
    this.#starts = [...this.#starts, Date.now()].slice(-5);
    for (const command of this.#service.execStart) {
      const code = await this.#execute(command, this.#service.startTimeoutSeconds);
      // Somebody has stopped it meanwhile.
      if ((this.state as State) === 'inactive') return false;
      if (code === 0) continue;
      this.#journal(this.#unit.name, `ExecStart ended with ${code}`);
      this.state = 'failed';
      this.#restart();
      return false;
    }
    this.state = this.#service.remainAfterExit ? 'active' : 'inactive';
    return true;
  }

  /** Again after a while, but not a sixth time within ten seconds. */
  #restart(): void {
    const { restartSeconds } = this.#service;
    const [first = 0] = this.#starts;
    const tooOften = this.#starts.length === 5 && Date.now() - first < 10_000;
    if (restartSeconds === undefined || tooOften) return;
    this.#again = setTimeout(() => void this.start(), restartSeconds * 1000);
  }

  async #execute(command: Command, seconds: number): Promise<number> {
    const { strict, privateTmp, writable } = this.#service.sandbox;
    const inside = strict || privateTmp || writable.length > 0;
    const places = [strict ? 'strict' : 'open', privateTmp ? 'private' : 'shared', ...writable];
    const line = inside
      ? ['unshare', '--mount', '/usr/bin/bash', SANDBOX, ...places, '--', ...command]
      : command;
    const child = spawn(line[0] ?? '', line.slice(1), {
      cwd: '/',
      env: ENVIRONMENT,
      // A group of its own, so that it ends with all that it has started.
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [child.stdout, child.stderr]) {
      createInterface({ input: stream }).on('line', (said) => this.#journal(this.#unit.name, said));
    }
    const { pid } = child;
    this.#pid = pid;
    const end = (signal: NodeJS.Signals) => pid !== undefined && process.kill(-pid, signal);
    const late = Number.isFinite(seconds)
      ? setTimeout(() => {
          this.#journal(this.#unit.name, `timed out after ${seconds} s`);
          end('SIGTERM');
        }, seconds * 1000)
      : undefined;
    const code = await new Promise<number>((resolve) => {
      child
        .on('error', () => resolve(203))
        .on('exit', (status, signal) => {
          resolve(status ?? signalled(signal));
        });
    });
    clearTimeout(late);
    this.#pid = undefined;
    return code;
  }
}
