import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { Ground } from './ground.ts';
import { addressOf, type Network } from './network.ts';

const FOLDER = '/mnt/database/server';
const AS_POSTGRES = ['setpriv', '--reuid=postgres', '--regid=postgres', '--init-groups'];

export interface DatabaseOptions {
  /** The name that hosts know it by, and that its certificate is for. */
  readonly name: string;
  readonly masterPassword: string;
}

/** PostgreSQL on a machine of its own, as RDS runs it: TLS only, and its master is no superuser. */
export class Database {
  readonly #ground: Ground;
  readonly #network: Network;

  private constructor(ground: Ground, network: Network) {
    this.#ground = ground;
    this.#network = network;
  }

  static async start(
    ground: Ground,
    network: Network,
    { name, masterPassword }: DatabaseOptions,
  ): Promise<Database> {
    await network.plug('database');
    await ground.do(
      ['bash', '/mnt/repository/simulator/lab/database.sh', FOLDER, name, addressOf('database')],
      { network: 'database', input: masterPassword },
    );
    return new Database(ground, network);
  }

  /** The certificate of the authority that its own is issued by, as PEM. */
  get root(): string {
    return this.#read('root.pem');
  }

  /** All that the server has written to its log. */
  get log(): string {
    return this.#read('log');
  }

  /** Ends the server: connections are closed, then refused. */
  async stop(): Promise<void> {
    await this.#control('--mode=fast', 'stop');
  }

  async start(): Promise<void> {
    await this.#control(`--log=${FOLDER}/log`, 'start');
  }

  /** The server runs on, but nothing comes through to it or from it. */
  silence(): Promise<void> {
    return this.#network.silence('database', true);
  }

  speak(): Promise<void> {
    return this.#network.speak('database', true);
  }

  /** The server takes connections, as its kernel does for it, and says nothing: all of it stands still. */
  async hang(): Promise<void> {
    await this.#signal('STOP');
  }

  async goOn(): Promise<void> {
    await this.#signal('CONT');
  }

  /** What a query says, one row a line, to the server's own superuser. */
  async query(sql: string, database = 'postgres'): Promise<string> {
    const psql = ['psql', '--no-psqlrc', '--tuples-only', '--no-align', `--host=${FOLDER}`];
    const said = await this.#ground.do(
      [
        ...AS_POSTGRES,
        `${FOLDER}/programs/${psql[0]}`,
        ...psql.slice(1),
        '--username=rdsadmin',
      ].concat([`--dbname=${database}`, '--set=ON_ERROR_STOP=1', `--command=${sql}`]),
    );
    return said.trim();
  }

  async #control(...args: readonly string[]): Promise<void> {
    const control = [`${FOLDER}/programs/pg_ctl`, `--pgdata=${FOLDER}/data`, '--wait'];
    await this.#ground.do([...AS_POSTGRES, ...control, ...args], { network: 'database' });
  }

  /** To the server's first process and all that it has started. */
  async #signal(name: string): Promise<void> {
    const script = `read -r first <"$1"/data/postmaster.pid
      kill -s "$2" "$first" $(cat "/proc/$first/task/$first/children")`;
    await this.#ground.do(['bash', '--norc', '-euc', script, 'signal', FOLDER, name]);
  }

  #read(name: string): string {
    return readFileSync(path.join(this.#ground.path('database/server'), name), 'utf8');
  }
}
