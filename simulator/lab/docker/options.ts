import { parseArgs } from 'node:util';
import type { Answer } from '../ask.ts';

/** The options of a command, and who carries it out. */
export interface Command {
  readonly flags?: readonly string[];
  readonly values?: readonly string[];
  readonly run: (given: Given) => Promise<string | Answer>;
}

export interface Given {
  /** Of the project. */
  readonly folder: string;
  readonly on: (flag: string) => boolean;
  readonly value: (name: string) => string | undefined;
  readonly names: readonly string[];
}

/** What a command line gives a command; undefined if it has an option that the command has not. */
export function givenOf(
  command: Command,
  folder: string,
  args: readonly string[],
  plain: boolean,
): Given | undefined {
  const { flags = [], values = [] } = command;
  // What comes after the service is the program's own.
  const end = plain ? args.findIndex((arg) => !arg.startsWith('-')) : args.length;
  const options = Object.fromEntries([
    ...flags.map((name) => [
      name,
      name.length > 1 ? { type: 'boolean' } : { type: 'boolean', short: name },
    ]),
    ...values.map((name) => [name, { type: 'string' }]),
  ]) as Record<string, { type: 'boolean' | 'string'; short?: string }>;
  try {
    const { values: got, positionals } = parseArgs({
      args: args.slice(0, end),
      options,
      allowPositionals: true,
    });
    return {
      folder,
      on: (flag) => got[flag] === true,
      value: (name) => {
        const value = got[name];
        return typeof value === 'string' ? value : undefined;
      },
      names: [...positionals, ...args.slice(end)],
    };
  } catch {
    return undefined;
  }
}
