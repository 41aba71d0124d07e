import { types } from 'node:util';
import type { Shape, Structure } from './shape.ts';

/** Where a value is not what the model says, and what it says. */
export interface Mismatch {
  readonly path: string;
  readonly value: unknown;
  readonly says: string;
}

export type Conforms = (value: unknown) => Mismatch | undefined;

/** The check of a shape as one function, made once: a year of a site makes millions of calls. */
export function conforms(shape: Shape): Conforms {
  switch (shape.kind) {
    case 'string':
      return is((value) => typeof value === 'string', 'not a string');
    case 'number':
      return is((value) => Number.isFinite(value), 'not a number');
    case 'boolean':
      return is((value) => typeof value === 'boolean', 'not a boolean');
    case 'bytes':
      return is((value) => value instanceof Uint8Array, 'not a Uint8Array');
    case 'stream':
      return is(isWhole, 'neither text nor a Uint8Array: a stream of parts is not modelled');
    case 'date':
      // Not `instanceof`: the clock has put its own Date in the place of the process's.
      return is((value) => types.isDate(value) && Number.isFinite(value.getTime()), 'not a Date');
    case 'enum':
      return is(
        (value) => shape.values.has(value as string),
        `not one of ${shape.name} (${some(shape.values)})`,
      );
    case 'list':
      return list(conforms(shape.of));
    case 'map':
      return map(conforms(shape.of));
    default:
      return structure(shape);
  }
}

const isWhole = (value: unknown): boolean =>
  typeof value === 'string' || value instanceof Uint8Array;

const is =
  (right: (value: unknown) => boolean, says: string): Conforms =>
  (value) =>
    right(value) ? undefined : { path: '', value, says };

const list =
  (of: Conforms): Conforms =>
  (value) => {
    if (!Array.isArray(value)) return { path: '', value, says: 'not a list' };
    for (let index = 0; index < value.length; index++) {
      const mismatch = of(value[index]);
      if (mismatch) return below(`[${index}]`, mismatch);
    }
    return undefined;
  };

const map =
  (of: Conforms): Conforms =>
  (value) => {
    if (!isObject(value)) return { path: '', value, says: 'not a map' };
    for (const key in value) {
      const mismatch = of(value[key]);
      if (mismatch) return below(`["${key}"]`, mismatch);
    }
    return undefined;
  };

const structures = new Map<Structure, Conforms>();

function structure(shape: Structure): Conforms {
  const known = structures.get(shape);
  if (known) return known;
  let members: ReadonlyMap<string, Conforms> | undefined;
  const check: Conforms = (value) => {
    if (!isObject(value)) return { path: '', value, says: `not a ${shape.name}` };
    members ??= new Map([...shape.members()].map(([name, member]) => [name, conforms(member)]));
    for (const name of shape.required) {
      if (value[name] === undefined) return absent(name, shape);
    }
    let set = 0;
    for (const name in value) {
      const given = value[name];
      // The SDK drops what is undefined, under whatever name.
      if (given === undefined) continue;
      set++;
      const member = members.get(name);
      if (!member) return below(`.${name}`, { path: '', value: given, says: unknownIn(shape) });
      const mismatch = member(given);
      if (mismatch) return below(`.${name}`, mismatch);
    }
    return shape.kind === 'union' && set !== 1
      ? { path: '', value, says: `not exactly one member of the union ${shape.name}` }
      : undefined;
  };
  structures.set(shape, check);
  return check;
}

const absent = (name: string, shape: Structure): Mismatch => ({
  path: `.${name}`,
  value: undefined,
  says: `${shape.name} requires it`,
});

const unknownIn = (shape: Structure): string => `${shape.name} has no such member`;

const below = (step: string, { path, ...rest }: Mismatch): Mismatch => ({
  path: `${step}${path}`,
  ...rest,
});

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const some = (values: ReadonlySet<string>): string =>
  values.size > 12
    ? `${[...values].slice(0, 12).join(', ')}, … ${values.size} in all`
    : [...values].join(', ');
