import { describe, expect, it } from 'vitest';
import { edited, idOf, renamed, sentences, templates, told } from '../../support/stacks.ts';

const clinic = templates();

describe('hosts', () => {
  const larger = templates({ hosts: { instanceType: 't3.large' } });
  const instances = { a: idOf(clinic, 'Hosts/A/Instance'), b: idOf(clinic, 'Hosts/B/Instance') };
  const launch = { a: idOf(clinic, 'Hosts/A/Template'), b: idOf(clinic, 'Hosts/B/Template') };

  it('of another type are stopped and started one after the other', () => {
    const said = told(clinic, larger);

    expect(sentences(said)).toEqual([
      'node a: is stopped and started again (its type changes from t3.medium to t3.large).',
      'node b: is stopped and started again, after node a (its type changes from t3.medium to t3.large).',
      expect.stringMatching(/^both nodes: CloudFormation does not wait until the first one serves/),
    ]);
    expect(said.verdict).toBe('interrupts');
  });

  it('are said to stop at the same time when nothing in the template keeps them apart', () => {
    const together = edited(larger, (of) => {
      const b = of[instances.b];
      if (b) b.DependsOn = [];
    });

    expect(sentences(told(clinic, together))[1]).toMatch(
      /^node b: is stopped and started again, at the same time as node a /,
    );
  });

  it('have a peer that serves when one alone is stopped', () => {
    const one = edited(clinic, (of) => {
      const b = of[instances.b];
      if (b) b.Properties = { ...b.Properties, InstanceType: 't3.large' };
    });

    expect(sentences(told(clinic, one))).toEqual([
      'node b: is stopped and started again (its type changes from t3.medium to t3.large). Node a serves meanwhile, if it serves now.',
    ]);
  });

  it('are not touched by another disk, which waits for a new host', () => {
    const said = told(clinic, templates({ hosts: { volumeGiB: 40 } }));

    expect(sentences(said)).toEqual([
      expect.stringMatching(
        /^hosts: what a new host gets changes .* raise hosts\.generation of one/,
      ),
    ]);
    expect(said.verdict).toBe('safe');
  });

  describe('whose bundle changes', () => {
    const dicom = { modalities: { CT1: ['store' as const] } };
    const more = templates({ dicom });

    it('take it by an update, one after the other, and are not replaced', () => {
      const said = told(clinic, more);

      expect(sentences(said)).toEqual([
        'hosts: the host bundle changes, and no host is replaced for it: running hosts take it by clinic-update on node a, then, when it serves, on node b (docs/hosts.md#updates).',
      ]);
      expect(said.verdict).toBe('safe');
    });

    it('are two things to say where new hosts get something else besides', () => {
      expect(sentences(told(clinic, templates({ dicom, hosts: { volumeGiB: 40 } })))).toEqual([
        expect.stringMatching(/^hosts: the host bundle changes, /),
        expect.stringMatching(/^hosts: what a new host gets changes /),
      ]);
    });

    it('are one where the other node gets a new host, which has it', () => {
      const next = templates({ dicom, hosts: { generation: { a: 2, b: 1 } } });

      expect(sentences(told(clinic, next))).toEqual([
        expect.stringMatching(/^node a: a new host replaces it/),
        'node b: the host bundle changes, and no host is replaced for it: the running one takes it by clinic-update, while the other one serves (docs/hosts.md#updates).',
      ]);
    });
  });

  it('are named when they stay as they are while the other one is renewed', () => {
    const hosts = { volumeGiB: 40, generation: { a: 2, b: 1 } };
    const said = told(clinic, templates({ hosts }));

    expect(sentences(said)).toEqual([
      expect.stringMatching(/^node a: a new host replaces it/),
      'node b: what a new host gets changes (its launch template), and the running one stays as now. To renew it, raise hosts.generation.b.',
    ]);
  });

  it.each([
    ['Hosts/Profile', 'instance profile Hosts/Profile'],
    ['Hosts/Role', 'role Hosts/Role'],
    ['Hosts/Images/Role', 'role Hosts/Images/Role'],
  ])('lose %s when it is another one, until they are replaced', (path, name) => {
    const said = told(clinic, renamed(clinic, idOf(clinic, path)));

    expect(sentences(said)).toContain(
      `hosts: lose ${name} until each is replaced. To renew them, raise hosts.generation of one node and deploy, then of the other.`,
    );
    expect(said.verdict).toBe('interrupts');
  });

  it('that are renewed in the same deployment lose nothing', () => {
    const profile = idOf(clinic, 'Hosts/Profile');
    const next = renamed(templates({ hosts: { generation: { a: 2, b: 1 } } }), profile);

    expect(sentences(told(clinic, next))).toContainEqual(
      expect.stringMatching(/^node b: loses instance profile .* raise hosts\.generation\.b\.$/),
    );
  });

  it('are replaced one at a time, by another launch template', () => {
    const said = told(clinic, renamed(clinic, launch.a));

    expect(sentences(said)).toEqual([
      'node a: a new host replaces it (its launch template changes). Its disk is new; images and index are not on it. Node b serves meanwhile, if it serves now.',
    ]);
    expect(said.verdict).toBe('interrupts');
  });

  it('are known by their tag, whatever the template calls them', () => {
    const said = told(clinic, renamed(clinic, instances.b));

    expect(sentences(said)[0]).toMatch(/^node b: a new host replaces it \(it is another resource/);
    expect(said.verdict).toBe('interrupts');
  });

  it('are never replaced both at once, with any option', () => {
    const both = renamed(clinic, launch.a, launch.b);

    for (const acceptDataLoss of [false, true]) {
      const said = told(clinic, both, { acceptDataLoss });
      expect(sentences(said)).toContain(
        'both nodes: would be replaced in one deployment, and nobody would be served.',
      );
      expect(said.verdict).toBe('refused');
      expect(said.reason).toMatch(/^Raise hosts\.generation of one node and deploy; /);
    }
  });

  it('are never removed both at once, or one replaced while the other is removed', () => {
    const neither = edited(clinic, (of) => {
      delete of[instances.a];
      delete of[instances.b];
    });
    const one = edited(renamed(clinic, launch.a), (of) => {
      delete of[instances.b];
    });

    expect(told(clinic, neither).verdict).toBe('refused');
    expect(told(clinic, one).verdict).toBe('refused');
  });

  it('leave nobody served for a while when one is replaced and the other stopped', () => {
    const said = told(clinic, renamed(larger, launch.a));

    expect(sentences(said)).toEqual([
      expect.stringMatching(/^node a: a new host replaces it \(/),
      expect.stringMatching(/^node b: is stopped and started again, after node a/),
      expect.stringMatching(/^both nodes: .* nobody is served/),
    ]);
    expect(said.verdict).toBe('interrupts');
  });

  it('do not move to another network', () => {
    const said = told(clinic, templates({ network: { cidr: '10.50.0.0/16' } }));

    expect(sentences(said)).toEqual([
      expect.stringMatching(/^node a: a new host replaces it \(its subnet changes\)/),
      expect.stringMatching(/^node b: a new host replaces it, after node a \(its subnet changes\)/),
      expect.stringMatching(/^both nodes: would be replaced/),
      expect.stringMatching(
        /^network: is replaced \(its CidrBlock changes from 10\.42\.0\.0\/16 to/,
      ),
      'network: the subnets of the database would be replaced, which AWS refuses.',
    ]);
    expect(said.verdict).toBe('refused');
    expect(said.reason).toBe(
      'Hosts and database do not move to another subnet: leave the ranges of the network and the zones as they are, or make a new site, under another name, with the ones you want.',
    );
  });

  it('keep their addresses, or it is said', () => {
    const address = idOf(clinic, 'Hosts/A/Address');
    const another = told(clinic, renamed(clinic, address));
    const dynamic = edited(clinic, (of) => {
      delete of[address];
    });

    expect(sentences(another)).toEqual([
      expect.stringMatching(/^the addresses change: node a gets another one\. Whoever connects/),
    ]);
    expect(another.verdict).toBe('interrupts');
    expect(sentences(told(clinic, dynamic))).toEqual([
      'the addresses change: node a loses its lasting address, and has another one after each stop.',
    ]);
    expect(sentences(told(dynamic, clinic))).toEqual([
      expect.stringMatching(/^the addresses change: node a gets an address that lasts\./),
    ]);
  });
});
