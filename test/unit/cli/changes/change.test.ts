import { describe, expect, it } from 'vitest';
import { type Change, changesBetween, IN_PLACE } from '../../../../cli/changes/change.ts';
import { templates } from '../../support/stacks.ts';

const clinic = templates();

describe('a change in place', () => {
  const INSTANCE = 'AWS::EC2::Instance';
  const DATABASE = 'AWS::RDS::DBInstance';
  const cases: readonly (readonly [string, string, unknown, unknown, Change['fate']])[] = [
    [INSTANCE, 'InstanceType', 't3.medium', 't3.large', 'interrupted'],
    [INSTANCE, 'SecurityGroupIds', ['sg-1'], ['sg-2'], 'changed'],
    [DATABASE, 'AutoMinorVersionUpgrade', true, false, 'changed'],
    [DATABASE, 'BackupRetentionPeriod', 7, 14, 'changed'],
    [DATABASE, 'BackupRetentionPeriod', 7, 0, 'interrupted'],
    [DATABASE, 'BackupRetentionPeriod', 0, 7, 'interrupted'],
    [DATABASE, 'CACertificateIdentifier', 'rds-ca-rsa2048-g1', 'rds-ca-rsa4096-g1', 'interrupted'],
    [DATABASE, 'DBInstanceClass', 'db.t4g.medium', 'db.t4g.large', 'interrupted'],
    [DATABASE, 'DBParameterGroupName', 'one', 'another', 'interrupted'],
    [DATABASE, 'EngineVersion', '17.9', '17.10', 'interrupted'],
    [DATABASE, 'MultiAZ', false, true, 'changed'],
    [
      DATABASE,
      'PreferredMaintenanceWindow',
      'fri:22:30-fri:23:00',
      'sun:08:00-sun:08:30',
      'changed',
    ],
    [DATABASE, 'StorageType', 'gp3', 'io2', 'interrupted'],
  ];

  it.each(cases)('of %s %s is felt as AWS says', (Type, property, from, to, fate) => {
    const having = (value: unknown) => ({
      Resources: { It: { Type, Properties: { [property]: value } } },
    });

    expect(changesBetween(having(from), having(to))).toMatchObject([{ id: 'It', fate }]);
  });

  it('is looked up for what our templates have, and for nothing else', () => {
    const looked = Object.entries(IN_PLACE).flatMap(([type, properties]) =>
      Object.keys(properties).map((property) => `${type} ${property}`),
    );
    const ours = Object.values(clinic.site.Resources ?? {}).flatMap(({ Type, Properties = {} }) =>
      Object.keys(Properties).map((property) => `${Type} ${property}`),
    );

    expect(new Set(cases.map(([type, property]) => `${type} ${property}`))).toEqual(
      new Set(looked),
    );
    expect(looked.filter((one) => !ours.includes(one))).toEqual([]);
  });
});
