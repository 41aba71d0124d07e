import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';

/** How a program ended, and what it said. A program that a signal ended has 128 and its number. */
export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CommandOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** What it reads on stdin; nothing, unless given. */
  readonly input?: string;
}

/** Runs a program to its end, whatever that is. */
export async function ended(
  [program = '', ...args]: readonly string[],
  { env, input }: CommandOptions = {},
): Promise<Ended> {
  // A shell whose stdin is a socket, as Node's pipes are, takes itself for a remote login.
  const child = spawn(program, args, {
    stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
    cwd: '/',
    ...(env && { env }),
  });
  const { stdin, stdout, stderr } = child;
  if (!stdout || !stderr) throw new Error(`${program} has no pipes.`);
  const over = new Promise<number>((resolve, reject) => {
    child.on('error', reject).on('close', (code, signal) => resolve(code ?? signalled(signal)));
  });
  // A program may end before it has read what it is given.
  stdin?.on('error', () => undefined).end(input);
  const [code, out, err] = await Promise.all([over, text(stdout), text(stderr)]);
  return { code, stdout: out, stderr: err };
}

/** Runs a program that must do what it is asked; throws with its last words when it does not. */
export async function done(command: readonly string[], options?: CommandOptions): Promise<string> {
  const { code, stdout, stderr } = await ended(command, options);
  if (code === 0) return stdout;
  throw new Error(`${command.join(' ').slice(0, 400)}: ended with ${code}: ${stderr || stdout}`);
}

const SIGNALS: Readonly<Record<string, number>> = {
  SIGTERM: 15,
  SIGKILL: 9,
  SIGQUIT: 3,
  SIGINT: 2,
};

/** What a shell says of a program that was ended by a signal. */
export const signalled = (signal: string | null): number => 128 + (SIGNALS[signal ?? ''] ?? 1);

/** A word as bash reads it, whatever is in it. */
export const quoted = (word: string): string => `'${word.replaceAll("'", "'\\''")}'`;
