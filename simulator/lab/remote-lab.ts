import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { createInterface } from 'node:readline';
import type { Done, Machines, Order } from '../machines.ts';
import type { LabOptions } from './lab.ts';
import { LabImpossible } from './requirements.ts';

const program = (name: string): string => path.join(import.meta.dirname, name);
const LONGEST_MS = 30 * 60_000;

/**
 * A lab in another process, for one whose time is not the true one. An order holds up this process
 * until it is done, and the other one goes when this one does, however it ends.
 */
export class RemoteLab implements Machines {
  readonly since = Date.now();
  readonly #socket: string;
  readonly close: () => Promise<void>;

  private constructor(socket: string, close: () => Promise<void>) {
    this.#socket = socket;
    this.close = close;
  }

  /** Throws `LabImpossible` where there can be none. */
  static async open(options: LabOptions): Promise<RemoteLab> {
    const child = spawn(process.execPath, [program('serve.ts')], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const over = once(child, 'exit');
    child.stdin.on('error', () => undefined).write(`${JSON.stringify(options)}\n`);
    const said = once(createInterface({ input: child.stdout }), 'line') as Promise<[string]>;
    const [line] = await Promise.race([said, over.then(() => ['{}'] as const)]);
    const { socket, impossible } = JSON.parse(line) as { socket?: string; impossible?: string };
    if (socket === undefined) throw new LabImpossible(impossible ?? 'The lab ended at once.');
    return new RemoteLab(socket, async () => {
      child.stdin.end();
      await over;
    });
  }

  do(order: Order): Done {
    const { status, stdout, stderr, error } = spawnSync(
      process.execPath,
      [program('order.ts'), this.#socket],
      { input: JSON.stringify(order), encoding: 'utf8', timeout: LONGEST_MS },
    );
    if (status === 0) return JSON.parse(stdout) as Done;
    throw new Error(`The lab did not carry out ${order.do}: ${error?.message ?? stderr.trim()}`);
  }
}
