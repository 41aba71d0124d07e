import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { secondsOf } from '../systemd/time-span.ts';

export interface Mount {
  readonly source: string;
  readonly target: string;
  readonly readOnly: boolean;
}

export interface Healthcheck {
  readonly test: readonly string[];
  readonly interval: number;
  readonly timeout: number;
  readonly retries: number;
  readonly startPeriod: number;
  readonly startInterval: number;
}

/** A service of a Compose file, as far as the lab makes it true. */
export interface Service {
  readonly name: string;
  readonly image: string;
  readonly command: readonly string[];
  readonly user: string;
  readonly environment: Readonly<Record<string, string>>;
  /** What `/proc/mounts` would say: a target, and options behind a colon. */
  readonly tmpfs: readonly string[];
  readonly volumes: readonly Mount[];
  readonly secrets: readonly Mount[];
  readonly capabilities: readonly string[];
  readonly noNewPrivileges: boolean;
  readonly stopSignal: string;
  readonly stopSeconds: number;
  /** Whether another program is process 1, which passes SIGTERM on. */
  readonly init: boolean;
  readonly restart: 'no' | 'on-failure';
  readonly healthcheck: Healthcheck | undefined;
}

/** What a service may say. */
const KNOWN = [
  ...[
    'image',
    'command',
    'user',
    'environment',
    'tmpfs',
    'volumes',
    'secrets',
    'cap_drop',
    'cap_add',
  ],
  ...['security_opt', 'read_only', 'ports', 'stop_signal', 'stop_grace_period', 'restart'],
  'healthcheck',
  'init',
  // It has no effect in the lab.
  'pids_limit',
];

/** Reads a Compose file; throws on what the lab does not make true, and on what Compose refuses. */
export function readComposeFile(file: string): Map<string, Service> {
  const top = resolved(parse(readFileSync(file, 'utf8'))) as Tree;
  only('the file', top, ['name', 'services', 'secrets']);
  if (top.name !== 'orthweb')
    throw new Error('name: the lab knows a project of the name orthweb only');
  const secrets = tree(top.secrets);
  return new Map(
    Object.entries(tree(top.services)).map(([name, said]) => [
      name,
      serviceOf(name, tree(said), (secret) => String(tree(secrets[secret]).file)),
    ]),
  );
}

function serviceOf(name: string, said: Tree, fileOf: (secret: string) => string): Service {
  const where = `services.${name}`;
  only(where, said, KNOWN);
  if (said.read_only !== true) throw new Error(`${where}.read_only: the lab models true only`);
  if (String(list(said.cap_drop)) !== 'ALL') throw new Error(`${where}.cap_drop: models ALL only`);
  for (const port of list(said.ports)) {
    if (!['443:443', '11112:11112'].includes(String(port))) {
      throw new Error(`${where}.ports: ${port}: a site's firewall lets 443 and 11112 through only`);
    }
  }
  const restart = said.restart ?? 'no';
  if (restart !== 'no' && restart !== 'on-failure') {
    throw new Error(`${where}.restart: ${restart}: not modelled in the lab`);
  }
  if (said.init === true && said.stop_signal !== undefined) {
    throw new Error(`${where}.init: the lab models it for what is stopped by SIGTERM only`);
  }
  if (typeof said.command === 'string') throw new Error(`${where}.command: write it as a list`);
  const options = list(said.security_opt).map(String);
  if (options.some((option) => option !== 'no-new-privileges:true')) {
    throw new Error(`${where}.security_opt: ${options}: not modelled in the lab`);
  }
  return {
    name,
    image: String(said.image),
    command: list(said.command).map(String),
    user: String(said.user ?? '0:0'),
    environment: Object.fromEntries(
      Object.entries(tree(said.environment)).map(([key, value]) => [key, String(value)]),
    ),
    tmpfs: list(said.tmpfs).map(String),
    volumes: list(said.volumes).map((volume) => volumeOf(`${where}.volumes`, tree(volume))),
    secrets: list(said.secrets).map((secret) => ({
      source: fileOf(String(secret)),
      target: `/run/secrets/${secret}`,
      readOnly: true,
    })),
    capabilities: list(said.cap_add).map(String),
    noNewPrivileges: options.length > 0,
    stopSignal: String(said.stop_signal ?? 'SIGTERM'),
    stopSeconds: secondsOf(String(said.stop_grace_period ?? '10s')),
    init: said.init === true,
    restart,
    healthcheck:
      said.healthcheck === undefined ? undefined : healthOf(where, tree(said.healthcheck)),
  };
}

function volumeOf(where: string, said: Tree): Mount {
  only(where, said, ['type', 'source', 'target', 'read_only', 'bind']);
  // Docker would make a folder of what is not there, and the container would find it empty.
  if (said.type !== 'bind' || tree(said.bind).create_host_path !== false) {
    throw new Error(`${where}: the lab models bind mounts with create_host_path: false only`);
  }
  return {
    source: String(said.source),
    target: String(said.target),
    readOnly: said.read_only === true,
  };
}

function healthOf(where: string, said: Tree): Healthcheck {
  const keys = ['test', 'interval', 'timeout', 'retries', 'start_period', 'start_interval'];
  only(`${where}.healthcheck`, said, keys);
  const [how, ...test] = list(said.test).map(String);
  if (how !== 'CMD') throw new Error(`${where}.healthcheck.test: ${how}: not modelled in the lab`);
  const seconds = (key: string, other: string) => secondsOf(String(said[key] ?? other));
  return {
    test,
    // Docker's own, where the file says nothing.
    interval: seconds('interval', '30s'),
    timeout: seconds('timeout', '30s'),
    retries: Number(said.retries ?? 3),
    startPeriod: seconds('start_period', '0s'),
    startInterval: seconds('start_interval', '5s'),
  };
}

type Tree = Readonly<Record<string, unknown>>;

const tree = (said: unknown): Tree => (said ?? {}) as Tree;
const list = (said: unknown): readonly unknown[] => (said ?? []) as readonly unknown[];

function only(where: string, said: Tree, keys: readonly string[]): void {
  const other = Object.keys(said).find((key) => !keys.includes(key));
  if (other !== undefined) throw new Error(`${where}: ${other}: not modelled in the lab`);
}

/** With `$$` as the `$` it stands for. Compose would fill in any other, and nothing is to be. */
function resolved(said: unknown): unknown {
  if (Array.isArray(said)) return said.map(resolved);
  if (typeof said === 'object' && said !== null) {
    return Object.fromEntries(Object.entries(said).map(([key, value]) => [key, resolved(value)]));
  }
  if (typeof said !== 'string') return said;
  if (/\$[A-Za-z_{]/.test(said.replaceAll('$$', ''))) {
    throw new Error(`${said}: this file is not to be filled in on a host`);
  }
  return said.replaceAll('$$', '$');
}
