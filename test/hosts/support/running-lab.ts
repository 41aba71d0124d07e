import { afterAll } from 'vitest';
import { Lab, type LabOptions } from '../../../simulator/lab/lab.ts';
import type { CommandDocument, Invocation } from '../../../simulator/lab/ssm-agent.ts';
import { Site } from './site.ts';

/** A script of a host that has a Command document. */
export type DocumentName =
  | 'boot'
  | 'certificate-install'
  | 'certificate-request'
  | 'certificate-rollback'
  | 'drain'
  | 'logs'
  | 'probe'
  | 'restart'
  | 'secrets'
  | 'undrain'
  | 'update';

export type RunningLab = Awaited<ReturnType<typeof runningLab>>;

/** A lab with both hosts booted, and the documents of a synthesized site; removed after the tests. */
export async function runningLab(options: LabOptions = {}) {
  const site = new Site();
  afterAll(() => site.remove());
  const lab = await Lab.start(options);
  afterAll(() => lab.remove());
  await Promise.all([lab.a.boot(), lab.b.boot()]);
  return {
    lab,
    document: (name: DocumentName): CommandDocument => site.document(name),
    /** Runs bash on a node, which must succeed; returns what it prints. */
    async on(node: 'a' | 'b', script: string): Promise<string> {
      const { code, stdout, stderr } = await lab[node].run(['bash', '--norc', '-euc', script]);
      if (code !== 0) throw new Error(`${script}: ended with ${code}: ${stderr}`);
      return stdout;
    },
    /** Sends a document to a node, as Systems Manager does; `json` is what its script says. */
    async send(
      node: 'a' | 'b',
      name: DocumentName,
      parameters: Readonly<Record<string, string>> = {},
    ): Promise<Invocation & { readonly json: Readonly<Record<string, unknown>> }> {
      const invocation = await lab[node].send(site.document(name), parameters);
      return { ...invocation, json: JSON.parse(invocation.stdout) };
    },
  };
}
