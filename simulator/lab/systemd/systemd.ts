import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import type { Answer, Call } from '../ask.ts';
import { type Journal, Service, type State } from './service.ts';
import { Timer } from './timer.ts';
import { readUnit, type TimerUnit, type Unit } from './unit-file.ts';

const FOLDER = '/etc/systemd/system';

/** Units of the machine itself, which are there before any of ours. */
const BUILT_IN = ['docker.service', 'network-online.target', 'timers.target', 'multi-user.target'];

/** Starts a host's enabled units at boot and ends them at power-off, in the order they ask for. */
export class Systemd {
  readonly #journal: Journal;
  readonly #services = new Map<string, Service>();
  readonly #timers = new Map<string, Timer>();
  #units = new Map<string, Unit>();

  constructor(journal: Journal) {
    this.#journal = journal;
    this.#reload();
  }

  /** Starts what is enabled; done when each has been started or has failed. */
  async boot(): Promise<void> {
    await this.#start(['timers.target', 'multi-user.target']);
  }

  /** Ends all that runs, each before what it came after. */
  async powerOff(): Promise<void> {
    for (const timer of this.#timers.values()) timer.stop();
    const stopped = new Map<string, Promise<void>>();
    const stop = (name: string): Promise<void> => {
      const started = stopped.get(name) ?? this.#afterThose(name, stop);
      stopped.set(name, started);
      return started;
    };
    await Promise.all([...this.#services.keys()].map(stop));
  }

  async #afterThose(name: string, stop: (name: string) => Promise<void>): Promise<void> {
    const later = [...this.#services.values()].filter(({ unit }) =>
      this.#after(unit).includes(name),
    );
    await Promise.all(later.map(({ unit }) => stop(unit.name)));
    await this.#services.get(name)?.stop();
  }

  /** `systemctl`, as far as host scripts use it. */
  async call({ args }: Call): Promise<Answer> {
    const flags = args.filter((arg) => arg.startsWith('-'));
    const [verb = '', ...names] = args.filter((arg) => !arg.startsWith('-'));
    const shape = [verb, ...flags].join(' ');
    const full = names.map((name) => (name.includes('.') ? name : `${name}.service`));
    switch (shape) {
      case 'daemon-reload':
        this.#reload();
        return said('');
      case 'enable':
      case 'enable --now':
        for (const name of full) this.#enable(name);
        return flags.length > 0 ? this.#startAll(full) : said('');
      case 'start':
        return this.#startAll(full);
      case 'stop':
        for (const name of full) {
          this.#timers.get(name)?.stop();
          await this.#services.get(name)?.stop();
        }
        return said('');
      case 'is-active':
      case 'is-active --quiet': {
        const states = full.map((name) => this.state(name));
        const code = states.includes('active') ? 0 : 3;
        return { code, stdout: flags.length > 0 ? '' : `${states.join('\n')}\n`, stderr: '' };
      }
      default:
        return failed(`systemctl ${args.join(' ')}: not modelled in the lab`);
    }
  }

  state(name: string): State {
    if (BUILT_IN.includes(name)) return 'active';
    return this.#timers.get(name)?.state ?? this.#services.get(name)?.state ?? 'inactive';
  }

  async #startAll(names: readonly string[]): Promise<Answer> {
    const unknown = names.find((name) => !this.#units.has(name) && !BUILT_IN.includes(name));
    if (unknown !== undefined)
      return failed(`Failed to start ${unknown}: Unit ${unknown} not found.`);
    const bad = await this.#start(names);
    return bad.length === 0
      ? said('')
      : {
          ...failed(`Job for ${bad.join(', ')} failed because the control process exited`),
          code: 1,
        };
  }

  /** Starts units with what they want, in order; returns those asked for that failed. */
  async #start(names: readonly string[]): Promise<string[]> {
    const wanted = new Set<string>();
    const add = (name: string): void => {
      if (wanted.has(name)) return;
      wanted.add(name);
      const { wants = [], requires = [] } = this.#units.get(name) ?? {};
      for (const other of [...wants, ...requires, ...enabledFor(name)]) add(other);
    };
    for (const name of names) add(name);
    const jobs = new Map<string, Promise<boolean>>();
    const job = (name: string): Promise<boolean> => {
      const started = jobs.get(name) ?? this.#startOne(name, [...wanted], job);
      jobs.set(name, started);
      return started;
    };
    const results = await Promise.all(
      [...wanted].map(async (name) => ({ name, ok: await job(name) })),
    );
    return results.filter(({ name, ok }) => !ok && names.includes(name)).map(({ name }) => name);
  }

  async #startOne(
    name: string,
    wanted: readonly string[],
    job: (name: string) => Promise<boolean>,
  ): Promise<boolean> {
    const unit = this.#units.get(name);
    if (unit === undefined) return true;
    await Promise.all(
      this.#after(unit)
        .filter((other) => wanted.includes(other))
        .map(job),
    );
    const needed = await Promise.all(unit.requires.map(job));
    if (needed.includes(false)) return false;
    if (unit.timer) {
      this.#timer(unit, unit.timer).start();
      return true;
    }
    return this.#service(unit).start();
  }

  /** What a unit comes after, by its own word or by the other's. */
  #after(unit: Unit): string[] {
    const others = [...this.#units.values()].filter(({ before }) => before.includes(unit.name));
    return [...unit.after, ...others.map(({ name }) => name)];
  }

  #service(unit: Unit): Service {
    const known = this.#services.get(unit.name);
    if (known) return known;
    if (!unit.service) throw new Error(`${unit.name} is no service`);
    const made = new Service(unit, unit.service, this.#journal);
    this.#services.set(unit.name, made);
    return made;
  }

  #timer(unit: Unit, timer: TimerUnit): Timer {
    const known = this.#timers.get(unit.name);
    if (known) return known;
    const made = new Timer(timer, () => void this.#start([timer.unit]));
    this.#timers.set(unit.name, made);
    return made;
  }

  #enable(name: string): void {
    if (BUILT_IN.includes(name)) return;
    const unit = this.#units.get(name);
    if (!unit) throw new Error(`Failed to enable unit: Unit file ${name} does not exist.`);
    for (const target of unit.wantedBy) {
      const folder = path.join(FOLDER, `${target}.wants`);
      mkdirSync(folder, { recursive: true });
      rmSync(path.join(folder, name), { force: true });
      symlinkSync(path.join(FOLDER, name), path.join(folder, name));
    }
  }

  /** Reads the files again; what runs goes on. */
  #reload(): void {
    const files = existsSync(FOLDER)
      ? readdirSync(FOLDER).filter((name) => /\.(service|timer)$/.test(name))
      : [];
    this.#units = new Map(
      files.map((name) => [name, readUnit(name, readFileSync(path.join(FOLDER, name), 'utf8'))]),
    );
    for (const unit of this.#units.values()) {
      if (unit.service) this.#services.get(unit.name)?.become(unit, unit.service);
    }
  }
}

/** Units that `systemctl enable` has hung on a target. */
const enabledFor = (target: string): string[] => {
  const folder = path.join(FOLDER, `${target}.wants`);
  return existsSync(folder) ? readdirSync(folder) : [];
};

const said = (stdout: string): Answer => ({ code: 0, stdout, stderr: '' });
const failed = (stderr: string): Answer => ({ code: 1, stdout: '', stderr: `${stderr}\n` });
