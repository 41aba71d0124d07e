import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { build } from 'esbuild';
import type { Lab } from '../../../simulator/lab/lab.ts';

/** More than any look takes: a process that lives on because of one is ended, and the test with it. */
const SECONDS = 12;

/** A program of ours that runs inside the lab's network, where its client is. */
export class ClientProgram {
  readonly #lab: Lab;
  readonly #name: string;

  private constructor(lab: Lab, name: string) {
    this.#lab = lab;
    this.#name = name;
  }

  /** `source`: a module in TypeScript, which finds our files from the root of the repository. */
  static async of(lab: Lab, name: string, source: string): Promise<ClientProgram> {
    const root = path.join(import.meta.dirname, '../../..');
    const { outputFiles } = await build({
      stdin: { contents: source, resolveDir: root, loader: 'ts' },
      bundle: true,
      write: false,
      platform: 'node',
      format: 'esm',
    });
    mkdirSync(lab.client.path('programs'), { recursive: true });
    writeFileSync(lab.client.path(`programs/${name}.mjs`), outputFiles[0]?.contents ?? '');
    return new ClientProgram(lab, name);
  }

  /** What the program prints as JSON when it gets this as its argument, as JSON too. */
  async run<T>(argument: unknown): Promise<T> {
    const { code, stdout, stderr } = await this.#lab.client.run(
      ['/mnt/node', `/mnt/client/programs/${this.#name}.mjs`, JSON.stringify(argument)],
      SECONDS,
    );
    if (code !== 0) throw new Error(`${this.#name} ended with ${code}: ${stderr}`);
    return JSON.parse(stdout);
  }
}
