import { z } from 'zod';

export const tags = z
  .record(z.string(), z.string().describe('Write it in quotes, such as "4711".'))
  .refine(
    (tags) => Object.keys(tags).length <= 40,
    'has too many tags for AWS, which takes 50 with ours. Write at most 40.',
  )
  .check(({ value: tags, issues }) => {
    for (const [index, [key, value]] of Object.entries(tags).entries()) {
      const earlier = [...OURS, ...Object.keys(tags).slice(0, index)];
      const message = refusalOfTag(key, value, earlier);
      if (message !== undefined)
        issues.push({ code: 'custom', message, input: value, path: [key] });
    }
  })
  .describe(
    'Tags on every resource, such as { CostCentre: "4711" }: they show up in the bill, and are ' +
      'no place for secrets.',
  )
  .default({});

/** Tags that every resource, or each host, has anyway. */
const OURS = ['Application', 'Environment', 'Site', 'Name'];

/** Why AWS, or Orthweb, refuses a tag; undefined if it is a good one. */
function refusalOfTag(key: string, value: string, earlier: readonly string[]): string | undefined {
  // For IAM they are one key, and it takes none twice.
  // https://docs.aws.amazon.com/IAM/latest/UserGuide/id_tags.html
  const twin = earlier.find((other) => other.toLowerCase() === key.toLowerCase());
  if (twin !== undefined) return `is the same key as ${twin} to AWS. Write another key.`;
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
