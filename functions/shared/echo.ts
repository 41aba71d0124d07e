import type { Duplex } from 'node:stream';
import { associateRequest, ending, releaseRequest, takesContext } from './association.ts';
import { CommandSet, echoRequest } from './command-set.ts';
import { NoPdu, PDU, type Pdu, pdusOf } from './pdu.ts';

/** What came of a C-ECHO. */
export interface Echo {
  /** The other side answered it with success. */
  readonly success: boolean;
  /** Why not, in words. */
  readonly said?: string;
  /** The other side ended the connection before it had said anything. */
  readonly wordless?: true;
}

/** The calling AE title by which a site's log knows this view from a device. */
const CALLING = 'ORTHWEB-CHECK';

/**
 * Asks by C-ECHO whether an application entity answers, on a connection that is there already:
 * association, question, release (PS3.8, section 7, and PS3.7, section 9.1.5).
 *
 * Never throws for what the other side does, and has no patience of its own: whoever destroys the
 * connection ends it. The connection is of no use afterwards.
 *
 * Why an own one: `docs/decisions/0018-view.md`.
 */
export async function echo(connection: Duplex, called: string): Promise<Echo> {
  const heard = { anything: false };
  try {
    const pdus = pdusOf(noting(connection, heard));
    connection.write(associateRequest(called, CALLING));
    return await asked(connection, pdus);
  } catch (error) {
    if (error instanceof NoPdu) return refused(`it sent ${error.message}`);
    const said = error instanceof Error ? error.message : String(error);
    return heard.anything ? { success: false, said } : { success: false, said, wordless: true };
  }
}

async function asked(connection: Duplex, pdus: AsyncGenerator<Pdu>): Promise<Echo> {
  const accepted = await next(pdus);
  const end = ending(accepted);
  if (end) return refused(end);
  if (accepted.type !== PDU.associateAccept) return refused(unexpected(accepted));
  if (!takesContext(accepted)) return refused('it does not take a C-ECHO');

  connection.write(echoRequest());
  const answer = new CommandSet();
  for (let whole = false; !whole; ) {
    const part = await next(pdus);
    const end = ending(part);
    if (end) return refused(end);
    if (part.type !== PDU.data) return refused(unexpected(part));
    whole = answer.take(part);
  }
  const { status } = answer;
  if (status === undefined) return refused('it answered the C-ECHO by something else');

  connection.write(releaseRequest());
  // The answer is there; whether the other side takes its leave, too, changes nothing.
  await next(pdus).catch(() => undefined);
  if (status === 0) return { success: true };
  const code = status.toString(16).padStart(4, '0');
  return refused(`it answered the C-ECHO with status 0x${code}`);
}

/** Whoever closes the connection then aborts the association by that (PS3.8, section 7.4). */
const refused = (said: string): Echo => ({ success: false, said });

const unexpected = ({ type }: Pdu): string => `it sent a PDU of type ${type} out of turn`;

async function next(pdus: AsyncGenerator<Pdu>): Promise<Pdu> {
  const { done, value } = await pdus.next();
  if (done) throw new Error('the connection was closed without an answer');
  return value;
}

async function* noting(
  chunks: AsyncIterable<Buffer>,
  heard: { anything: boolean },
): AsyncGenerator<Buffer> {
  for await (const chunk of chunks) {
    heard.anything = true;
    yield chunk;
  }
}
