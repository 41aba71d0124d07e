/** Whether the value fits the pattern: `*` stands for any run of characters, `?` for one. */
export function matches(value: string, pattern: string): boolean {
  if (pattern === '*' || pattern === value) return true;
  let expression = compiled.get(pattern);
  if (!expression) {
    const escaped = pattern.replace(/[.+^${}()|[\]\\]/g, '\\$&');
    expression = new RegExp(`^${escaped.replace(/\*/g, '.*').replace(/\?/g, '.')}$`, 's');
    compiled.set(pattern, expression);
  }
  return expression.test(value);
}

const compiled = new Map<string, RegExp>();

/** The six parts of an ARN, the last with all its colons. */
export function partsOf(arn: string): string[] {
  const parts = arn.split(':');
  return parts.length < 6 ? parts : [...parts.slice(0, 5), parts.slice(5).join(':')];
}

/** Whether some ARN fits both patterns, part by part where both have all parts. */
export function overlapArns(one: string, other: string): boolean {
  const [these, those] = [partsOf(one), partsOf(other)];
  if (these.length < 6 || those.length < 6) return overlap(one, other);
  return these.every((part, index) => overlap(part, those[index] ?? ''));
}

/** Whether some value fits both patterns. */
export function overlap(one: string, other: string): boolean {
  const pair = `${one} ${other}`;
  const answer = overlaps.get(pair) ?? overlapping(one, other);
  overlaps.set(pair, answer);
  return answer;
}

const overlaps = new Map<string, boolean>();

/** From the ends backwards: whether the rest of one from here and that of the other overlap. */
function overlapping(one: string, other: string): boolean {
  let next: boolean[] = [];
  for (let i = one.length; i >= 0; i--) {
    const rest: boolean[] = [];
    for (let j = other.length; j >= 0; j--) {
      const [a, b] = [one[i], other[j]];
      const skipOne = next[j] ?? false;
      const skipOther = rest[j + 1] ?? false;
      if (a === undefined && b === undefined) rest[j] = true;
      else if (a === '*' || b === '*') rest[j] = skipOne || skipOther;
      else rest[j] = fitsBoth(a, b) && (next[j + 1] ?? false);
    }
    next = rest;
  }
  return next[0] ?? false;
}

const fitsBoth = (a: string | undefined, b: string | undefined): boolean =>
  a !== undefined && b !== undefined && (a === b || a === '?' || b === '?');
