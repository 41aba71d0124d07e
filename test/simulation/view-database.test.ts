import { describe, expect, it } from 'vitest';
import type { DatabaseSight } from '../../functions/shared/view.ts';
import type { Fault } from '../../simulator/faults/library.ts';
import type { World } from '../../simulator/world.ts';
import { asking } from './support/asking.ts';
import { clinic } from './support/faulted.ts';
import { edited, type Site, type Template } from './support/play.ts';
import { found, stillWorld } from './support/still-world.ts';

const OBSERVER = 'certificate/verify';

const pathOf = ({ Metadata }: Template['Resources'][string]): string =>
  String(Metadata?.['aws:cdk:path']);

const groupOf = ({ Resources }: Template, name: string): unknown => {
  const found = Object.entries(Resources).find(([, one]) => pathOf(one).endsWith(name));
  return { 'Fn::GetAtt': [found?.[0], 'GroupId'] };
};

/** The site in which these rules, and no others, let observers through to the database. */
const rules = (parts: readonly ('out' | 'in')[]): Site =>
  edited(
    clinic,
    (template) => {
      const observer = groupOf(template, 'Network/Observer/Resource');
      const database = groupOf(template, 'Network/Database/Resource');
      const both = [JSON.stringify(observer), JSON.stringify(database)];
      for (const [id, { Type, Properties }] of Object.entries(template.Resources)) {
        if (!/SecurityGroup(E|In)gress$/.test(Type)) continue;
        const text = JSON.stringify(Properties);
        if (both.every((group) => text.includes(group))) delete template.Resources[id];
      }
      const rule = { IpProtocol: 'tcp', FromPort: 5432, ToPort: 5432 };
      const made = {
        out: {
          Type: 'AWS::EC2::SecurityGroupEgress',
          Properties: { ...rule, GroupId: observer, DestinationSecurityGroupId: database },
        },
        in: {
          Type: 'AWS::EC2::SecurityGroupIngress',
          Properties: { ...rule, GroupId: database, SourceSecurityGroupId: observer },
        },
      };
      for (const part of parts) template.Resources[`Greets${part}`] = made[part];
    },
    'Orthweb',
  );

const site = rules(['out', 'in']);

const addressOf = ({ site: { assembly } }: World): string => {
  const [database] = assembly.resources('AWS::RDS::DBInstance');
  return (database && assembly.names(database).attributes?.['Endpoint.Address']) ?? '';
};

/** What the function that looks sees of the database, after something was done to the world. */
async function greeted({
  of = site,
  by = OBSERVER,
  faults = [],
  change = () => {},
  address = addressOf,
}: Scene = {}) {
  const { world } = await stillWorld(of, '2026-11-30T12:00', 'issued', faults);
  await change(world);
  const { answer } = await asking<DatabaseSight>(world, by, ({ view }) =>
    view.database(address(world)),
  );
  return { ...answer, world, findings: found(world) };
}

interface Scene {
  readonly of?: Site;
  readonly by?: string;
  readonly faults?: readonly Fault[];
  readonly change?: (world: World) => unknown;
  readonly address?: (world: World) => string;
}

describe('who looks at the database from inside the network', () => {
  it('is greeted', async () => {
    const { reached, said, findings } = await greeted();

    expect({ reached, said, findings }).toEqual({
      reached: 'reached',
      said: undefined,
      findings: [],
    });
  });

  it.each<[string, Scene, string, string]>([
    [
      'hangs',
      { change: ({ site }) => site.database.fail(1) },
      'silent',
      'connect ETIMEDOUT clinic.',
    ],
    [
      'is being stopped',
      { change: ({ site }) => site.database.stopByHand() },
      'refused',
      'connect ECONNREFUSED clinic.',
    ],
    ['is not the one', { address: () => 'db.example.org' }, 'silent', 'getaddrinfo ENOTFOUND db.'],
  ])('hears of one that %s', async (_what, scene, reached, said) => {
    const sight = await greeted(scene);

    expect(sight).toMatchObject({ reached, said: expect.stringContaining(said), findings: [] });
  });
});

describe('a function that has no way to the database hears nothing, and the run fails:', () => {
  it.each<[string, Scene, RegExp]>([
    [
      'its group lets nothing out there',
      { of: rules(['in']) },
      /Verify\/Function .* cannot reach .*: no rule lets tcp 5432 out to it/,
    ],
    [
      'the group of the database does not let it in',
      { of: rules(['out']) },
      /cannot reach .*Network\/Database .*: no rule lets tcp 5432 in from the function/,
    ],
    [
      'it is in no VPC',
      { by: 'power/look' },
      /power\/look looks at the database, and is in no VPC/,
    ],
  ])('%s', async (_what, scene, says) => {
    const { reached, findings } = await greeted(scene);

    expect(reached).toBe('silent');
    expect(findings).toEqual([expect.stringMatching(says)]);
  });

  it('which is asked of nobody who does not look there', async () => {
    const { world } = await stillWorld(clinic);

    expect(found(world)).toEqual([]);
  });
});

it('an observer that is blind hears nothing of nodes nor of the database', async () => {
  const at = new Date('2026-11-30T17:00:00Z');

  const { reached, said, world } = await greeted({ faults: [{ name: 'blind-observer', at }] });

  const node = world.site.node('a');
  const question = { address: node?.privateAddress ?? '', name: '', authorities: '', aeTitle: '' };
  const { answer } = await asking(world, OBSERVER, ({ view }) => view.look(question));
  expect({ reached, said }).toEqual({
    reached: 'silent',
    said: expect.stringMatching('ETIMEDOUT'),
  });
  expect(answer).toMatchObject({
    web: { trusted: false, said: expect.stringContaining('ETIMEDOUT') },
    dicom: { trusted: false, said: expect.stringContaining('ETIMEDOUT') },
  });
  expect(node?.host.serves).toBe(true);
  expect(found(world)).toEqual([]);
});
