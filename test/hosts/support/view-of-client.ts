import { readFileSync } from 'node:fs';
import type { Question, Sight } from '../../../functions/shared/view.ts';
import type { NodeName } from '../../../simulator/lab/host.ts';
import type { Lab } from '../../../simulator/lab/lab.ts';
import { addressOf } from '../../../simulator/lab/network.ts';
import { ClientProgram } from './client-program.ts';

const LOOK = `
  import { Sockets } from './functions/shared/sockets.ts';
  const sight = await new Sockets().look(JSON.parse(process.argv[2]));
  process.stdout.write(JSON.stringify(sight));`;

/** What a node of the lab is to be asked by one who trusts the authority that it publishes. */
export function questionOf(lab: Lab, node: NodeName): Question {
  const tls = (file: string) => readFileSync(lab[node].disk(`opt/orthweb/tls/${file}`), 'utf8');
  return {
    address: addressOf(node),
    name: tls('name').trim(),
    authorities: tls('ca.pem'),
    aeTitle: 'ORTHWEB',
  };
}

/** The view that operations have of nodes, from the lab's client. */
export class ViewOfClient {
  readonly #lab: Lab;
  readonly #program: ClientProgram;

  private constructor(lab: Lab, program: ClientProgram) {
    this.#lab = lab;
    this.#program = program;
  }

  static async of(lab: Lab): Promise<ViewOfClient> {
    return new ViewOfClient(lab, await ClientProgram.of(lab, 'look', LOOK));
  }

  /** What is seen of a node by one who trusts the authority that it publishes, or as a test says. */
  look(node: NodeName, question: Partial<Question> = {}): Promise<Sight> {
    return this.#program.run({ ...questionOf(this.#lab, node), ...question });
  }
}
