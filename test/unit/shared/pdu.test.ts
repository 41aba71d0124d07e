import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LONGEST, NoPdu, PDU, type Pdu, pdu, pdusOf } from '../../../functions/shared/pdu.ts';

const aPdu = fc.record({
  type: fc.constantFrom(...Object.values(PDU)),
  body: fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
});

/** What is read of such chunks, and what ended it. */
async function read(chunks: readonly Buffer[]): Promise<{ pdus: Pdu[]; end?: unknown }> {
  const pdus: Pdu[] = [];
  try {
    for await (const one of pdusOf(arriving(chunks))) pdus.push(one);
  } catch (end) {
    return { pdus, end };
  }
  return { pdus };
}

async function* arriving(chunks: readonly Buffer[]) {
  yield* chunks;
}

/** Bytes in pieces, cut at such places. */
function cut(bytes: Buffer, places: readonly number[]): Buffer[] {
  const at = [...new Set(places.map((place) => place % (bytes.length + 1)))].sort((a, b) => a - b);
  return [0, ...at].map((from, index) => bytes.subarray(from, at[index]));
}

describe('the reader of PDUs', () => {
  it('reads the same, wherever the network has cut it', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(aPdu), fc.array(fc.nat()), async (sent, places) => {
        const bytes = Buffer.concat(sent.map(({ type, body }) => pdu(type, body)));

        expect(await read(cut(bytes, places))).toEqual({ pdus: sent });
      }),
    );
  });

  it('takes any bytes at all, and is ended by nothing but a sentence about them', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 2000 }), fc.array(fc.nat()), async (any, at) => {
        const { end } = await read(cut(Buffer.from(any), at));

        expect(end === undefined || end instanceof NoPdu).toBe(true);
      }),
    );
  });

  it('takes a body of the longest kind, and of a longer one not even the beginning', async () => {
    const longest = pdu(PDU.data, Buffer.alloc(LONGEST));
    const longer = pdu(PDU.data, Buffer.alloc(LONGEST + 1)).subarray(0, 6);

    expect((await read([longest])).pdus).toHaveLength(1);
    expect(await read([longer])).toEqual({
      pdus: [],
      end: expect.objectContaining({ message: 'a PDU of 16385 bytes, over 16384' }),
    });
  });
});
