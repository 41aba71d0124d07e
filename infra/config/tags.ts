import { z } from 'zod';

export const tags = z
  .record(z.string(), z.string())
  .refine(
    (tags) => Object.keys(tags).length <= 40,
    'has too many tags for AWS, which takes 50 with ours. Write at most 40.',
  )
  .check(({ value: tags, issues }) => {
    for (const [key, value] of Object.entries(tags)) {
      const message = refusalOfTag(key, value);
      if (message !== undefined)
        issues.push({ code: 'custom', message, input: value, path: [key] });
    }
  })
  .describe(
    'Tags on every resource, such as { CostCentre: "4711" }: they show up in the bill, and are ' +
      'no place for secrets.',
  )
  .default({});

/** Why AWS, or Orthweb, refuses a tag; undefined if it is a good one. */
function refusalOfTag(key: string, value: string): string | undefined {
  if (/^(aws|orthweb):/i.test(key)) {
    return 'has a key that begins with aws: or orthweb:, which are taken. Write another key.';
  }
  if (key.length < 1 || key.length > 128 || value.length > 256) {
    return 'is too long or has no key. Write a key of 1 to 128 characters, a value of at most 256.';
  }
  if (!/^[\p{L}\p{N} +\-=._:/@]*$/u.test(key + value)) {
    return 'has a character that AWS does not take. Write letters, digits, spaces and + - = . _ : / @';
  }
  return undefined;
}
