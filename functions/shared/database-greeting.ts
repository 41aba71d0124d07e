import { connect } from 'node:net';
import type { DatabaseSight } from './view.ts';
import { wordsOf } from './words-of.ts';

/**
 * SSLRequest: how each client of PostgreSQL that wants TLS begins. It needs no name and no password,
 * and a server answers it by one byte: `S`, `N`, or an error.
 * https://www.postgresql.org/docs/current/protocol-message-formats.html
 */
const SSL_REQUEST = Buffer.from([0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f]);

/**
 * Whether a PostgreSQL server at this place greets who connects. A kernel takes connections for a
 * server that hangs, so only an answer counts. Never throws for what the other side does; `deadline`
 * ends it.
 */
export function greeting(
  address: string,
  port: number,
  deadline: AbortSignal,
): Promise<Omit<DatabaseSight, 'at'>> {
  return new Promise((resolve) => {
    const connection = connect({ host: address, port });
    const close = () => connection.destroy(deadline.reason);
    deadline.addEventListener('abort', close, { once: true });
    const answer = (sight: Omit<DatabaseSight, 'at'>) => {
      deadline.removeEventListener('abort', close);
      connection.destroy();
      resolve(sight);
    };
    connection.once('connect', () => connection.write(SSL_REQUEST));
    connection.once('data', () => answer({ reached: 'reached' }));
    connection.once('end', () => answer({ reached: 'silent', said: 'it hung up without a word' }));
    connection.on('error', (error: NodeJS.ErrnoException) =>
      answer({
        reached: error.code === 'ECONNREFUSED' ? 'refused' : 'silent',
        said: wordsOf(error),
      }),
    );
  });
}
