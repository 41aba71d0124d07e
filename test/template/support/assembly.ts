import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { synthesize } from '../../../infra/app.ts';
import type { Config } from '../../../infra/config.ts';

// biome-ignore lint/suspicious/noExplicitAny: a template is untyped JSON
export type Properties = Record<string, any>;

/** One resource of a template, every reference in it in words: `<Power/Act/Function.Arn>`. */
export interface Resource {
  readonly id: string;
  readonly type: string;
  /** Where it stands below its stack: `Power/Act/Function`. */
  readonly path: string;
  readonly properties: Properties;
  readonly metadata: Properties;
  readonly dependsOn: readonly string[];
  readonly deletionPolicy: string | undefined;
}

export interface Statement {
  readonly effect: 'Allow' | 'Deny';
  readonly actions: readonly string[];
  readonly resources: readonly string[];
  readonly conditions: Properties;
  /** Absent in an identity policy. */
  readonly principal?: unknown;
}

/** A function with all that its role allows. */
export interface Granted {
  /** `power/act` */
  readonly name: string;
  readonly role: string;
  readonly timeout: number;
  readonly environment: Readonly<Record<string, string>>;
  /** The folder of its code in the cloud assembly. */
  readonly asset: string;
  readonly statements: readonly Statement[];
  readonly reasons: readonly { readonly actions: readonly string[]; readonly because: string }[];
}

/** Both synthesized templates of a site, as `synthesize` writes them for a deployment. */
export class Assembly {
  readonly site: readonly Resource[];
  readonly operations: readonly Resource[];
  /** Names of what the site's stack tells the operator after a deployment. */
  readonly outputs: readonly string[];
  /** What the operations' stack tells our command line, by its name. */
  readonly told: Readonly<Record<string, unknown>>;
  readonly stackNames: readonly string[];
  readonly #directory: string;
  readonly #templates: Properties;

  /** Without a directory of the caller's, nothing stays on the disk and no asset can be read. */
  constructor(config: Config, directory?: string) {
    this.#directory = directory ?? mkdtempSync(path.join(tmpdir(), 'orthweb-template-'));
    const { stacks } = synthesize({ config, outdir: this.#directory, validate: false });
    this.stackNames = stacks.map(({ stackName }) => stackName);
    this.#templates = Object.fromEntries(
      stacks.map(({ stackName, templateFullPath }) => [
        stackName,
        JSON.parse(readFileSync(templateFullPath, 'utf8')),
      ]),
    );
    if (!directory) rmSync(this.#directory, { recursive: true });
    this.outputs = Object.keys(this.#templates[config.site].Outputs);
    this.site = this.#resources(config.site);
    const operations = `${config.site}-operations`;
    this.operations = this.#resources(operations);
    const told = Object.entries<Properties>(this.#templates[operations].Outputs ?? {});
    this.told = Object.fromEntries(
      told.map(([name, { Value }]) => [name, this.#inWords(Value, operations)]),
    );
  }

  /** The operations' resources of one type, such as `Lambda::Function`. */
  of(type: string): Resource[] {
    return this.operations.filter((resource) => resource.type === `AWS::${type}`);
  }

  /** The resources of one type in both stacks. */
  everywhere(type: string): Resource[] {
    return [...this.site, ...this.operations].filter(
      (resource) => resource.type === `AWS::${type}`,
    );
  }

  /** Those of both stacks. */
  functions(): Granted[] {
    return this.everywhere('Lambda::Function').map((resource) => {
      const { Handler, Role, Timeout, Environment } = resource.properties;
      const role = Role.replace('.Arn', '');
      const policies = this.everywhere('IAM::Policy').filter(({ properties }) =>
        properties.Roles.includes(role),
      );
      return {
        name: Handler.replace(/\.handler$/, ''),
        role,
        timeout: Timeout,
        environment: Environment?.Variables ?? {},
        asset: path.join(this.#directory, resource.metadata['aws:asset:path']),
        statements: policies.flatMap(({ properties }) => statementsOf(properties.PolicyDocument)),
        reasons: policies.flatMap(({ metadata }) => metadata.Because ?? []),
      };
    });
  }

  #resources(stackName: string): Resource[] {
    const resources: Record<string, Properties> = this.#templates[stackName].Resources;
    return Object.entries(resources).map(([id, resource]) => ({
      id,
      type: resource.Type,
      path: pathOf(resource),
      properties: this.#inWords(resource.Properties ?? {}, stackName) as Properties,
      metadata: resource.Metadata ?? {},
      dependsOn: resource.DependsOn ?? [],
      deletionPolicy: resource.DeletionPolicy,
    }));
  }

  #inWords(value: unknown, stackName: string): unknown {
    if (Array.isArray(value)) return value.map((item) => this.#inWords(item, stackName));
    if (typeof value !== 'object' || value === null) return value;
    const resources = this.#templates[stackName].Resources;
    const name = (id: string) => (resources[id] ? pathOf(resources[id]) : id);
    const [[key, of] = ['', undefined], ...more] = Object.entries(value as Properties);
    if (more.length === 0) {
      if (key === 'Ref') return of === 'AWS::Partition' ? 'aws' : `<${name(of)}>`;
      if (key === 'Fn::GetAtt') return `<${name(of[0])}.${of[1]}>`;
      if (key === 'Fn::Join') return (this.#inWords(of[1], stackName) as string[]).join(of[0]);
      if (key === 'Fn::Sub') return of.replace('${AWS::AccountId}', '<AWS::AccountId>');
      if (key === 'Fn::GetStackOutput') {
        return this.#inWords(
          this.#templates[of.StackName].Outputs[of.OutputName].Value,
          of.StackName,
        );
      }
    }
    return Object.fromEntries(
      Object.entries(value).map(([field, inner]) => [field, this.#inWords(inner, stackName)]),
    );
  }
}

export const statementsOf = (document: Properties): Statement[] =>
  document.Statement.map((statement: Properties) => ({
    effect: statement.Effect,
    actions: [statement.Action].flat(),
    resources: [statement.Resource ?? []].flat(),
    conditions: statement.Condition ?? {},
    ...(statement.Principal && { principal: statement.Principal }),
  }));

const pathOf = (resource: Properties): string =>
  resource.Metadata['aws:cdk:path'].replace(/^[^/]+\//, '').replace(/\/Resource$/, '');
