import { WIDTH, wrap } from '../simulator/report/layout.ts';

/**
 * A sentence as it is printed: wrapped, and set in below what it begins with (`node a: `). A command
 * stays one line, so that it can be copied.
 */
export function printed(sentence: string): readonly string[] {
  if (sentence.startsWith('aws ')) return [sentence];
  const [head = ''] = /^[^:.,(]*: /.exec(sentence) ?? [];
  const [first = '', ...more] = wrap(sentence.slice(head.length), WIDTH - head.length);
  return [head + first, ...more.map((line) => ' '.repeat(head.length) + line)];
}
