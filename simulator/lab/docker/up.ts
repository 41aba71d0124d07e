import type { Service } from './compose-file.ts';
import type { Container } from './container.ts';
import { type Engine, hashOf } from './engine.ts';

export interface UpOptions {
  /** All of the file's, unless some are named. */
  readonly services: readonly string[];
  readonly noDependencies: boolean;
  readonly forceRecreate: boolean;
  readonly removeOrphans: boolean;
  /** How long to wait until all are healthy; not at all if it is not given. */
  readonly waitSeconds: number | undefined;
}

/** `docker compose up --detach`; throws with what Compose says when it does not come to that. */
export async function up(
  engine: Engine,
  file: ReadonlyMap<string, Service>,
  { services, noDependencies, forceRecreate, removeOrphans, waitSeconds }: UpOptions,
): Promise<void> {
  const named = services.length > 0 ? services : [...file.keys()];
  const wanted = inOrder(file, named, noDependencies);
  if (removeOrphans) {
    for (const orphan of engine.containers.filter(({ service }) => !file.has(service.name))) {
      await orphan.stop();
      engine.remove(orphan);
    }
  }
  const renewed = new Set<string>();
  for (const service of wanted) {
    const there = engine.get(service.name);
    // Compose makes only those anew that are named, and those that have changed.
    const forced = forceRecreate && named.includes(service.name);
    if (there && !forced && hashOf(there.service) === hashOf(service)) continue;
    if (there) {
      await there.stop();
      engine.remove(there);
    }
    engine.create(service);
    renewed.add(service.name);
  }
  for (const service of wanted) {
    const on = Object.entries(service.dependsOn);
    if (!noDependencies) {
      for (const [name, { healthy }] of on) await dependency(engine, name, healthy);
    }
    const container = known(engine, service.name);
    if (on.some(([name, { restart }]) => restart && renewed.has(name))) await container.stop();
    await container.start();
  }
  if (waitSeconds === undefined) return;
  const containers = wanted.map(({ name }) => known(engine, name));
  await within(waitSeconds, Promise.all(containers.map(untilServing)));
}

/** Services with those they depend on, each after those. */
export function inOrder(
  file: ReadonlyMap<string, Service>,
  names: readonly string[],
  alone: boolean,
): Service[] {
  const ordered = new Map<string, Service>();
  const add = (name: string): void => {
    const service = file.get(name);
    if (!service) throw new Error(`no such service: ${name}`);
    const needed = Object.keys(service.dependsOn);
    for (const other of needed) if (!alone || names.includes(other)) add(other);
    ordered.set(name, service);
  };
  for (const name of names) add(name);
  return [...ordered.values()];
}

function known(engine: Engine, name: string): Container {
  const container = engine.get(name);
  if (!container) throw new Error(`No such container: orthweb-${name}-1`);
  return container;
}

async function dependency(engine: Engine, name: string, healthy: boolean): Promise<void> {
  if (!healthy) return;
  try {
    await untilServing(known(engine, name));
  } catch (cause) {
    throw new Error(`dependency failed to start: ${(cause as Error).message}`);
  }
}

/** Healthy, or running if it has no health check. */
async function untilServing(container: Container): Promise<void> {
  for (;;) {
    const { state, exitCode, name, health } = container;
    if (state === 'exited' || state === 'restarting') {
      throw new Error(`container ${name} exited (${exitCode})`);
    }
    if (health.verdict === 'unhealthy') throw new Error(`container ${name} is unhealthy`);
    if (state === 'running' && health.verdict !== 'starting') return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function within(seconds: number, work: Promise<unknown>): Promise<void> {
  let late: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_, reject) => {
    const why = 'application not healthy after';
    late = Number.isFinite(seconds)
      ? setTimeout(() => reject(new Error(`${why} ${seconds}s`)), seconds * 1000)
      : undefined;
  });
  try {
    await Promise.race([work, limit]);
  } finally {
    clearTimeout(late);
  }
}
