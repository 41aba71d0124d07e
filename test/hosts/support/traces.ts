import { lstatSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { Host, NodeName } from '../../../simulator/lab/host.ts';
import type { Lab } from '../../../simulator/lab/lab.ts';
import { privateKeysIn } from '../../support/private-keys.ts';

/** Each file in memory, as its name and base64, one a line. */
const MEMORY = `shopt -s globstar dotglob nullglob
for file in /run/** /tmp/** /dev/shm/**; do
  [[ -f $file && ! -L $file ]] && printf '%s %s\\n' "$file" "$(base64 --wrap 0 <"$file")"
done`;

/** How often it looks at a process, which soon stays the program that it is. */
const LOOKS = 20;

/** All that a lab's site leaves anywhere, to be searched for what should be in few places. */
export class Traces {
  readonly #lab: Lab;
  /** What has been found, by where. */
  readonly #places = new Map<string, Buffer>();
  readonly #processes = new Set<string>();
  #watching = true;
  readonly #watched: Promise<void>;

  /** From now on it looks at processes: most of a script's end after a few milliseconds. */
  constructor(lab: Lab) {
    this.#lab = lab;
    this.#watched = this.#watch();
  }

  /** Adds what somebody has been told. */
  add(place: string, words: string): void {
    this.#places.set(place, Buffer.from(words));
  }

  /** Looks everywhere; what comes later is not seen. */
  async collect(): Promise<void> {
    this.#watching = false;
    await this.#watched;
    await Promise.all((['a', 'b'] as const).map((node) => this.#node(node)));
    this.add('database log', this.#lab.database.log);
    this.#disk('bucket', this.#lab.bucket, '/');
    this.add('processes', [...this.#processes].join('\n'));
  }

  /** The places in which any of these words stands. */
  of(...words: readonly string[]): string[] {
    return [...this.#places]
      .filter(([, content]) => words.some((word) => content.includes(word)))
      .map(([place]) => place)
      .sort();
  }

  /** The places in which there is a private key. */
  withPrivateKeys(): string[] {
    return [...this.#places]
      .filter(([, content]) => privateKeysIn(content).length > 0)
      .map(([place]) => place)
      .sort();
  }

  async #watch(): Promise<void> {
    const looks = new Map<string, number>();
    while (this.#watching) {
      for (const pid of this.#running()) {
        const often = looks.get(pid) ?? 0;
        looks.set(pid, often + 1);
        if (often < LOOKS) this.#look(pid);
      }
      await new Promise((resolve) => setTimeout(resolve, 3));
    }
    for (const pid of this.#running()) this.#look(pid);
  }

  #running(): string[] {
    return readdirSync(this.#lab.processes).filter((name) => /^\d+$/.test(name));
  }

  #look(pid: string): void {
    for (const file of ['cmdline', 'environ']) {
      try {
        this.#processes.add(readFileSync(path.join(this.#lab.processes, pid, file), 'utf8'));
      } catch {
        // It has ended.
      }
    }
  }

  async #node(node: NodeName): Promise<void> {
    const host = this.#lab[node];
    await this.#remember(node, host);
    this.#disk(node, host.disk(), '/');
    this.add(`${node} journal`, host.journal.map(({ line }) => line).join('\n'));
    for (const service of ['nginx', 'orthanc']) {
      await this.#remember(`${node} ${service}`, host, compose('exec', '-T', service));
      const logs = compose('logs', '--no-color', '--no-log-prefix', '--tail', '2000', service);
      this.add(`${node} ${service} logs`, (await host.run(logs)).stdout);
    }
  }

  async #remember(where: string, host: Host, inside: readonly string[] = []): Promise<void> {
    const { stdout, stderr } = await host.run([...inside, 'bash', '-c', MEMORY]);
    if (stderr !== '') throw new Error(`${where}: ${stderr}`);
    for (const line of stdout.trimEnd().split('\n')) {
      const [file = '', base64 = ''] = line.split(' ');
      this.#places.set(`${where} ${file}`, Buffer.from(base64, 'base64'));
    }
  }

  #disk(where: string, root: string, folder: string): void {
    for (const name of readdirSync(path.join(root, folder))) {
      const file = path.join(folder, name);
      const stat = lstatSync(path.join(root, file));
      if (stat.isDirectory()) this.#disk(where, root, file);
      else if (stat.isFile()) {
        this.#places.set(`${where} disk ${file}`, readFileSync(path.join(root, file)));
      }
    }
  }
}

const compose = (...args: readonly string[]): string[] => [
  ...['docker', 'compose', '--project-directory', '/opt/orthweb'],
  ...args,
];
