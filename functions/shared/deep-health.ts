import { request } from 'node:http';
import type { Duplex } from 'node:stream';

/**
 * Asks a node for its deep health path, over a connection that has TLS already: through nginx and
 * Orthanc to the database (`compose/nginx/nginx.conf`). Returns the status; the body is not read.
 *
 * Throws when the connection ends first, or what comes is no HTTP. The connection is of no use
 * afterwards, and the caller's to end.
 */
export function deepHealth(connection: Duplex, name: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const asked = request({
      createConnection: () => connection,
      path: '/healthz/deep',
      headers: { host: name },
    });
    asked.once('response', ({ statusCode = 0 }) => resolve(statusCode));
    asked.on('error', reject);
    // Node takes leave without an error of who wants to speak another protocol.
    connection.once('close', () => reject(new Error('the connection was closed')));
    asked.end();
  });
}
