import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import type { Service } from './compose-file.ts';
import { Container, type Remembered } from './container.ts';

/** On the host's disk: what is in here is still there after a power cycle. */
const FOLDER = '/var/lib/docker/containers';

/** The containers of a host, and what its disk remembers of them. */
export class Engine {
  readonly #containers = new Map<string, Container>();
  readonly #journal: (line: string) => void;
  #off = false;

  constructor(journal: (line: string) => void) {
    this.#journal = journal;
  }

  get containers(): readonly Container[] {
    return [...this.#containers.values()];
  }

  get(service: string): Container | undefined {
    return this.#containers.get(service);
  }

  /**
   * Takes up what was there before the power went.
   *
   * A container that ran then has ended as nobody knows how, which Docker notes as 255; with
   * `on-failure` it starts that again. What needs secrets of the last boot cannot start.
   *
   * @see https://github.com/moby/moby/issues/47846
   */
  async boot(): Promise<void> {
    const files = existsSync(FOLDER) ? readdirSync(FOLDER) : [];
    for (const file of files) {
      const remembered = JSON.parse(readFileSync(path.join(FOLDER, file), 'utf8')) as Remembered;
      const container = this.#add(remembered.service);
      container.remember(remembered);
      const again = remembered.service.restart === 'on-failure' && container.exitCode === 255;
      if (!again) continue;
      await container.start().catch((cause: Error) => this.#journal(cause.message));
    }
  }

  /**
   * Ends what still runs when the host is switched off, as systemd ends what is left. With
   * `live-restore` Docker is gone by then, and does not note that they have ended.
   */
  async powerOff(): Promise<void> {
    this.#off = true;
    await Promise.all(
      this.containers.map(async (container) => {
        container.kill('SIGTERM');
        await container.stop(10);
      }),
    );
  }

  create(service: Service): Container {
    const container = this.#add(service);
    this.#note(container);
    return container;
  }

  remove({ service }: Container): void {
    this.#containers.delete(service.name);
    rmSync(fileOf(service), { force: true });
  }

  #add(service: Service): Container {
    const container: Container = new Container(service, () => {
      try {
        this.#note(container);
      } catch (cause) {
        // As Docker does with a full disk: it goes on, and its memory is what it was.
        this.#journal(String(cause));
      }
    });
    this.#containers.set(service.name, container);
    return container;
  }

  #note({ service, state, exitCode }: Container): void {
    if (this.#off || this.#containers.get(service.name)?.service !== service) return;
    mkdirSync(FOLDER, { recursive: true });
    const remembered: Remembered = { service, state, exitCode };
    const draft = `${fileOf(service)}.new`;
    writeFileSync(draft, JSON.stringify(remembered));
    renameSync(draft, fileOf(service));
  }
}

const fileOf = ({ name }: Service): string => path.join(FOLDER, `${name}.json`);

/** Two definitions with the same one are the same to Compose, whatever is in the files they name. */
export const hashOf = (service: Service): string =>
  createHash('sha256').update(JSON.stringify(service)).digest('hex');
