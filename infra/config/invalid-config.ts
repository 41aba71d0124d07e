import { z } from 'zod';
import { type Problem, quoted, sentence } from '../../functions/power/schedule-input.ts';

/** The configuration cannot be deployed: its message is one sentence for each thing to correct. */
export class InvalidConfig extends Error {
  override readonly name = 'InvalidConfig';
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[]) {
    super(problems.map(sentence).join('\n'));
    this.problems = problems;
  }
}

const KINDS: Readonly<Record<string, string>> = {
  array: 'a list',
  boolean: 'true or false',
  int: 'a whole number',
  number: 'a number',
  object: 'a group of fields { … }',
  record: 'a group of names and values { … }',
  string: 'a text',
};

/** Zod's findings in our words: a field's description doubles as the advice on what to write. */
export function problemsOf(error: z.ZodError, schema: z.ZodType): Problem[] {
  return error.issues.flatMap((issue) => {
    const field = fieldAt(issue.path);
    const at = placeAt(schema, issue.path);
    const problem = (what: string) => {
      const advice = at.description === undefined ? '' : ` ${at.description}`;
      return { field, value: shown(issue.input), remedy: `${what}.${advice}` };
    };
    if (issue.code === 'unrecognized_keys') {
      return issue.keys.map((key) => unknownField(key, issue, at.fields));
    }
    if (issue.input === undefined) return problem('is given, and there is no default');
    switch (issue.code) {
      case 'invalid_type':
        return problem(`is not ${KINDS[issue.expected] ?? issue.expected}`);
      case 'invalid_value':
        return problem(`is none of ${issue.values.join(', ')}`);
      case 'too_small':
        return problem(`is less than ${issue.minimum}`);
      case 'too_big':
        return problem(`is more than ${issue.maximum}`);
      default:
        return { field, value: shown(issue.input), remedy: issue.message };
    }
  });
}

/** What was written, in a message; never a key, whatever field it was written into. */
function shown(value: unknown): string {
  const text = quoted(value);
  return text.includes('PRIVATE KEY') ? 'a private key' : text;
}

function unknownField(
  key: string,
  { path, input }: { readonly path: readonly PropertyKey[]; readonly input?: unknown },
  fields: readonly string[],
): Problem {
  const value = new Map(Object.entries(input ?? {})).get(key);
  // Any letter is one mistake away from any other: `c` is no misspelled `a`.
  const likely = fields.find(
    (field) => distance(field.toLowerCase(), key.toLowerCase()) <= Math.min(2, field.length - 1),
  );
  const advice =
    likely === undefined ? `Write one of ${fields.join(', ')}.` : `Did you mean ${likely}?`;
  return {
    field: fieldAt([...path, key]),
    value: shown(value),
    remedy: `belongs to no field that exists. ${advice}`,
  };
}

/** `clients.web[0]`; the whole is `configuration`. */
function fieldAt(path: readonly PropertyKey[]): string {
  const text = path.map((key) => (typeof key === 'number' ? `[${key}]` : `.${String(key)}`));
  return text.join('').replace(/^\./, '') || 'configuration';
}

interface Place {
  /** Names of the fields, if it is a group. */
  readonly fields: readonly string[];
  /** Its own, or the next one outwards: an element of a list shares its list's. */
  readonly description: string | undefined;
}

function placeAt(schema: z.ZodType, path: readonly PropertyKey[]): Place {
  let at: z.core.JSONSchema.BaseSchema = z.toJSONSchema(schema, {
    io: 'input',
    unrepresentable: 'any',
  });
  let { description } = at;
  for (const key of path) {
    const inner = at.properties?.[String(key)] ?? at.items ?? at.additionalProperties;
    if (typeof inner !== 'object' || Array.isArray(inner)) break;
    at = inner;
    description = at.description ?? description;
  }
  return { fields: Object.keys(at.properties ?? {}), description };
}

/** How many letters to insert, remove or replace to get from one word to the other. */
function distance(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (const [i, letter] of [...one].entries()) {
    const next = [i + 1];
    for (const [j, wanted] of [...other].entries()) {
      const replaced = (row[j] ?? 0) + (letter === wanted ? 0 : 1);
      next.push(Math.min(replaced, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}
