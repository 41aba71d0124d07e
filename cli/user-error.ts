/** Something the user asked for cannot be: one sentence, no stack trace, exit code 2. */
export class UserError extends Error {
  override readonly name = 'UserError';
}
