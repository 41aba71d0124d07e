import { createServer, type TLSSocket, type TlsOptions } from 'node:tls';
import type { Pair } from '../../support/pairs.ts';
import { type Listening, listening } from './listening.ts';
import { play, SAID } from './scp.ts';

type Talk = (socket: TLSSocket) => unknown;

/** A port with TLS, and what is said on it. */
export const secured = (
  { key, cert }: Pair,
  talk: Talk,
  options: TlsOptions = {},
): Promise<Listening> => {
  const server = createServer({ key, cert, ...options }, (socket) => {
    socket.on('error', () => {});
    talk(socket);
  });
  server.on('tlsClientError', () => {});
  return listening(server);
};

/** Answers whatever is asked by such a status, as nginx does. */
export const web =
  (status = 200): Talk =>
  (socket) =>
    socket.once('data', () => socket.end(`HTTP/1.1 ${status} \r\ncontent-length: 0\r\n\r\n`));

/** Answers a C-ECHO, as Orthanc does. */
export const dicom: Talk = (socket) => play(socket, [SAID.accept, SAID.success, SAID.release]);

/** Says nothing, ever. */
export const silence: Talk = (socket) => socket.resume();
