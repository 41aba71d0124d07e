import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { synthesize } from '../../../infra/app.ts';
import type { CommandDocument } from '../../../simulator/lab/ssm-agent.ts';
import { Assembly, type Resource } from '../../../simulator/template.ts';
import { KNOWN_TYPES } from '../../../simulator/world.ts';
import { clinic } from '../../template/support/sites.ts';

/** A synthesized clinic in which every reference has the value that the simulator gives it. */
export class Site {
  readonly #folder = mkdtempSync(path.join(tmpdir(), 'orthweb-site-'));
  readonly #assembly: Assembly;

  constructor() {
    synthesize({ config: clinic(), outdir: this.#folder, validate: false });
    this.#assembly = new Assembly(this.#folder, KNOWN_TYPES);
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true });
  }

  /** The instance of a node. */
  instance(node: 'a' | 'b'): Resource {
    const [a, b] = this.#assembly.resources('AWS::EC2::Instance');
    const instance = node === 'a' ? a : b;
    if (instance === undefined) throw new Error(`The site has no node ${node}.`);
    return instance;
  }

  /** What cloud-init runs on a node at its first boot. */
  userData(node: 'a' | 'b'): string {
    const { LaunchTemplateId } = this.instance(node).required('LaunchTemplate') as Properties;
    const template = this.#assembly
      .resources('AWS::EC2::LaunchTemplate')
      .find((resource) => this.#assembly.names(resource).ref === LaunchTemplateId);
    if (template === undefined) throw new Error(`Node ${node} has no launch template.`);
    const { UserData = '' } = template.required('LaunchTemplateData') as Properties;
    return Buffer.from(UserData, 'base64').toString();
  }

  /** The content of the Command document of a script. */
  document(script: string): CommandDocument {
    const name = `${clinic().site}-${script}`;
    const document = this.#assembly
      .resources('AWS::SSM::Document')
      .find((resource) => resource.required('Name') === name);
    if (document === undefined) throw new Error(`The site has no document ${name}.`);
    return document.required('Content') as CommandDocument;
  }

  /** The parameters of its database, by name. */
  databaseParameters(): Properties {
    const [group] = this.#assembly.resources('AWS::RDS::DBParameterGroup');
    if (group === undefined) throw new Error('The site has no parameters for its database.');
    return group.required('Parameters') as Properties;
  }

  /** The folder that a deployment zips and uploads to this `s3://bucket/key`. */
  uploaded(url: string): string {
    return this.#assembly.assetFolder(path.basename(url), url);
  }
}

type Properties = Readonly<Record<string, string>>;
