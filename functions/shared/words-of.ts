/**
 * An error in the words of whoever said it.
 *
 * OpenSSL's `reason` comes without the addresses and source files that its message is full of.
 */
export function wordsOf(error: unknown): string {
  const { reason, message } = error as { readonly reason?: unknown; readonly message?: unknown };
  return typeof reason === 'string' ? reason : String(message ?? error);
}
