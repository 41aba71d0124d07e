import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import type { Services } from '../../functions/shared/clients.ts';
import { NotModelled } from '../aws-error.ts';

export type Service = keyof Services;
export type ErrorKind = 'client' | 'server';

const require = createRequire(import.meta.url);

/** What the SDK's package of a service exports: schemas, enums, commands. */
export const sdkOf = (service: Service): Readonly<Record<string, unknown>> =>
  require(`@aws-sdk/client-${service}`);

/**
 * The declared type of each member of a structure or union, without `| undefined`.
 *
 * Only the declarations know which strings are enums: to the runtime schemas a string is a string.
 * They are machine-written, so this reads their one form strictly and throws on any other: a
 * release of the SDK that writes them anew must not turn checks off.
 */
export function declaredMembers(service: Service, name: string): ReadonlyMap<string, string> {
  for (const text of modelFiles(service)) {
    const structure = block(text, `\nexport interface ${name} {\n`);
    if (structure !== undefined) return membersOf(structure, `${service} ${name}`);
    const union = block(text, `\nexport declare namespace ${name} {\n`);
    if (union !== undefined) return variantsOf(union, `${service} ${name}`);
  }
  throw new NotModelled(`${service}: no declaration of ${name}`);
}

/** The errors that a command's documentation names, less the base class of all errors. */
export function declaredErrors(
  service: Service,
  operation: string,
): ReadonlyMap<string, ErrorKind> {
  const file = path.join(typesOf(service), 'commands', `${operation}Command.d.ts`);
  const throws = [...readFileSync(file, 'utf8').matchAll(/@throws \{@link (\w+)\}(.*)/g)];
  if (throws.length === 0) throw new NotModelled(`${file} names no error, not even the base class`);
  return new Map(
    throws.flatMap(([, name = '', rest = '']) => {
      const kind = /^ \((client|server) fault\)$/.exec(rest.trimEnd())?.[1];
      if (kind) return [[name, kind as ErrorKind] as const];
      if (name.endsWith('ServiceException') && rest.trim() === '') return [];
      throw new NotModelled(`${file}: @throws ${name}${rest}`);
    }),
  );
}

const typesOf = (service: Service): string =>
  path.join(path.dirname(require.resolve(`@aws-sdk/client-${service}/package.json`)), 'dist-types');

const files = new Map<Service, readonly string[]>();

function modelFiles(service: Service): readonly string[] {
  const known = files.get(service);
  if (known) return known;
  const folder = path.join(typesOf(service), 'models');
  const texts = readdirSync(folder)
    .filter((file) => /^models_\d+\.d\.ts$/.test(file))
    .map((file) => readFileSync(path.join(folder, file), 'utf8'));
  files.set(service, texts);
  return texts;
}

function block(text: string, opening: string): string | undefined {
  const at = text.indexOf(opening);
  return at < 0 ? undefined : text.slice(at + opening.length, text.indexOf('\n}', at));
}

/** `    Name?: Type | undefined;`, between comments. */
export function membersOf(block: string, where: string): Map<string, string> {
  return new Map(
    code(block).map((line) => {
      const [, name, type] = /^ {4}(\w+)\??: (.+) \| undefined;$/.exec(line) ?? [];
      if (!name || !type) throw new NotModelled(`${where}: cannot read "${line.trim()}"`);
      return [name, type];
    }),
  );
}

/** A union: an interface per variant, in which all others are `never`, and then one to visit it. */
export function variantsOf(block: string, where: string): Map<string, string> {
  const members = new Map<string, string>();
  const [variants = ''] = block.split('\n    interface Visitor<T> {\n');
  for (const line of code(variants)) {
    if (/^ {4}(interface [$\w]+Member \{|\})$/.test(line)) continue;
    if (/^ {8}[$\w]+\?: never;$/.test(line)) continue;
    const [, name, type] = /^ {8}([$\w]+): (.+);$/.exec(line) ?? [];
    if (!name || !type) throw new NotModelled(`${where}: cannot read "${line.trim()}"`);
    // What a newer service may answer that this release does not know.
    if (name !== '$unknown') members.set(name, type);
  }
  return members;
}

const code = (block: string): string[] =>
  block.split('\n').filter((line) => line.trim() !== '' && !/^ *(\/\*\*| \*)/.test(line));
