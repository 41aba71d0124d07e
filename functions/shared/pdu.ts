/**
 * The envelopes of DICOM's network: a type, a reserved byte, the length of what follows in four
 * bytes, big endian (PS3.8, section 9.3.1).
 */
export interface Pdu {
  readonly type: number;
  readonly body: Buffer;
}

/** Types of PDU (PS3.8, sections 9.3.2 to 9.3.8). */
export const PDU = {
  associateRequest: 0x01,
  associateAccept: 0x02,
  associateReject: 0x03,
  data: 0x04,
  releaseRequest: 0x05,
  releaseReply: 0x06,
  abort: 0x07,
} as const;

const KNOWN = new Set<number>(Object.values(PDU));
const HEADER = 6;

/** The longest body that we take, in bytes; also what we tell the other side (PS3.8, annex D.1). */
export const LONGEST = 16_384;

export function pdu(type: number, body: Buffer): Buffer {
  const header = Buffer.alloc(HEADER);
  header.writeUInt8(type, 0);
  header.writeUInt32BE(body.length, 2);
  return Buffer.concat([header, body]);
}

/** What is not DICOM, or is more of it than anybody has to say to us. */
export class NoPdu extends Error {
  override readonly name = 'NoPdu';
}

/**
 * Cuts what arrives into PDUs, wherever the network has cut it.
 *
 * Yields each one as soon as it is whole, and throws `NoPdu` at the first header that is none: what
 * comes after it cannot be told apart. It never holds more than one body of the longest kind.
 */
export async function* pdusOf(chunks: AsyncIterable<Buffer>): AsyncGenerator<Pdu> {
  let rest = Buffer.alloc(0);
  for await (const chunk of chunks) {
    rest = Buffer.concat([rest, chunk]);
    while (rest.length >= HEADER) {
      const type = rest.readUInt8(0);
      const length = rest.readUInt32BE(2);
      if (!KNOWN.has(type)) throw new NoPdu(`what is no DICOM, beginning with byte ${type}`);
      if (length > LONGEST) throw new NoPdu(`a PDU of ${length} bytes, over ${LONGEST}`);
      if (rest.length < HEADER + length) break;
      yield { type, body: rest.subarray(HEADER, HEADER + length) };
      rest = rest.subarray(HEADER + length);
    }
  }
}
