/** Options that a command has, and how it is called beyond them. */
export type Arguments = Readonly<Record<string, string>> & { readonly rest: string };

const FLAGS: readonly string[] = ['only-show-errors'];

/** `--name value` pairs and flags by name, and all others as `rest`; undefined if a value lacks. */
export function argumentsOf(args: readonly string[]): Arguments | undefined {
  const given: Record<string, string> = {};
  const rest: string[] = [];
  for (let at = 0; at < args.length; at += 1) {
    const arg = args[at] ?? '';
    const name = arg.slice(2);
    if (!arg.startsWith('--')) rest.push(arg);
    else if (FLAGS.includes(name)) given[name] = '';
    else {
      at += 1;
      const value = args[at];
      if (value === undefined) return undefined;
      given[name] = value;
    }
  }
  return { ...given, rest: rest.join(' ') };
}
