import { request } from 'node:http';
import type { Duplex } from 'node:stream';

/**
 * Where a node says how it is (`compose/nginx/nginx.conf`): `deep` goes through nginx and Orthanc to
 * the database, `orthanc` leaves the database out.
 */
export type HealthPath = '/healthz/deep' | '/healthz/orthanc';

/**
 * Asks a node for one of its health paths, over a connection that has TLS already. Returns the status;
 * the body is not read.
 *
 * Throws when the connection ends first, or what comes is no HTTP. The connection is of no use
 * afterwards, and the caller's to end.
 */
export function healthOf(connection: Duplex, name: string, path: HealthPath): Promise<number> {
  return new Promise((resolve, reject) => {
    const asked = request({
      createConnection: () => connection,
      path,
      headers: { host: name },
    });
    asked.once('response', ({ statusCode = 0 }) => resolve(statusCode));
    asked.on('error', reject);
    // Node takes leave without an error of who wants to speak another protocol.
    connection.once('close', () => reject(new Error('the connection was closed')));
    asked.end();
  });
}
