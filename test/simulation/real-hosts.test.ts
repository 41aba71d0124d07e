import { describe, expect, it } from 'vitest';
import { probed } from '../../simulator/host-probe.ts';
import { containerFailure } from '../../simulator/lab/scene.ts';
import type { Done, Machines, Order, Sight } from '../../simulator/machines.ts';
import { instantAt } from '../../simulator/report/local-time.ts';
import type { World } from '../../simulator/world.ts';
import { WELL } from '../support/well-host.ts';
import { edited, play, siteOf, subjects } from './support/play.ts';

const site = siteOf();
const from = '2026-11-30T00:00';
const SERVES: Sight = { serves: true, listens: true };
/** Until after the opening, at which all is shown that a rehearsal can fail by. */
const MORNING = 0.32;
const NOTHING: Sight = { serves: false, listens: false };

type Ends = Partial<Pick<Done, 'code' | 'output'>> & { readonly sight?: Sight };

/** Machines that do what they are told, unless the test says how an order ends. */
class Stubs implements Machines {
  readonly since = Date.now();
  readonly orders: Order[] = [];
  /** Whose hosts they stand for. */
  world: World | undefined;
  readonly #ends: (order: Order) => Ends | undefined;
  #sight = { a: NOTHING, b: NOTHING };
  #database = true;

  constructor(ends: (order: Order) => Ends | undefined = () => undefined) {
    this.#ends = ends;
  }

  /** What was done to a node or to the database, in order. */
  done(node?: 'a' | 'b'): string[] {
    return this.orders
      .filter((order) => ('node' in order ? order.node : undefined) === node)
      .map((order) => (order.do === 'run' ? order.script : order.do));
  }

  do(order: Order): Done {
    this.orders.push(order);
    if (!('node' in order)) this.#database = order.do === 'start';
    const usual = this.#usual(order);
    const { sight, ...ends } = { sight: usual, ...this.#ends(order) };
    if ('node' in order) this.#sight = { ...this.#sight, [order.node]: sight };
    const code = order.do === 'run' && order.script === 'probe' ? Number(!sight.serves) : 0;
    const output = JSON.stringify({ ...this.#said(order), serves: sight.serves });
    return { code, output, seconds: 1, sight: this.#sight, ...ends };
  }

  /** The pair is the model's: none of these plays is about certificates. */
  #said(order: Order): object {
    const host = 'node' in order ? this.world?.site.node(order.node)?.host : undefined;
    if (!this.world || !host) return {};
    const { now } = this.world.clock;
    const { output } = probed({ ...WELL, tls: host.tls, now });
    return { ...JSON.parse(output), verdict: 'as told' };
  }

  #usual(order: Order): Sight {
    if (!('node' in order)) return NOTHING;
    switch (order.do === 'run' ? order.script : order.do) {
      case 'boot':
      case 'undrain':
      case 'wait':
        return this.#database ? SERVES : { serves: false, listens: true };
      case 'probe':
        return this.#sight[order.node];
      case 'kill orthanc':
        return { serves: false, listens: true };
      default:
        return NOTHING;
    }
  }
}

const playOn = (machines: Stubs, more: Partial<Parameters<typeof play>[1]> = {}) =>
  play(site, {
    from,
    days: 1,
    machines,
    ...more,
    prepare: (world) => {
      machines.world = world;
      more.prepare?.(world);
    },
  });

/** Hosts are asked how they are for their certificates, each hour, and when something is wrong. */
const changes = (done: readonly string[]): string[] => done.filter((what) => what !== 'probe');

const script = (order: Order) => (order.do === 'run' ? order.script : undefined);

describe('a rehearsal on machines', () => {
  it('does on them what the schedule does, each thing once, and keeps what came of it', async () => {
    const machines = new Stubs();

    const result = await playOn(machines);

    const day = ['boot', 'drain', 'power off', 'boot', 'drain', 'power off'];
    expect(result.failure).toBeUndefined();
    expect([changes(machines.done('a')), changes(machines.done('b'))]).toEqual([day, day]);
    expect(machines.done()).toEqual(['stop', 'start', 'stop']);
    const kept = result.hosts?.filter(({ who }) => who === 'node a').map(({ what }) => what);
    expect(kept).toEqual(machines.done('a'));
    expect(result.hosts?.at(-1)).toMatchObject({
      who: 'database',
      what: 'stop',
      code: 0,
      seconds: 1,
    });
  });

  it('sends a script as the document says that was synthesized', async () => {
    const machines = new Stubs();

    await playOn(machines);

    expect(machines.orders.find((order) => script(order) === 'drain')).toMatchObject({
      document: {
        mainSteps: [{ inputs: { runCommand: ['exec /usr/bin/bash /opt/orthweb/host/drain.sh'] } }],
      },
      parameters: {},
    });
  });

  it('plays the failure of a container, and has an operator ask', async () => {
    const machines = new Stubs();
    const prepare = containerFailure(instantAt('2026-11-30T13:00', site.timeZone));

    const { entries, failure } = await playOn(machines, { prepare });

    const at = (kind: string, text: string) =>
      entries.find((entry) => entry.kind === kind && entry.text === text)?.at.slice(11, 19);
    expect(failure).toBeUndefined();
    expect(changes(machines.done('a')).slice(4, 6)).toEqual(['kill orthanc', 'wait']);
    expect(entries.map(({ text }) => text)).not.toContain('is off');
    expect(at('fault', 'Orthanc is killed')).toBe('18:00:00');
    expect(at('world', 'serves nobody')).toBe('18:00:00');
    expect(at('world', 'serves')).toBe('18:00:30');
    expect(at('world', 'says: as told')).toMatch(/^18:01:0[1-3]$/);
  });

  it.each([
    ['before it fails', '2026-11-30T12:55', ['crash', 'boot'], []],
    [
      'before anybody asks',
      '2026-11-30T13:01',
      ['kill orthanc', 'wait', 'crash', 'boot'],
      ['serves nobody', 'serves'],
    ],
  ])('leaves a host alone that a fault switches off %s', async (_when, at, done, seen) => {
    const machines = new Stubs();
    const failsAt = new Date(instantAt('2026-11-30T13:00', site.timeZone).getTime() + 20_000);

    const { entries, failure } = await playOn(machines, {
      faults: [{ name: 'dead-host', on: 'a', at }],
      prepare: containerFailure(failsAt),
    });

    const said = entries.filter(({ who }) => who === 'node a').map(({ text }) => text);
    expect(failure).toBeUndefined();
    const did = changes(machines.done('a'));
    expect(did.slice(4, 4 + done.length)).toEqual(done);
    expect(did.slice(4 + done.length)).not.toContain('kill orthanc');
    expect(said.filter((text) => text.startsWith('serves'))).toEqual(seen);
    expect(said).toContain('is off');
    expect(said.join()).not.toContain('says: ');
  });

  it('tells what a host says that has no verdict to give, and plays on', async () => {
    const machines = new Stubs((order) =>
      script(order) === 'probe' && machines.done('a').includes('kill orthanc')
        ? { code: 125, output: 'The agent is gone.', sight: NOTHING }
        : undefined,
    );
    const prepare = containerFailure(instantAt('2026-11-30T13:00', site.timeZone));

    const { entries, failure, hosts } = await playOn(machines, { prepare });

    expect(failure?.name).toBe('HostFailed');
    expect(failure?.message).toMatch(
      /probe on node [ab] .*without a verdict: The agent is gone\.$/,
    );
    expect(entries.map(({ text }) => text)).toContain('says: The agent is gone.');
    expect(hosts?.at(-1)).toMatchObject({ who: 'database', what: 'stop' });
  });

  it.each([
    ['serves nobody, but is not drained', { serves: false, listens: true }, [false, false]],
    ['is drained', NOTHING, [false, true]],
    ['serves', SERVES, [true, false]],
  ])('holds for true what a client saw: a host %s', async (_what, sight, [serves, drained]) => {
    const machines = new Stubs((order) => (order.do === 'kill orthanc' ? { sight } : undefined));
    const seen: boolean[] = [];

    await playOn(machines, {
      prepare: ({ clock, site: played, realHosts }) => {
        clock.at(instantAt('2026-11-30T13:00', site.timeZone).getTime(), () => {
          realHosts?.killOrthanc('a');
          const host = played.node('a')?.host;
          seen.push(host?.serves ?? true, host?.drained ?? true);
        });
      },
    });

    expect(seen).toEqual([serves, drained]);
  });

  it('pulls the plug of a host that a fault kills, and stops a database that fails', async () => {
    const machines = new Stubs();
    const faults = [
      { name: 'dead-host', on: 'b', at: '2026-11-30T09:00' },
      { name: 'failing-database', at: '2026-11-30T12:00' },
    ] as const;

    await playOn(machines, { faults });

    expect(changes(machines.done('b')).slice(4, 6)).toEqual(['crash', 'boot']);
    expect(machines.done()).toEqual(['stop', 'start', 'stop', 'start', 'stop']);
  });

  it('believes what a client sees: a node that serves nobody is not announced', async () => {
    const machines = new Stubs(({ do: what, ...order }) =>
      what === 'boot' && 'node' in order && order.node === 'b' && machines.done('b').length > 1
        ? { code: 1, output: '{"booted":false,"reason":"no secrets"}', sight: NOTHING }
        : undefined,
    );

    const result = await playOn(machines, { days: MORNING });

    expect(subjects(result).filter((subject) => subject.includes('OPEN'))).toEqual([]);
    expect(result.failure?.message).toMatch(/boot on node b ended with 1: .*no secrets/);
  });
});

it('refuses to play a host that is no node, as no machine stands for it', async () => {
  const nameless = edited(
    site,
    ({ Resources }) => {
      const [one] = Object.values(Resources).filter(({ Type }) => Type === 'AWS::EC2::Instance');
      if (one) one.Properties.Tags = [];
    },
    'Orthweb',
  );

  await expect(play(nameless, { from, days: 1, machines: new Stubs() })).rejects.toThrow(
    /AWS::EC2::Instance.* orthweb:node is "", and there are machines for a and b alone/,
  );
});

describe('what fails a rehearsal on machines', () => {
  const wrong: readonly (readonly [
    what: string,
    ends: (order: Order) => Ends | undefined,
    says: RegExp,
  ])[] = [
    [
      'a drain that ends otherwise',
      (order) => (script(order) === 'drain' ? { code: 2, output: 'touch: not found' } : undefined),
      /drain on node [ab] ended with 2: touch: not found/,
    ],
    [
      'a drain after which nginx takes connections',
      (order) => (script(order) === 'drain' ? { sight: SERVES } : undefined),
      /drain on node [ab] ended with 0, but nginx takes connections/,
    ],
    [
      'a boot after which nobody is served',
      (order) => (order.do === 'boot' ? { sight: NOTHING } : undefined),
      /boot on node a ended with 0, but a client is not served/,
    ],
    [
      'a probe that sees what no client does',
      (order) => (script(order) === 'probe' ? { code: 0, sight: NOTHING } : undefined),
      /probe on node [ab] ended with 0, but a client is not served/,
    ],
    [
      'a probe that does not see what a client does',
      (order) => (script(order) === 'probe' ? { code: 1, sight: SERVES } : undefined),
      /probe on node [ab] ended with 1, but a client is served/,
    ],
    [
      'a probe that gives no verdict',
      (order) =>
        script(order) === 'probe' ? { code: 125, output: 'no agent', sight: NOTHING } : undefined,
      /probe on node [ab] ended with 125, without a verdict: no agent/,
    ],
    [
      'a machine that does not go off',
      ({ do: what }) => (what === 'power off' ? { code: 125, output: 'stuck' } : undefined),
      /power off on node [ab] ended with 125: stuck/,
    ],
  ];

  it.each(wrong)('%s', async (_what, ends, says) => {
    const { failure } = await playOn(new Stubs(ends), { days: MORNING });

    expect(failure?.name).toBe('HostFailed');
    expect(failure?.message).toMatch(says);
  });
});
