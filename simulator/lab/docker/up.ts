import type { Service } from './compose-file.ts';
import type { Container } from './container.ts';
import { type Engine, hashOf } from './engine.ts';

export interface UpOptions {
  /** All of the file's, unless some are named. */
  readonly services: readonly string[];
  readonly forceRecreate: boolean;
  readonly removeOrphans: boolean;
  /** How long to wait until all are healthy; not at all if it is not given. */
  readonly waitSeconds: number | undefined;
}

/** `docker compose up --detach`; throws with what Compose says when it does not come to that. */
export async function up(
  engine: Engine,
  file: ReadonlyMap<string, Service>,
  { services, forceRecreate, removeOrphans, waitSeconds }: UpOptions,
): Promise<void> {
  const wanted = servicesOf(file, services);
  if (removeOrphans) {
    for (const orphan of engine.containers.filter(({ service }) => !file.has(service.name))) {
      await orphan.stop();
      engine.remove(orphan);
    }
  }
  for (const service of wanted) {
    const there = engine.get(service.name);
    if (there && !forceRecreate && hashOf(there.service) === hashOf(service)) continue;
    if (there) {
      await there.stop();
      engine.remove(there);
    }
    engine.create(service);
  }
  for (const { name } of wanted) await known(engine, name).start();
  if (waitSeconds === undefined) return;
  const containers = wanted.map(({ name }) => known(engine, name));
  await within(waitSeconds, Promise.all(containers.map(untilServing)));
}

/** Services of a file by their names, all of them if none is named. */
export function servicesOf(
  file: ReadonlyMap<string, Service>,
  names: readonly string[],
): readonly Service[] {
  if (names.length === 0) return [...file.values()];
  return names.map((name) => {
    const service = file.get(name);
    if (!service) throw new Error(`no such service: ${name}`);
    return service;
  });
}

function known(engine: Engine, name: string): Container {
  const container = engine.get(name);
  if (!container) throw new Error(`No such container: orthweb-${name}-1`);
  return container;
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
