import { LONGEST, PDU, type Pdu, pdu } from './pdu.ts';

/** UIDs of PS3.6, annex A: what an association for a C-ECHO is about. */
const APPLICATION_CONTEXT = '1.2.840.10008.3.1.1.1';
export const VERIFICATION = '1.2.840.10008.1.1';
const IMPLICIT_LITTLE_ENDIAN = '1.2.840.10008.1.2';
/** Made from a random UUID, as everybody may (PS3.5, annex B.2); names this implementation. */
const IMPLEMENTATION = '2.25.193783703058719123466307814167078401526';

/** The one presentation context that we ask for; its number has to be odd. */
export const CONTEXT = 1;

/** An A-ASSOCIATE-RQ for a C-ECHO (PS3.8, section 9.3.2, and annex D for the user information). */
export function associateRequest(called: string, calling: string): Buffer {
  const version = Buffer.from([0, 1, 0, 0]);
  const context = Buffer.concat([
    Buffer.from([CONTEXT, 0, 0, 0]),
    item(0x30, VERIFICATION),
    item(0x40, IMPLICIT_LITTLE_ENDIAN),
  ]);
  const longest = Buffer.alloc(4);
  longest.writeUInt32BE(LONGEST);
  const user = Buffer.concat([item(0x51, longest), item(0x52, IMPLEMENTATION)]);
  return pdu(
    PDU.associateRequest,
    Buffer.concat([
      version,
      title(called),
      title(calling),
      Buffer.alloc(32),
      item(0x10, APPLICATION_CONTEXT),
      item(0x20, context),
      item(0x50, user),
    ]),
  );
}

/** An AE title: 16 characters, filled up with spaces. */
const title = (name: string): Buffer => Buffer.from(name.padEnd(16).slice(0, 16), 'latin1');

function item(type: number, content: string | Buffer): Buffer {
  const bytes = Buffer.from(content as string, 'latin1');
  const header = Buffer.from([type, 0, 0, 0]);
  header.writeUInt16BE(bytes.length, 2);
  return Buffer.concat([header, bytes]);
}

/** An A-RELEASE-RQ (PS3.8, section 9.3.6). */
export const releaseRequest = (): Buffer => pdu(PDU.releaseRequest, Buffer.alloc(4));

/** Where the items of an A-ASSOCIATE-AC begin: version, two titles, what is reserved. */
const ITEMS = 68;
const CONTEXT_RESULT = 0x21;

/** Whether an A-ASSOCIATE-AC takes the presentation context that we asked for (section 9.3.3.2). */
export function takesContext({ body }: Pdu): boolean {
  for (let at = ITEMS; at + 8 <= body.length; at += 4 + body.readUInt16BE(at + 2)) {
    const [type, context, result] = [body[at], body[at + 4], body[at + 6]];
    if (type === CONTEXT_RESULT && context === CONTEXT) return result === 0;
  }
  return false;
}

/** What the other side means by a PDU that ends the association; undefined if it is another one. */
export function ending({ type, body }: Pdu): string | undefined {
  if (type === PDU.associateReject) {
    return `the association was rejected: ${REJECTIONS[`${body[2]}.${body[3]}`] ?? numbers(body)}`;
  }
  if (type === PDU.abort) return `the association was aborted (${numbers(body)})`;
  return undefined;
}

/** By source and reason (PS3.8, table 9-21), as far as they say something of a configuration. */
const REJECTIONS: Readonly<Record<string, string>> = {
  '1.1': 'no reason given',
  '1.3': 'calling AE title not recognized',
  '1.7': 'called AE title not recognized',
  '3.1': 'temporary congestion',
  '3.2': 'local limit exceeded',
};

const numbers = (body: Buffer): string => `source ${body[2]}, reason ${body[3]}`;
