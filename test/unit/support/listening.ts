import { once } from 'node:events';
import type { AddressInfo, Server, Socket } from 'node:net';
import { onTestFinished } from 'vitest';

/** A server on a port of this machine, until the test is over. */
export interface Listening {
  readonly port: number;
  /** Resolves when nobody is connected any more. */
  readonly left: () => Promise<unknown>;
}

/**
 * Has a server listen for as long as the test takes. The test does not end before everybody whom it
 * had has gone, so a connection that is left behind fails it.
 */
export async function listening(server: Server): Promise<Listening> {
  const gone: Promise<unknown>[] = [];
  server.on('connection', (socket: Socket) => {
    socket.on('error', () => {});
    gone.push(once(socket, 'close'));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const left = () => Promise.all(gone);
  onTestFinished(async () => {
    server.close();
    await left();
  });
  return { port: (server.address() as AddressInfo).port, left };
}
