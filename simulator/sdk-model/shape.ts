import { NotModelled } from '../aws-error.ts';
import { declaredMembers, type Service, sdkOf } from './declarations.ts';

/** What AWS takes or answers in one place. */
export type Shape =
  | { readonly kind: 'string' | 'number' | 'boolean' | 'date' | 'bytes' | 'stream' }
  | { readonly kind: 'enum'; readonly name: string; readonly values: ReadonlySet<string> }
  | { readonly kind: 'list' | 'map'; readonly of: Shape }
  | Structure;

export interface Structure {
  readonly kind: 'structure' | 'union';
  readonly name: string;
  /** Read when first asked for: shapes nest themselves, and most are never met. */
  readonly members: () => ReadonlyMap<string, Shape>;
  readonly required: readonly string[];
}

/**
 * The input and output of an operation, from the SDK's runtime schemas: the part of the Smithy
 * model that it serializes with. What is required comes from there; which strings are enums comes
 * from the type declarations, and where both speak of a type they must agree.
 * https://smithy.io/2.0/spec/model.html
 */
export function operationShapes(
  service: Service,
  operation: string,
): { readonly input: Structure; readonly output: Structure } {
  const schema = sdkOf(service)[`${operation}$`];
  if (!Array.isArray(schema) || schema[0] !== OPERATION) {
    throw new NotModelled(`${service}: the SDK has no operation ${operation}`);
  }
  const [, , , , input, output] = schema;
  return { input: structureOf(service, input), output: structureOf(service, output) };
}

const [LIST, MAP, STRUCTURE, UNION, OPERATION] = [1, 2, 3, 4, 9];
const SIMPLE = 0;

/** Bits that make a list or a map of a scalar's number. */
const [LIST_OF, MAP_OF] = [64, 128];

const SCALARS: Readonly<Record<number, Exclude<Shape['kind'], 'enum' | 'list' | 'map'>>> = {
  0: 'string',
  1: 'number',
  2: 'boolean',
  4: 'date',
  5: 'date',
  6: 'date',
  7: 'date',
  21: 'bytes',
  42: 'stream',
};

const DECLARED: Readonly<Record<string, string>> = {
  number: 'number',
  boolean: 'boolean',
  date: 'Date',
  bytes: 'Uint8Array',
  stream: 'StreamingBlobTypes',
};

/** One shape from both sources: the schema, and the type as TypeScript spells it. */
export function shapeOf(service: Service, schema: unknown, declared: string): Shape {
  const given = resolved(schema);
  const wrong = () =>
    new NotModelled(`${service}: ${JSON.stringify(given)} is declared as ${declared}`);
  if (typeof given === 'number') {
    if (given >= MAP_OF) return mapOf(service, given - MAP_OF, declared, wrong);
    if (given >= LIST_OF) return listOf(service, given - LIST_OF, declared, wrong);
    const kind = SCALARS[given];
    if (kind === 'string') return stringOf(service, declared, wrong);
    if (!kind || DECLARED[kind] !== declared) throw wrong();
    return { kind } as Shape;
  }
  if (!Array.isArray(given)) throw wrong();
  const [type, , name, , ...rest] = given;
  switch (type) {
    case SIMPLE:
      return shapeOf(service, rest[0], declared);
    case LIST:
      return listOf(service, rest[0], declared, wrong);
    case MAP:
      return mapOf(service, rest[1], declared, wrong);
    case STRUCTURE:
    case UNION:
      if (declared !== name) throw wrong();
      return structureOf(service, given);
    default:
      throw wrong();
  }
}

function listOf(service: Service, of: unknown, declared: string, wrong: () => Error): Shape {
  if (!declared.endsWith('[]')) throw wrong();
  return { kind: 'list', of: shapeOf(service, of, declared.slice(0, -2)) };
}

function mapOf(service: Service, of: unknown, declared: string, wrong: () => Error): Shape {
  const value = /^Record<string, (.+)>$/.exec(declared)?.[1];
  if (value === undefined) throw wrong();
  return { kind: 'map', of: shapeOf(service, of, value) };
}

/** A string that is not declared as `string` is declared as an enum, whose values are exported. */
function stringOf(service: Service, declared: string, wrong: () => Error): Shape {
  if (declared === 'string') return { kind: 'string' };
  const values = sdkOf(service)[declared];
  if (typeof values !== 'object' || values === null) throw wrong();
  return { kind: 'enum', name: declared, values: new Set(Object.values(values)) };
}

const structures = new Map<unknown, Structure>();

function structureOf(service: Service, schema: unknown): Structure {
  const given = resolved(schema);
  const known = structures.get(given);
  if (known) return known;
  // An operation that takes or answers nothing.
  if (given === 'unit') {
    return { kind: 'structure', name: 'Unit', members: () => new Map(), required: [] };
  }
  if (!Array.isArray(given) || (given[0] !== STRUCTURE && given[0] !== UNION)) {
    throw new NotModelled(`${service}: ${JSON.stringify(given)} is not a structure`);
  }
  const [type, , name, , members, schemas, required = 0] = given as [
    number,
    string,
    string,
    unknown,
    readonly string[],
    readonly unknown[],
    number?,
  ];
  let read: ReadonlyMap<string, Shape> | undefined;
  const structure: Structure = {
    kind: type === UNION ? 'union' : 'structure',
    name,
    members: () => {
      read ??= membersOf(service, name, members, schemas);
      return read;
    },
    // Smithy's writer puts the required members first and counts them.
    required: members.slice(0, required),
  };
  structures.set(given, structure);
  return structure;
}

function membersOf(
  service: Service,
  name: string,
  members: readonly string[],
  schemas: readonly unknown[],
): ReadonlyMap<string, Shape> {
  const declared = declaredMembers(service, name);
  if (declared.size !== members.length) {
    throw new NotModelled(`${service} ${name}: declared with ${[...declared.keys()]}`);
  }
  return new Map(
    members.map((member, index) => {
      const type = declared.get(member);
      if (type === undefined) throw new NotModelled(`${service} ${name}: ${member} not declared`);
      return [member, shapeOf(service, schemas[index], type)];
    }),
  );
}

/** Without the thunks against cycles and the traits `[schema, traits]` of one place. */
function resolved(schema: unknown): unknown {
  if (typeof schema === 'function') return resolved(schema());
  return Array.isArray(schema) && schema.length === 2 ? resolved(schema[0]) : schema;
}
