import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { type CommandOptions, done, type Ended, ended } from './command.ts';
import { LabImpossible } from './requirements.ts';

const REPOSITORY = path.join(import.meta.dirname, '../..');

/** Where each namespace of a process can be entered. */
const namespace = (pid: number, kind: string): string => `--${kind}=/proc/${pid}/ns/${file(kind)}`;
const file = (kind: string): string => (kind === 'mount' ? 'mnt' : kind);

/**
 * The ground that a lab stands on: namespaces of mounts, processes and network that nobody else is in.
 *
 * Everything in a lab is made on it, and the kernel takes it all away with its first process: when
 * the lab is removed, and also when the lab's own process dies in whatever way, because the first
 * process waits for the end of a pipe.
 */
export class Ground {
  /** Its first process. */
  readonly pid: number;
  readonly #end: () => Promise<void>;

  private constructor(pid: number, end: () => Promise<void>) {
    this.pid = pid;
    this.#end = end;
  }

  static async start(): Promise<Ground> {
    const child = spawn(
      'unshare',
      [
        ...['--mount', '--pid', '--fork', '--kill-child', '--net', '--propagation', 'private'],
        ...['bash', path.join(import.meta.dirname, 'ground.sh'), REPOSITORY, process.execPath],
      ],
      { stdio: ['pipe', 'pipe', 'pipe'], cwd: '/' },
    );
    const over = once(child, 'close');
    const complaint = text(child.stderr);
    const lines = createInterface({ input: child.stdout });
    const pid = await Promise.race([once(lines, 'line'), over.then(() => undefined)]);
    if (pid === undefined) {
      throw new LabImpossible(
        `The lab cannot make namespaces here: ${(await complaint).trim()}. It needs Linux, root and ` +
          'the right to mount (in a container: --privileged).',
      );
    }
    return new Ground(Number(pid[0]), async () => {
      child.stdin.end();
      await over;
    });
  }

  /** Where something in the lab's own folder lies, as seen from outside. */
  path(name: string): string {
    return `/proc/${this.pid}/root/mnt/${name}`;
  }

  /** The numbers of all processes on this ground, of hosts and containers too, as seen on it. */
  get processes(): string {
    return `/proc/${this.pid}/root/proc`;
  }

  /** Runs a program on the ground, or in the network of one of the lab's machines. */
  run(command: readonly string[], options?: GroundOptions): Promise<Ended> {
    return ended([...this.entry(options?.network), ...command], options);
  }

  /** Runs a program that must do what it is asked. */
  do(command: readonly string[], options?: GroundOptions): Promise<string> {
    return done([...this.entry(options?.network), ...command], options);
  }

  /** What comes before a command that is to run here. */
  entry(network?: string): string[] {
    const net =
      network === undefined
        ? namespace(this.pid, 'net')
        : `--net=/proc/${this.pid}/root/run/netns/${network}`;
    return ['nsenter', ...['mount', 'pid'].map((kind) => namespace(this.pid, kind)), net, '--'];
  }

  /** What comes before a command that is to run with a process that has namespaces of its own. */
  static entryOf(pid: number): string[] {
    const kinds = ['mount', 'pid', 'net', 'uts'];
    return ['nsenter', ...kinds.map((kind) => namespace(pid, kind)), '--'];
  }

  remove(): Promise<void> {
    return this.#end();
  }
}

export interface GroundOptions extends CommandOptions {
  /** The machine of the lab whose network it uses. */
  readonly network?: string;
}
