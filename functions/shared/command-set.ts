import { CONTEXT, VERIFICATION } from './association.ts';
import { LONGEST, NoPdu, PDU, type Pdu, pdu } from './pdu.ts';

/** Elements of a command set, all of group 0000 (PS3.7, annex E). */
const ELEMENT = {
  groupLength: 0x0000,
  affectedSopClass: 0x0002,
  commandField: 0x0100,
  messageId: 0x0110,
  messageIdRespondedTo: 0x0120,
  dataSetType: 0x0800,
  status: 0x0900,
} as const;

const ECHO_REQUEST = 0x0030;
const ECHO_RESPONSE = 0x8030;
const NO_DATA_SET = 0x0101;
const MESSAGE = 1;

/** Bits of a message control header (PS3.8, annex E.2). */
const COMMAND = 0b01;
const LAST = 0b10;

/** A P-DATA-TF with a whole C-ECHO-RQ (PS3.7, section 9.3.5.1). */
export function echoRequest(): Buffer {
  const set = Buffer.concat([
    element(ELEMENT.affectedSopClass, Buffer.from(`${VERIFICATION}\0`, 'latin1')),
    element(ELEMENT.commandField, short(ECHO_REQUEST)),
    element(ELEMENT.messageId, short(MESSAGE)),
    element(ELEMENT.dataSetType, short(NO_DATA_SET)),
  ]);
  return data(Buffer.concat([element(ELEMENT.groupLength, long(set.length)), set]));
}

/** A P-DATA-TF with one value: the whole of a command set. */
function data(command: Buffer): Buffer {
  const header = Buffer.alloc(6);
  header.writeUInt32BE(command.length + 2);
  header.writeUInt8(CONTEXT, 4);
  header.writeUInt8(COMMAND | LAST, 5);
  return pdu(PDU.data, Buffer.concat([header, command]));
}

/** An element in implicit VR, little endian (PS3.5, section 7.1.3). */
function element(tag: number, value: Buffer): Buffer {
  const header = Buffer.alloc(8);
  header.writeUInt16LE(tag, 2);
  header.writeUInt32LE(value.length, 4);
  return Buffer.concat([header, value]);
}

function short(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16LE(value);
  return bytes;
}

function long(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

/**
 * Puts a command set together from the fragments that come in P-DATA-TFs.
 *
 * Throws `NoPdu` when a PDU is not made of such fragments, or when they become more than any answer
 * to a C-ECHO.
 */
export class CommandSet {
  #bytes = Buffer.alloc(0);

  /** Takes one PDU; true once the set is whole. */
  take({ body }: Pdu): boolean {
    for (let at = 0; at < body.length; ) {
      const length = at + 6 <= body.length ? body.readUInt32BE(at) : 0;
      const end = at + 4 + length;
      const control = body[at + 5] ?? 0;
      if (length < 2 || end > body.length || !(control & COMMAND)) {
        throw new NoPdu('a message that is no command');
      }
      this.#bytes = Buffer.concat([this.#bytes, body.subarray(at + 6, end)]);
      if (this.#bytes.length > LONGEST) throw new NoPdu(`a command over ${LONGEST} bytes`);
      if (control & LAST) return true;
      at = end;
    }
    return false;
  }

  /** Its status as an answer to our C-ECHO (PS3.7, section 9.3.5.2); undefined if it is none. */
  get status(): number | undefined {
    const numbers = shorts(this.#bytes);
    const ours =
      numbers.get(ELEMENT.commandField) === ECHO_RESPONSE &&
      numbers.get(ELEMENT.messageIdRespondedTo) === MESSAGE;
    return ours ? numbers.get(ELEMENT.status) : undefined;
  }
}

/** The elements of a command set that hold one number of two bytes, by tag. */
function shorts(set: Buffer): Map<number, number> {
  const found = new Map<number, number>();
  for (let at = 0; at + 8 <= set.length; ) {
    const length = set.readUInt32LE(at + 4);
    const command = set.readUInt16LE(at) === 0;
    if (command && length === 2 && at + 10 <= set.length) {
      found.set(set.readUInt16LE(at + 2), set.readUInt16LE(at + 8));
    }
    at += 8 + length;
  }
  return found;
}
