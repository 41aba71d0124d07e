import type { Ground } from './ground.ts';

/** Last part of each machine's address, 10.231.77.x. */
const MACHINES = { database: 10, a: 11, b: 12, client: 20 } as const;

export type Machine = keyof typeof MACHINES;

/** The network that the lab's machines are in, as a VPC is. */
export const NETWORK = '10.231.77.0/24';

export const addressOf = (machine: Machine): string => `10.231.77.${MACHINES[machine]}`;

const hardware = (machine: Machine): string => `02:00:0a:e7:4d:${MACHINES[machine].toString(16)}`;

/**
 * The lab's network: each machine in a network namespace, on one switch in the ground's.
 *
 * A machine that is off or silent is one that packets go to and nothing comes back from, as in a
 * VPC: everybody knows everybody's hardware address, so nobody is told that there is no such machine.
 */
export class Network {
  readonly #ground: Ground;
  readonly #silent = new Set<Machine>();

  constructor(ground: Ground) {
    this.#ground = ground;
  }

  /** Connects a machine that has just been switched on. */
  async plug(machine: Machine): Promise<void> {
    const others = (Object.keys(MACHINES) as Machine[]).filter((other) => other !== machine);
    await this.#ip([`netns add ${machine}`]);
    await this.#ip([
      `link add port-${machine} type veth peer name eth0 netns ${machine}`,
      `link set port-${machine} master switch up`,
    ]);
    await this.#ip(
      [
        'link set lo up',
        `link set eth0 address ${hardware(machine)} up`,
        `addr add ${addressOf(machine)}/24 dev eth0`,
        ...others.map(
          (other) =>
            `neigh add ${addressOf(other)} lladdr ${hardware(other)} nud permanent dev eth0`,
        ),
      ],
      machine,
    );
    if (this.#silent.has(machine)) await this.#pass(machine, false);
  }

  /** Takes away all that a machine had of the network, connections too. */
  async unplug(machine: Machine): Promise<void> {
    await this.#ip([`link del port-${machine}`]);
    await this.#ip([`netns del ${machine}`]);
  }

  /** From now on nothing comes through to this machine or from it; it is not told. */
  async silence(machine: Machine, on: boolean): Promise<void> {
    this.#silent.add(machine);
    if (on) await this.#pass(machine, false);
  }

  async speak(machine: Machine, on: boolean): Promise<void> {
    this.#silent.delete(machine);
    if (on) await this.#pass(machine, true);
  }

  silent(machine: Machine): boolean {
    return this.#silent.has(machine);
  }

  /** Whether the switch lets through what a machine sends and gets. */
  #pass(machine: Machine, passes: boolean): Promise<void> {
    return this.#ip([`link set port-${machine} ${passes ? 'up' : 'down'}`]);
  }

  async #ip(lines: readonly string[], machine?: Machine): Promise<void> {
    const where = machine === undefined ? [] : ['-netns', machine];
    await this.#ground.do(['ip', ...where, '-batch', '-'], { input: `${lines.join('\n')}\n` });
  }
}
