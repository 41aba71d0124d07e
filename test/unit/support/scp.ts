import type { Duplex } from 'node:stream';
import { type Pdu, pdusOf } from '../../../functions/shared/pdu.ts';

const bytes = (hex: string): Buffer => Buffer.from(hex.replaceAll(/\s/g, ''), 'hex');
const ascii = (text: string): string => Buffer.from(text, 'latin1').toString('hex');

/** What DCMTK's storescp 3.6.7 says to an association of ours, byte for byte. */
export const SAID = {
  accept: bytes(`
    0200000000b800010000
    ${ascii('ORTHWEB         ORTHWEB-CHECK   ')}
    ${'00'.repeat(32)}
    10000015${ascii('1.2.840.10008.3.1.1.1')}
    21000019 01000000 40000011${ascii('1.2.840.10008.1.2')}
    5000003a 51000004 00004000
    5200001b${ascii('1.2.276.0.7230010.3.0.3.6.7')}
    5500000f${ascii('OFFIS_DCMTK_367')}`),
  success: bytes(`
    040000000054 00000050 0103
    00000000 04000000 42000000
    00000200 12000000 ${ascii('1.2.840.10008.1.1')}00
    00000001 02000000 3080
    00002001 02000000 0100
    00000008 02000000 0101
    00000009 02000000 0000`),
  release: bytes('060000000004 00000000'),
} as const;

/** A whole PDU in hexadecimal. */
export const raw = bytes;

/** The same bytes with some of them changed. */
export function changed(said: Buffer, at: number, byte: number): Buffer {
  const copy = Buffer.from(said);
  copy[at] = byte;
  return copy;
}

/** Answers each PDU that comes by the next one of a script, and closes after the last. */
export async function play(connection: Duplex, script: readonly Buffer[]): Promise<Pdu[]> {
  const heard: Pdu[] = [];
  const lines = [...script];
  try {
    for await (const pdu of pdusOf(connection)) {
      heard.push(pdu);
      const line = lines.shift();
      if (line) connection.write(line);
      if (lines.length === 0) connection.end();
    }
  } catch {
    // Whoever is left by the other side has heard what it has heard.
  }
  return heard;
}
