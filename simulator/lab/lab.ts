import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { cp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Aws } from './aws/aws.ts';
import { type HostSettings, type Secrets, Store } from './aws/store.ts';
import { Client } from './client.ts';
import { Database } from './database.ts';
import { Ground } from './ground.ts';
import { Host, type NodeName } from './host.ts';
import { addressOf, NETWORK, Network } from './network.ts';
import { requirePrograms } from './requirements.ts';

const COMPOSE = path.join(import.meta.dirname, '../../compose');
const DATABASE = 'orthweb-lab.cexample.ca-central-1.rds.amazonaws.com';

/** Name that clients know a node by. */
export const nameOf = (node: NodeName): string => `node-${node}.orthweb.test`;

export interface LabOptions {
  /** The folder that is a host's bundle; this checkout's compose/ by default. */
  readonly bundle?: string;
  /** What settings.json says, over what the bundle's own says, or the lab's where it has none. */
  readonly settings?: object;
  /** What user data says to each node; what it says at the lab's own site by default. */
  readonly site?: Readonly<Record<NodeName, HostSettings>>;
  /** Size of each host's disk, as mount takes it. */
  readonly disk?: string;
}

/**
 * Two hosts of a site, its database, AWS as far as hosts use it, and a client, on this machine: the
 * scripts and configuration that a deployment puts on hosts, run by the real nginx, Orthanc,
 * PostgreSQL and OpenSSL of Debian. It needs root on Linux; what it is not is in `differences`.
 */
export class Lab {
  readonly aws: Aws;
  readonly database: Database;
  readonly a: Host;
  readonly b: Host;
  readonly client: Client;
  readonly #ground: Ground;
  readonly #store: Store;

  private constructor(parts: Parts) {
    this.#ground = parts.ground;
    this.#store = parts.store;
    this.aws = parts.aws;
    this.database = parts.database;
    this.client = parts.client;
    this.a = parts.a;
    this.b = parts.b;
  }

  /** Makes all of it, with both hosts still off. */
  static async start(options: LabOptions = {}): Promise<Lab> {
    requirePrograms();
    const ground = await Ground.start();
    try {
      return new Lab(await make(ground, options));
    } catch (cause) {
      await ground.remove();
      throw cause;
    }
  }

  /** The secrets of the site, to be looked for where they must not be. */
  get secrets(): Secrets {
    return this.#store.secrets;
  }

  /** The folder that stands for the bucket of images, on this machine. */
  get bucket(): string {
    return this.#ground.path('bucket');
  }

  /** The folder that lists all processes of the lab, as `/proc` does. */
  get processes(): string {
    return this.#ground.processes;
  }

  /** Takes a folder as a host bundle and returns its address, as a deployment does. */
  upload(bundle: string, settings?: object): Promise<string> {
    return upload(this.#store, bundle, settings);
  }

  /** The address of something that is where bundles are and is none. */
  uploadBytes(bytes: string): string {
    return this.#store.keep(Buffer.from(bytes));
  }

  /** What somebody types into a secret instead of what is in `secrets`, until it is undone. */
  mistype(secret: keyof Secrets, text: string | undefined): void {
    if (text === undefined) this.#store.mistyped.delete(secret);
    else this.#store.mistyped.set(secret, text);
  }

  /** The secrets that hosts have been given so far, in order. */
  get secretsGiven(): readonly (keyof Secrets)[] {
    const names = Object.keys(this.secrets) as (keyof Secrets)[];
    return this.aws.secretsGiven.flatMap((arn) =>
      names.filter((name) => this.#store.arn(name) === arn),
    );
  }

  async remove(): Promise<void> {
    await this.#ground.remove();
    // Now nobody is left who could be talking to it.
    await this.aws.close();
  }
}

interface Parts {
  readonly ground: Ground;
  readonly store: Store;
  readonly aws: Aws;
  readonly database: Database;
  readonly client: Client;
  readonly a: Host;
  readonly b: Host;
}

async function make(
  ground: Ground,
  { bundle = COMPOSE, settings, site, disk = '128m' }: LabOptions,
): Promise<Parts> {
  const store = new Store(site?.a);
  const databaseName = site?.a.DATABASE ?? DATABASE;
  const network = new Network(ground);
  const aws = new Aws(store, ground.path('bucket'));
  const names = [
    '127.0.0.1 localhost',
    `${addressOf('database')} ${databaseName}`,
    ...(['a', 'b'] as const).map((node) => `${addressOf(node)} ${nameOf(node)}`),
    '',
  ].join('\n');
  const url = await upload(store, bundle, settings, site?.a.BUNDLE);
  const database = await Database.start(ground, network, {
    name: databaseName,
    masterPassword: store.secrets.master.password,
  });
  const client = await Client.start(ground, network, names);
  // Orthanc's user in its image.
  await ground.do(['install', '-d', '-o', '999', '-g', '999', `/mnt/bucket/${store.imagesPrefix}`]);
  const make = async (name: NodeName): Promise<Host> => {
    const said = environmentFile(site?.[name] ?? settingsOf(store, name, url));
    const files = { 'site.env': said, 'database-root.pem': database.root };
    const host = new Host(ground, network, {
      name,
      files,
      bundle: url,
      region: store.region,
      names,
      disk,
    });
    await host.create();
    await aws.serve(host.aws, () => !network.silent(name));
    return host;
  };
  return { ground, store, aws, database, client, a: await make('a'), b: await make('b') };
}

/** What user data says to a node of the lab's own site. */
function settingsOf(store: Store, node: NodeName, bundle: string): HostSettings {
  return {
    SITE: 'lab',
    NODE: node,
    REGION: store.region,
    STACK: 'Orthweb',
    RESOURCE: `Node${node.toUpperCase()}`,
    BUNDLE: bundle,
    IMAGES_BUCKET: store.imagesBucket,
    IMAGES_PREFIX: store.imagesPrefix,
    IMAGES_ROLE: store.imagesRole,
    LOG_GROUP: '/orthweb/lab',
    CONTAINER_NETWORKS: '192.168.240.0/20',
    DATABASE,
    DATABASE_SECRET: store.arn('database'),
    MASTER_SECRET: store.arn('master'),
    USERS_SECRET: store.arn('users'),
  };
}

const environmentFile = (settings: HostSettings): string =>
  Object.entries(settings)
    .map(([name, value]) => `ORTHWEB_${name}='${value}'\n`)
    .join('');

const SETTINGS = {
  dicom: {
    aeTitle: 'ORTHWEB',
    clientCertificates: 'off',
    modalities: { CT1: ['store'], READER: ['find', 'get'] },
  },
  network: { vpc: NETWORK, containers: '192.168.240.0/20' },
};

/** The bundle as synthesis makes it: the folder, and the settings of the site. */
async function upload(
  store: Store,
  folder: string,
  settings: object = {},
  address?: string,
): Promise<string> {
  const whole = mkdtempSync(path.join(tmpdir(), 'orthweb-bundle-'));
  try {
    await cp(folder, whole, { recursive: true });
    const file = path.join(whole, 'settings.json');
    const own: object = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : SETTINGS;
    await writeFile(file, JSON.stringify({ ...own, ...settings }));
    return store.upload(whole, address);
  } finally {
    rmSync(whole, { recursive: true });
  }
}
