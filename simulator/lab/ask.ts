import { once } from 'node:events';
import { createConnection, createServer, type Server } from 'node:net';
import { text } from 'node:stream/consumers';
import type { Ended } from './command.ts';

/** How one of a host's programs was called. What else the program has to say is in `more`. */
export interface Call {
  readonly args: readonly string[];
  readonly more?: Readonly<Record<string, string>>;
}

export interface Answer extends Ended {
  /** What the program is to leave behind: a file's name, and its bytes in base64. */
  readonly file?: { readonly name: string; readonly base64: string };
}

/** Asks who listens on a socket to do what a program was called for. */
export async function ask(socket: string, call: Call): Promise<Answer> {
  const connection = createConnection(socket);
  await once(connection, 'connect');
  connection.end(JSON.stringify(call));
  return JSON.parse(await text(connection)) as Answer;
}

/** Listens on a socket, one call per connection. An answer that fails is the caller's failure. */
export async function listen(
  socket: string,
  answer: (call: Call) => Promise<Answer>,
): Promise<Server> {
  const server = createServer({ allowHalfOpen: true }, (connection) => {
    connection.on('error', () => undefined);
    void text(connection)
      .then((said) => answer(JSON.parse(said) as Call))
      .catch((cause: unknown) => ({ code: 125, stdout: '', stderr: `${reasonOf(cause)}\n` }))
      .then((said) => connection.end(JSON.stringify(said)));
  });
  server.listen(socket);
  await once(server, 'listening');
  return server;
}

/** Why something failed, in one line of words. */
export const reasonOf = (cause: unknown): string =>
  cause instanceof Error ? cause.message : String(cause);
