import { isIP } from 'node:net';
import { checkServerIdentity, connect, type TLSSocket } from 'node:tls';
import type { PortSight, Question } from './view.ts';
import { wordsOf } from './words-of.ts';

/** What came of a TLS handshake. */
export interface Handshake {
  readonly sight: PortSight;
  /** Only to a port that is to be trusted: nothing is said to another one. */
  readonly connection?: TLSSocket;
  /** The other side has asked us for a certificate, be it as a must or a may. */
  readonly asksForCertificate: boolean;
}

/**
 * Opens TLS to a port of a node as a client does that trusts the given authorities and nobody else.
 *
 * The handshake is carried through with whoever answers, so that also a certificate that is not to be
 * trusted can be named. Never throws for what the other side does. `deadline` ends the handshake, and
 * later the connection.
 */
export function handshake(
  question: Question,
  port: number,
  deadline: AbortSignal,
): Promise<Handshake> {
  return new Promise((resolve) => {
    let wrongName: Error | undefined;
    const connection = connect({
      host: question.address,
      port,
      // As a list: an empty text would stand for the authorities that Node brings.
      ca: [question.authorities],
      // An address is no name that a server could be asked for (RFC 6066, section 3).
      servername: isIP(question.name) ? '' : question.name,
      minVersion: 'TLSv1.2',
      rejectUnauthorized: false,
      checkServerIdentity: (_, shown) => {
        wrongName = checkServerIdentity(question.name, shown);
        return wrongName;
      },
    });
    const close = () => connection.destroy(deadline.reason);
    deadline.addEventListener('abort', close, { once: true });
    connection.once('close', () => deadline.removeEventListener('abort', close));
    // It also keeps errors after the handshake from ending the process: readers hear of them.
    connection.on('error', (error) => {
      const sight = { trusted: false, said: wordsOf(error) };
      resolve({ sight, asksForCertificate: false });
    });
    connection.once('secureConnect', () => {
      const trusted = connection.authorized;
      const said = wrongName?.message ?? String(connection.authorizationError);
      const sight = { trusted, ...shownBy(connection), ...(!trusted && { said }) };
      // A client has algorithms in common with a server that has asked for a certificate (OpenSSL,
      // SSL_get_shared_sigalgs), and nothing else tells: a server that has not got one may just close.
      const asksForCertificate = connection.getSharedSigalgs().length > 0;
      if (!trusted) connection.destroy();
      resolve({ sight, asksForCertificate, ...(trusted && { connection }) });
    });
  });
}

function shownBy(connection: TLSSocket): Pick<PortSight, 'fingerprint' | 'notAfter'> {
  const shown = connection.getPeerX509Certificate();
  if (!shown) return {};
  const notAfter = new Date(shown.validTo).toISOString();
  return { fingerprint: shown.fingerprint256, notAfter };
}
