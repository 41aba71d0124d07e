import { randomInt } from 'node:crypto';

const KINDS = ['ABCDEFGHIJKLMNOPQRSTUVWXYZ', 'abcdefghijklmnopqrstuvwxyz', '0123456789'];

/**
 * Something secret of so many letters and digits, of each kind at least one, as Secrets Manager makes
 * it; random, so that a search which finds it has found this one.
 */
export function letters(length: number): string {
  const some = (kind: string) => kind[randomInt(kind.length)] ?? '';
  const more = Array.from({ length: length - KINDS.length }, () => some(KINDS.join('')));
  return [...KINDS.map(some), ...more].join('');
}
