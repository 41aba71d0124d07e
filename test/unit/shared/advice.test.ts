import { describe, expect, it } from 'vitest';
import { addressLines, adviceOn, servingNodes } from '../../../functions/shared/advice.ts';
import { at, iso } from '../support/time.ts';

const proof = (address: string, time: string) => ({ address, at: iso(time) });
const proofs = { a: proof('a.example', '12:00'), b: proof('b.example', '12:00:30') };

describe('the nodes that serve', () => {
  it('are those proven within the minute before', () => {
    const found = ['12:01', '12:01:01', '12:01:31'].map((time) => servingNodes(proofs, at(time)));

    expect(found).toEqual([['a', 'b'], ['b'], []]);
  });

  it('are none whose address, or whose time, nobody knows', () => {
    const unknown = { a: proof('', '12:00'), b: { address: 'b.example', at: '' } };

    expect(servingNodes(unknown, at('12:00'))).toEqual([]);
  });
});

describe('the advice', () => {
  it('is the first address that works, or that none is proven to', () => {
    expect(adviceOn(proofs, ['b', 'a'])).toBe('use https://b.example');
    expect(adviceOn(proofs, [])).toBe('no address is proven to work');
  });

  it('goes with a line for web and for DICOM, when that was seen, and from where', () => {
    expect(addressLines(proofs, ['a'], 'Europe/London', 'on the host')).toEqual([
      'Node a   https://a.example',
      '         DICOM a.example port 11112',
      '         answered Mon 23 Nov 12:00, asked on the host',
    ]);
  });
});
