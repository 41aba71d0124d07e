import type { Answer, Call } from '../ask.ts';
import { reasonOf } from '../ask.ts';
import { readComposeFile } from './compose-file.ts';
import type { Container } from './container.ts';
import type { Engine } from './engine.ts';
import { type Command, givenOf } from './options.ts';
import { servicesOf, up } from './up.ts';

const PROJECT = '/opt/orthweb';

/** The commands of Docker that host scripts use; it knows no other. */
export class DockerCommands {
  readonly #engine: Engine;

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  async call({ args }: Call): Promise<Answer> {
    const line = args.join(' ');
    if (line === 'version --format {{.Server.Version}}') return said('29.0.0\n');
    if (line === 'compose version --short') return said('5.1.4\n');
    const [, name] = /^inspect --format \{\{\.State\.Pid\}\} ([\w-]+)$/.exec(line) ?? [];
    if (name !== undefined) return this.#pid(name);
    const [compose, option, folder = '', verb = '', ...rest] = args;
    const looks = verb === 'config' || verb === 'pull';
    if (compose !== 'compose' || option !== '--project-directory') return unknown(line);
    // Other folders than the one that containers are from can be looked at, and no more.
    if (folder !== PROJECT && !looks) return unknown(line);
    const command = this.#commands[verb];
    const given = command && givenOf(command, folder, rest, verb === 'exec');
    if (!command || !given) return unknown(line);
    try {
      const result = await command.run(given);
      return typeof result === 'string' ? said(result) : result;
    } catch (cause) {
      return { code: 1, stdout: '', stderr: `${reasonOf(cause)}\n` };
    }
  }

  readonly #commands: Readonly<Record<string, Command>> = {
    config: { flags: ['quiet'], run: ({ folder }) => this.#checked(folder) },
    pull: { flags: ['quiet'], run: ({ folder }) => this.#checked(folder) },
    up: {
      // No service depends on another, so there is nothing for --no-deps to leave out.
      flags: ['detach', 'no-deps', 'force-recreate', 'wait', 'remove-orphans'],
      values: ['wait-timeout'],
      run: async ({ on, value, names }) => {
        const wait = on('wait')
          ? Number(value('wait-timeout') ?? Number.POSITIVE_INFINITY)
          : undefined;
        await up(this.#engine, this.#file, {
          services: names,
          forceRecreate: on('force-recreate'),
          removeOrphans: on('remove-orphans'),
          waitSeconds: wait,
        });
        return '';
      },
    },
    stop: {
      values: ['timeout'],
      run: async ({ value, names }) => {
        const seconds = value('timeout');
        const limit = seconds === undefined ? undefined : Number(seconds);
        await Promise.all(this.#named(names).map((container) => container.stop(limit)));
        return '';
      },
    },
    kill: {
      values: ['signal'],
      run: async ({ value, names }) => {
        for (const container of this.#named(names)) {
          if (container.state !== 'running')
            throw new Error(`container ${container.name} is not running`);
          container.kill(value('signal') ?? 'SIGKILL');
        }
        return '';
      },
    },
    ps: {
      flags: ['all'],
      values: ['format'],
      run: async ({ on, value, names }) => {
        if (value('format') !== 'json') throw new Error('ps: the lab prints json only');
        const shown = this.#named(names).filter(({ state }) => on('all') || state === 'running');
        return shown.map((container) => `${JSON.stringify(rowOf(container))}\n`).join('');
      },
    },
    exec: {
      flags: ['T'],
      run: async ({ names: [service = '', ...command] }) => {
        const container = this.#engine.get(service);
        if (container?.state !== 'running') throw new Error(`service "${service}" is not running`);
        return container.exec(command);
      },
    },
    logs: {
      flags: ['no-color', 'no-log-prefix', 'timestamps'],
      values: ['tail'],
      run: async ({ on, value, names }) =>
        this.#named(names)
          .flatMap((container) => container.logs(Number(value('tail'))))
          .map((entry) => `${on('timestamps') ? entry : entry.replace(/^\S+ /, '')}\n`)
          .join(''),
    },
  };

  get #file() {
    return readComposeFile(`${PROJECT}/compose.yaml`);
  }

  /** Says nothing of a file that is in order; the lab has all images already. */
  async #checked(folder: string): Promise<string> {
    readComposeFile(`${folder}/compose.yaml`);
    return '';
  }

  /** The containers of services, of all if none is named. */
  #named(names: readonly string[]): Container[] {
    return servicesOf(this.#file, names).flatMap(({ name }) => {
      const container = this.#engine.get(name);
      return container ? [container] : [];
    });
  }

  #pid(name: string): Answer {
    const container = this.#engine.containers.find((one) => one.name === name);
    return container
      ? said(`${container.pid}\n`)
      : { code: 1, stdout: '\n', stderr: `Error: No such object: ${name}\n` };
  }
}

const rowOf = ({ name, service, state, exitCode, health }: Container) => ({
  Name: name,
  Service: service.name,
  Image: service.image,
  State: state,
  Health: state === 'running' ? health.verdict : '',
  ExitCode: exitCode,
  Status:
    state === 'running' ? `Up (${health.verdict || 'no health check'})` : `${state} (${exitCode})`,
});

const said = (stdout: string): Answer => ({ code: 0, stdout, stderr: '' });
const unknown = (line: string): Answer => ({
  code: 125,
  stdout: '',
  stderr: `docker ${line}: not modelled in the lab\n`,
});
