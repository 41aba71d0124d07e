import { describe, expect, it } from 'vitest';
import { namesOf, unnamed } from '../../../functions/shared/node-names.ts';

const all = {
  PublicDnsName: 'a.example',
  PublicIpAddress: '203.0.113.1',
  PrivateDnsName: 'a.internal',
  PrivateIpAddress: '10.0.0.1',
};

describe('what a node is called', () => {
  it('is its public name first, which clients are to use', () => {
    expect(namesOf(all)).toEqual(['a.example', '203.0.113.1', 'a.internal', '10.0.0.1']);
  });

  it('is what there is: EC2 gives an empty name where there is none', () => {
    expect(namesOf({ ...all, PublicDnsName: '' })[0]).toBe('203.0.113.1');
    expect(namesOf({ PrivateIpAddress: '10.0.0.1' })).toEqual(['10.0.0.1']);
    expect(namesOf(undefined)).toEqual([]);
  });

  it('is said once, where two names are the same', () => {
    expect(namesOf({ ...all, PrivateDnsName: 'a.example' })).toHaveLength(3);
  });
});

describe('what a certificate does not name', () => {
  it('is said in the order of the names', () => {
    expect(unnamed(['a', 'b', 'c'], ['b'])).toEqual(['a', 'c']);
    expect(unnamed(['a'], ['b', 'a'])).toEqual([]);
  });
});
