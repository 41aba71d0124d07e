import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { build } from 'esbuild';
import type { Question, Sight } from '../../../functions/shared/view.ts';
import type { NodeName } from '../../../simulator/lab/host.ts';
import type { Lab } from '../../../simulator/lab/lab.ts';
import { addressOf } from '../../../simulator/lab/network.ts';

const LOOK = `
  import { Sockets } from './functions/shared/sockets.ts';
  const sight = await new Sockets().look(JSON.parse(process.argv[2]));
  process.stdout.write(JSON.stringify(sight));`;

/** More than any look takes: a process that lives on because of one is ended, and the test with it. */
const SECONDS = 12;

/** The view that operations have of nodes, from the lab's client. */
export class ViewOfClient {
  readonly #lab: Lab;

  private constructor(lab: Lab) {
    this.#lab = lab;
  }

  static async of(lab: Lab): Promise<ViewOfClient> {
    const root = path.join(import.meta.dirname, '../../..');
    const { outputFiles } = await build({
      stdin: { contents: LOOK, resolveDir: root, loader: 'ts' },
      bundle: true,
      write: false,
      platform: 'node',
      format: 'esm',
    });
    mkdirSync(lab.client.path('view'), { recursive: true });
    writeFileSync(lab.client.path('view/look.mjs'), outputFiles[0]?.contents ?? '');
    return new ViewOfClient(lab);
  }

  /** What is seen of a node by one who trusts the authority that it publishes, or as a test says. */
  async look(node: NodeName, question: Partial<Question> = {}): Promise<Sight> {
    const tls = (file: string) =>
      readFileSync(this.#lab[node].disk(`opt/orthweb/tls/${file}`), 'utf8');
    const asked: Question = {
      address: addressOf(node),
      name: tls('name').trim(),
      authorities: tls('ca.pem'),
      aeTitle: 'ORTHWEB',
      ...question,
    };
    const { code, stdout, stderr } = await this.#lab.client.run(
      ['/mnt/node', '/mnt/client/view/look.mjs', JSON.stringify(asked)],
      SECONDS,
    );
    if (code !== 0) throw new Error(`The look at ${node} ended with ${code}: ${stderr}`);
    return JSON.parse(stdout);
  }
}
