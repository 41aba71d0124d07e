import { spawn } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';

/** This checkout's `compose/`, which is `/opt/orthweb` on a host. */
export const BUNDLE = path.join(import.meta.dirname, '../../../compose');

/** Stand-ins, then what the machine itself has. */
const USUAL_PATH = '/mnt/programs:/usr/sbin:/usr/bin';

interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * A host on which scripts run for real, as root, on this machine's programs.
 *
 * It is a folder. A command runs in namespaces of its own (mounts, processes, host name, network),
 * where the folder's `etc`, `opt`, `run`, `usr/local` and `tmp` stand over the machine's own, the
 * rest can only be read, and there is no network. The folder itself is `/mnt` there. It stays between
 * commands, so the test can read what a script left, and run the next one.
 */
export class Host {
  readonly #folder = mkdtempSync(path.join(tmpdir(), 'orthweb-host-'));

  constructor() {
    // What Amazon Linux has, then what is ours.
    const places = ['etc/systemd/system', 'opt/aws/bin', 'run', 'usr/local', 'tmp'];
    for (const place of [...places, 'programs', 'answers']) {
      mkdirSync(this.path(place), { recursive: true });
    }
    // The rest of this machine's /etc stays out: no script may count on what is in it.
    for (const file of ['passwd', 'group']) copyFileSync(`/etc/${file}`, this.path(`etc/${file}`));
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true });
  }

  /** Where a file of the host lies on this machine. */
  path(file: string): string {
    return path.join(this.#folder, file);
  }

  read(file: string): string {
    return readFileSync(this.path(file), 'utf8');
  }

  write(file: string, content: string, mode = 0o644): void {
    mkdirSync(path.dirname(this.path(file)), { recursive: true });
    writeFileSync(this.path(file), content, { mode });
  }

  /**
   * Puts a stand-in where a program would be: a name in PATH, or a path of the host's. `answer` is
   * bash: it sees the arguments, and `nth` prints how many calls there have been with this one.
   */
  program(name: string, answer: string): void {
    const file = this.path(name.includes('/') ? name : `programs/${name}`);
    copyFileSync(path.join(import.meta.dirname, 'program.sh'), file);
    this.write(`answers/${path.basename(name)}`, answer);
  }

  /** All calls of stand-ins in their order, or those of one: `systemctl daemon-reload`. */
  calls(program?: string): string[] {
    if (!existsSync(this.path('calls'))) return [];
    const calls = this.read('calls').trimEnd().split('\n');
    return calls.filter((call) => program === undefined || call.startsWith(`${program} `));
  }

  /** Runs a command to its end; with `programs: 'stand-ins'` it finds no other program by name. */
  async run(command: readonly string[], programs: 'usual' | 'stand-ins' = 'usual'): Promise<Ended> {
    const namespaces = ['--mount', '--pid', '--fork', '--kill-child', '--mount-proc'];
    const enter = path.join(import.meta.dirname, 'enter.sh');
    const found = programs === 'usual' ? USUAL_PATH : '/mnt/programs';
    const child = spawn(
      'unshare',
      [...namespaces, '--uts', '--net', 'bash', enter, this.#folder, found, ...command],
      { stdio: ['ignore', 'pipe', 'pipe'] },
    );
    const ended = new Promise<number | null>((resolve, reject) => {
      child.on('error', reject).on('close', resolve);
    });
    const [status, stdout, stderr] = await Promise.all([
      ended,
      text(child.stdout),
      text(child.stderr),
    ]);
    return { status, stdout, stderr };
  }
}
