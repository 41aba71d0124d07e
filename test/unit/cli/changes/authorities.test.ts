import { describe, expect, it } from 'vitest';
import { edited, idOf, renamed, sentences, templates, told } from '../../support/stacks.ts';

type Listed = readonly (number | { readonly number: number; readonly signed: string })[];

const listing = (listed: Listed, environment: 'tst' | 'prd' = 'tst') =>
  templates({
    environment,
    certificate: {
      authorities: listed.map((one) => (typeof one === 'number' ? { number: one } : one)),
    },
  });

const one = listing([1]);
const both = listing([1, 2]);
const turned = listing([2, 1]);

describe('another list of authorities', () => {
  it('adds a second one without an interruption, and says what devices are to be told', () => {
    const said = told(one, both);

    expect(sentences(said)).toEqual([
      'authority 2: is new. Have each device trust it before it signs.',
    ]);
    expect(said.verdict).toBe('safe');
    // Its key, its name and its certificate, and the parameter with both, are told of.
    expect(said.lines).toContainEqual(
      expect.stringMatching(/^clinic: other resources: 0 added, \d changed, 0 removed\.$/),
    );
  });

  it('touches no key by another order, and asks before another one signs', () => {
    const said = told(both, turned);

    expect(sentences(said)).toEqual([
      'authority 2: signs, as soon as both nodes have published it for 180 days or a renewal is ' +
        'forced. From then on devices that trust authority 1 alone refuse both nodes.',
    ]);
    expect(said.verdict).toBe('interrupts');
  });

  it('asks before it takes one away, whose key AWS deletes at a test site', () => {
    const said = told(turned, listing([2]));

    expect(sentences(said)).toEqual([
      'authority 1: leaves. Devices that trust no other refuse both nodes. AWS deletes its key ' +
        'after 30 days, and then it can never sign again.',
    ]);
    expect(said.verdict).toBe('interrupts');
  });

  it('asks before it takes one away, whose key a production site keeps', () => {
    const said = told(listing([2, 1], 'prd'), listing([2], 'prd'));

    expect(sentences(said)).toEqual([
      'authority 1: leaves. Devices that trust no other refuse both nodes. Its key is kept, and ' +
        'is no longer part of the site.',
    ]);
    expect(said.verdict).toBe('interrupts');
  });

  it('takes one away and adds another in one deployment, and no key is called replaced', () => {
    const said = told(turned, listing([2, 3]));

    expect(sentences(said)).toEqual([
      'authority 3: is new. Have each device trust it before it signs.',
      expect.stringMatching(/^authority 1: leaves\./),
    ]);
    expect(said.verdict).toBe('interrupts');
  });

  it.each(['tst', 'prd'] as const)(
    'is refused to a site for %s where the next to sign is one that no device can trust yet',
    (environment) => {
      const said = told(listing([1], environment), listing([2], environment), {
        acceptDataLoss: true,
      });

      expect(sentences(said)).toContain('authority 2: WOULD SIGN BEFORE ANY DEVICE CAN TRUST IT.');
      expect(said.verdict).toBe('refused');
      expect(said.reason).toBe(
        'Write [{ number: 1 }, { number: 2 }] in certificate.authorities and deploy. Once each ' +
          'device trusts authority 2, write it first.',
      );
    },
  );

  it('signs one anew with the same key, which devices do not notice', () => {
    const said = told(one, listing([{ number: 1, signed: '2026-11-01' }]));

    expect(sentences(said)).toEqual([
      'authority 1: is signed anew with the same key. Devices that trust it go on trusting it.',
    ]);
    expect(said.verdict).toBe('safe');
  });

  it('is the first that a site has', () => {
    const none = edited(one, (of) => {
      for (const path of ['Key1', 'Key1/Alias', 'Certificate1/Default', 'Parameter']) {
        delete of[idOf(one, `Authority/${path}`)];
      }
    });
    const said = told(none, one);

    expect(sentences(said)).toEqual([
      'authority 1: is new. Its certificate is what devices are to trust.',
    ]);
    expect(said.verdict).toBe('safe');
  });
});

describe('the key of an authority that stays', () => {
  const key = idOf(one, 'Authority/Key1');

  it('is not replaced, unless a test site is to lose it', () => {
    const next = renamed(one, key);
    const said = told(one, next);

    expect(sentences(said)).toEqual([
      'authority 1: GETS ANOTHER KEY. Every device refuses both nodes until it is told of it.',
    ]);
    expect(said.verdict).toBe('refused');
    expect(said.reason).toContain('--accept-data-loss');
    expect(told(one, next, { acceptDataLoss: true }).verdict).toBe('interrupts');
  });

  it('is never replaced in production', () => {
    const production = listing([1], 'prd');
    const said = told(production, renamed(production, idOf(production, 'Authority/Key1')), {
      acceptDataLoss: true,
    });

    expect(said.verdict).toBe('refused');
    expect(said.reason).toMatch(/^A deployment never takes the key of an authority away/);
  });
});
