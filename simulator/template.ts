import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { NotModelled } from './aws-error.ts';

/** The account that the rehearsal pretends to deploy to; AWS's documentation uses it too. */
export const ACCOUNT = '111122223333';

type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/** Stands for a value that CloudFormation leaves out. */
const NO_VALUE = 'AWS::NoValue';

interface RawResource {
  readonly Type: string;
  readonly Properties?: Readonly<Record<string, unknown>>;
  readonly Metadata?: Readonly<Record<string, unknown>>;
}

interface RawTemplate {
  readonly Resources: Readonly<Record<string, RawResource>>;
  readonly Outputs?: Readonly<Record<string, { readonly Value: unknown }>>;
  readonly Parameters?: Readonly<Record<string, { readonly Default?: string }>>;
}

/** What the rest of the world sees of a resource. */
export interface ResourceNames {
  /** What `Ref` gives. */
  readonly ref: string;
  /** What `Fn::GetAtt` gives; another attribute is an error. */
  readonly attributes?: Readonly<Record<string, string>>;
}

/** How the simulator knows a resource type. */
export interface ResourceType {
  /** Properties that the model acts on. */
  readonly reads?: readonly string[];
  /** Properties that change nothing that is rehearsed. Any other property is an error. */
  readonly ignores?: readonly string[];
  /** Properties that may have these values alone, as JSON: with others it would act otherwise. */
  readonly only?: Readonly<Record<string, readonly string[]>>;
  readonly names: (resource: Resource) => ResourceNames;
}

/** A resource of a synthesized stack; its properties are resolved when they are read. */
export class Resource {
  readonly stack: Stack;
  readonly id: string;
  readonly type: string;
  private readonly raw: RawResource;

  constructor(stack: Stack, id: string, raw: RawResource) {
    this.stack = stack;
    this.id = id;
    this.type = raw.Type;
    this.raw = raw;
  }

  /** Where an engineer finds it: `OrthwebOperations/Power/Act/Function (PowerAct…)`. */
  get where(): string {
    const path = this.raw.Metadata?.['aws:cdk:path'];
    const name = typeof path === 'string' ? path.replace(/\/Resource$/, '') : this.stack.id;
    return `${this.stack.prefix}${name} (${this.type} ${this.id})`;
  }

  get propertyNames(): string[] {
    return Object.keys(this.raw.Properties ?? {});
  }

  /** A property with all references resolved; undefined where the template has none. */
  optional(name: string): unknown {
    const value = this.raw.Properties?.[name];
    return value === undefined ? undefined : this.stack.resolve(value, `${this.where}: ${name}`);
  }

  /** A property that the resource cannot be without. */
  required(name: string): unknown {
    const value = this.optional(name);
    if (value === undefined) throw new NotModelled(`${this.where}: ${name} is missing`);
    return value;
  }

  text(name: string): string {
    return String(this.required(name));
  }

  /** A made-up but lasting identifier: the same for the same resource in every run. */
  fingerprint(length: number): string {
    return createHash('sha256')
      .update(`${this.stack.prefix}${this.stack.id}/${this.id}`)
      .digest('hex')
      .slice(0, length);
  }

  /** The name that CloudFormation would give where the template gives none. */
  generatedName(): string {
    return `${this.stack.name}-${this.id}-${this.fingerprint(12).toUpperCase()}`;
  }

  /** Its ARN; those of IAM are the same in all regions. */
  arn(service: string, rest: string): string {
    const region = service === 'iam' ? '' : this.stack.region;
    return `arn:aws:${service}:${region}:${ACCOUNT}:${rest}`;
  }
}

/** One synthesized stack. */
export class Stack {
  readonly id: string;
  readonly name: string;
  readonly region: string;
  readonly resources: ReadonlyMap<string, Resource>;
  readonly template: RawTemplate;
  private readonly assembly: Assembly;

  constructor(assembly: Assembly, id: string, name: string, region: string, template: RawTemplate) {
    this.assembly = assembly;
    this.id = id;
    this.name = name;
    this.region = region;
    this.template = template;
    this.resources = new Map(
      Object.entries(template.Resources).map(([key, raw]) => [key, new Resource(this, key, raw)]),
    );
  }

  /** What comes before the ids of a neighbour's stacks, which are the same at every site. */
  get prefix(): string {
    return this.assembly.isNeighbour ? `${this.assembly.name}:` : '';
  }

  /** Throws on a reference to something that the stack does not hold, wherever it stands. */
  assertReferences(): void {
    for (const [id, raw] of Object.entries(this.template.Resources)) {
      const where = this.resources.get(id)?.where ?? id;
      if ('Condition' in raw) throw new NotModelled(`${where}: Condition is not modelled`);
      JSON.stringify(raw.Properties ?? {}, (key, value) => {
        if (key === 'Ref' && !String(value).startsWith('AWS::')) this.referred(value, where);
        if (key === 'Fn::GetAtt') this.referred([value].flat()[0].split('.')[0], where);
        return value;
      });
    }
  }

  private referred(id: string, where: string): void {
    if (!this.template.Parameters?.[id]) this.find(id, where);
  }

  /** Replaces CloudFormation's intrinsic functions by what they stand for. */
  resolve(value: unknown, where: string): Json {
    if (Array.isArray(value)) {
      return value
        .map((item) => this.resolve(item, where))
        .filter((item) => item !== NO_VALUE) as Json[];
    }
    if (value === null || typeof value !== 'object') return value as Json;
    const entries = Object.entries(value);
    const [name, argument] = entries[0] ?? [];
    if (entries.length === 1 && (name === 'Ref' || name?.startsWith('Fn::'))) {
      return this.intrinsic(name, argument, where);
    }
    return Object.fromEntries(
      entries
        .map(([key, item]) => [key, this.resolve(item, where)] as const)
        .filter(([, item]) => item !== NO_VALUE),
    );
  }

  private intrinsic(name: string, argument: unknown, where: string): Json {
    switch (name) {
      case 'Ref':
        return this.ref(String(argument), where);
      case 'Fn::GetAtt': {
        const [id, attribute] = Array.isArray(argument) ? argument : String(argument).split('.');
        return this.attribute(String(id), String(attribute), where);
      }
      case 'Fn::Join': {
        const [separator, parts] = argument as [string, unknown[]];
        return (this.resolve(parts, where) as Json[]).join(separator);
      }
      case 'Fn::Sub': {
        const [text, given] = Array.isArray(argument) ? argument : [argument, {}];
        const values = this.resolve(given, where) as Record<string, string>;
        return String(text).replace(/\$\{([^!}][^}]*)\}/g, (_all, key: string) => {
          if (key in values) return String(values[key]);
          const [id, attribute] = key.split('.');
          return attribute
            ? this.attribute(id ?? '', attribute, where)
            : String(this.ref(key, where));
        });
      }
      case 'Fn::Base64':
        return Buffer.from(String(this.resolve(argument, where))).toString('base64');
      case 'Fn::Select': {
        const [index, list] = argument as [number | string, unknown];
        const item = (this.resolve(list, where) as Json[])[Number(index)];
        if (item === undefined)
          throw new NotModelled(`${where}: Fn::Select finds no item ${index}`);
        return item;
      }
      case 'Fn::Split': {
        const [separator, text] = argument as [string, unknown];
        return String(this.resolve(text, where)).split(separator);
      }
      case 'Fn::GetStackOutput': {
        const { StackName, OutputName } = this.resolve(argument, where) as Record<string, string>;
        return this.assembly.output(StackName ?? '', OutputName ?? '', where);
      }
      default:
        throw new NotModelled(`${where}: the simulator does not know ${name}`);
    }
  }

  private ref(id: string, where: string): Json {
    const pseudo: Record<string, Json> = {
      'AWS::AccountId': ACCOUNT,
      'AWS::Region': this.region,
      'AWS::Partition': 'aws',
      'AWS::URLSuffix': 'amazonaws.com',
      'AWS::StackName': this.name,
      'AWS::NoValue': NO_VALUE,
    };
    if (id in pseudo) return pseudo[id] as Json;
    const parameter = this.template.Parameters?.[id];
    if (parameter?.Default !== undefined) return parameter.Default;
    if (parameter) throw new NotModelled(`${where}: the parameter ${id} has no default`);
    return this.assembly.names(this.find(id, where)).ref;
  }

  private attribute(id: string, attribute: string, where: string): string {
    const resource = this.find(id, where);
    const value = this.assembly.names(resource).attributes?.[attribute];
    if (value === undefined) {
      throw new NotModelled(
        `${where}: the simulator does not know the attribute ${attribute} of ${resource.where}`,
      );
    }
    return value;
  }

  private find(id: string, where: string): Resource {
    const resource = this.resources.get(id);
    if (!resource)
      throw new NotModelled(`${where}: refers to ${id}, which ${this.id} does not hold`);
    return resource;
  }
}

/** A cloud assembly, as `cdk synth` leaves it in `cdk.out`: the stacks of one site. */
export class Assembly {
  readonly directory: string;
  /** Whether the site is there beside the one that is played. */
  readonly isNeighbour: boolean;
  readonly stacks: readonly Stack[];
  private readonly types: Readonly<Record<string, ResourceType>>;
  private readonly assets: ReadonlyMap<string, string>;
  private made: ReadonlyMap<string, ResourceNames> = new Map();

  /** Reads the stacks in `directory`; `types` are the resource types that the simulator knows. */
  constructor(
    directory: string,
    types: Readonly<Record<string, ResourceType>>,
    { isNeighbour } = { isNeighbour: false },
  ) {
    this.directory = directory;
    this.isNeighbour = isNeighbour;
    this.types = types;
    const manifest = this.json('manifest.json') as {
      artifacts: Record<
        string,
        {
          type: string;
          environment?: string;
          properties?: { templateFile?: string; stackName?: string; file?: string };
        }
      >;
    };
    const artifacts = Object.entries(manifest.artifacts);
    this.stacks = artifacts.flatMap(([id, { type, environment, properties }]) => {
      if (type !== 'aws:cloudformation:stack' || !properties?.templateFile) return [];
      const region = environment?.split('/').at(-1) ?? '';
      const template = this.json(properties.templateFile) as RawTemplate;
      return [new Stack(this, id, properties.stackName ?? id, region, template)];
    });
    this.assets = new Map(
      artifacts
        .filter(([, { type }]) => type === 'cdk:asset-manifest')
        .flatMap(([, { properties }]) => {
          const { files } = this.json(properties?.file ?? '') as {
            files: Record<string, { source: { path: string } }>;
          };
          return Object.entries(files).map(([hash, { source }]) => [hash, source.path] as const);
        }),
    );
    for (const stack of this.stacks) stack.assertReferences();
    for (const resource of this.resources()) this.checkProperties(resource);
  }

  /** The name of the site, which is that of its first stack. */
  get name(): string {
    return this.stacks[0]?.name ?? '';
  }

  /** Where the site is; all of its stacks are in one region. */
  get region(): string {
    return this.stacks[0]?.region ?? '';
  }

  /** What functions have made of it, by where it stands: another deployment makes it anew. */
  take(made: ReadonlyMap<string, ResourceNames>): void {
    this.made = made;
  }

  /** All resources, or those of one type, in the order of the templates. */
  resources(type?: string): Resource[] {
    return this.stacks
      .flatMap((stack) => [...stack.resources.values()])
      .filter((resource) => type === undefined || resource.type === type);
  }

  /** The resource of this type that `Ref` calls so. */
  named(type: string, ref: string | undefined): Resource | undefined {
    return this.resources(type).find((resource) => this.names(resource).ref === ref);
  }

  names(resource: Resource): ResourceNames {
    const given = this.made.get(resource.where);
    if (given) return given;
    const known = this.types[resource.type];
    // A type that we do not know is inert: it has a name, and nothing else about it is known.
    return known ? known.names(resource) : { ref: resource.generatedName() };
  }

  /** What another stack puts out: the weak reference between our two stacks. */
  output(stackName: string, outputName: string, where: string): Json {
    const stack = this.stacks.find(({ name }) => name === stackName);
    const output = stack?.template.Outputs?.[outputName];
    if (!stack || !output) {
      throw new NotModelled(`${where}: no stack ${stackName} puts out ${outputName}`);
    }
    return stack.resolve(output.Value, `${stack.id}: output ${outputName}`);
  }

  /** The folder that the code of a Lambda function, or the bundle of hosts, was staged in. */
  assetFolder(s3Key: string, where: string): string {
    const source = this.assets.get(s3Key.replace(/\.zip$/, ''));
    const folder = source && path.join(this.directory, source);
    if (!folder || !existsSync(folder)) {
      throw new NotModelled(`${where}: the asset ${s3Key} is not in ${this.directory}`);
    }
    return folder;
  }

  private checkProperties(resource: Resource): void {
    const known = this.types[resource.type];
    if (!known) return;
    const only = Object.entries(known.only ?? {});
    const names = [...(known.reads ?? []), ...(known.ignores ?? []), ...only.map(([name]) => name)];
    const allowed = new Set([...names, 'Tags']);
    const unknown = resource.propertyNames.filter((name) => !allowed.has(name));
    if (unknown.length > 0) {
      throw new NotModelled(
        `${resource.where}: the simulator does not model ${unknown.join(', ')}`,
      );
    }
    for (const [name, values] of only) {
      const value = JSON.stringify(resource.optional(name));
      if (value === undefined || values.includes(value)) continue;
      throw new NotModelled(`${resource.where}: the simulator does not model ${name} ${value}`);
    }
  }

  private json(file: string): unknown {
    return JSON.parse(readFileSync(path.join(this.directory, file), 'utf8'));
  }
}
