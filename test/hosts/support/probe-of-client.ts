import type { Probed } from '../../../functions/health/probe.ts';
import { NODES } from '../../../functions/shared/operations-table.ts';
import type { Lab } from '../../../simulator/lab/lab.ts';
import { addressOf } from '../../../simulator/lab/network.ts';
import { ClientProgram } from './client-program.ts';
import { questionOf } from './view-of-client.ts';

/** As Lambda runs it, but for its log. */
const PROBE = `
  import { create } from './functions/health/probe.ts';
  import { Sockets } from './functions/shared/sockets.ts';
  const env = { AE_TITLE: 'ORTHWEB', POWERTOOLS_LOG_LEVEL: 'SILENT' };
  const probed = await create(env, { view: new Sockets() })(JSON.parse(process.argv[2]), {});
  process.stdout.write(JSON.stringify(probed));`;

/** The deployed probe, on the lab's client. */
export class ProbeOfClient {
  readonly #lab: Lab;
  readonly #program: ClientProgram;

  private constructor(lab: Lab, program: ClientProgram) {
    this.#lab = lab;
    this.#program = program;
  }

  static async of(lab: Lab): Promise<ProbeOfClient> {
    return new ProbeOfClient(lab, await ClientProgram.of(lab, 'probe', PROBE));
  }

  /** What it sees of both nodes, by one who trusts the authorities of both, and of the database. */
  look(): Promise<Probed> {
    const asked = NODES.map((node) => ({ node, ...questionOf(this.#lab, node) }));
    return this.#program.run({
      nodes: asked.map(({ node, address, name }) => ({ node, address, name })),
      authorities: asked.map(({ authorities }) => authorities).join(''),
      database: addressOf('database'),
    });
  }
}
