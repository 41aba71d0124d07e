import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type { World } from '../../simulator/world.ts';
import { edited, siteOf, type Template } from './support/play.ts';
import { stillWorld } from './support/still-world.ts';

const ROOT = path.join(import.meta.dirname, '../..');
const script = readFileSync(path.join(ROOT, 'compose/host/probe.sh'), 'utf8');
const runbook = readFileSync(path.join(ROOT, 'docs/runbook.md'), 'utf8');

const site = siteOf();

/** Those of a type, for a test that takes something out of them. */
const ofType = ({ Resources }: Template, type: string) =>
  Object.values(Resources).filter((resource) => resource.Type === type);

const rights = (template: Template) =>
  ofType(template, 'AWS::IAM::Policy').map(({ Properties }) => Properties.PolicyDocument);

const without = (sid: string) =>
  edited(
    site,
    (template) => {
      for (const policy of rights(template)) {
        policy.Statement = policy.Statement.filter(({ Sid }: { Sid: string }) => Sid !== sid);
      }
    },
    'Orthweb',
  );

const unroutedToImages = edited(
  site,
  (template) => {
    for (const { Properties } of ofType(template, 'AWS::EC2::VPCEndpoint')) {
      Properties.RouteTableIds = [];
    }
  },
  'Orthweb',
);

const unledToDatabase = edited(
  site,
  ({ Resources }) => {
    for (const [id, { Type }] of Object.entries(Resources)) {
      if (Type === 'AWS::EC2::SecurityGroupEgress') delete Resources[id];
    }
  },
  'Orthweb',
);

const minutes = (world: World, some: number) =>
  world.clock.runUntil(new Date(world.clock.now + some * 60_000), () => {});

/** What node a says to its own probe, once something was done to its world. */
async function said(of: typeof site, happens: (world: World) => unknown) {
  const { world } = await stillWorld(of);
  await happens(world);
  const host = world.site.node('a')?.host;
  let answer: { readonly ok: boolean; readonly output: string } | undefined;
  host?.run('probe', (result) => {
    answer = result;
  });
  await minutes(world, 1);
  return { ok: answer?.ok, ...JSON.parse(answer?.output ?? '{}') };
}

type Case = readonly [verdict: string, how: string, is: Parameters<typeof said>, listens: boolean];

const drained = (world: World) => {
  world.site.node('a')?.host.run('drain', () => {});
  return minutes(world, 1);
};

/** It boots again after this action was denied. */
const powerCycle = (world: World, denied: string) => {
  const { iam } = world;
  const refusal = iam.refusal.bind(iam);
  iam.refusal = (role, action, ...more) =>
    action === denied ? `no ${denied} any more` : refusal(role, action, ...more);
  world.site.node('a')?.host.boot();
  return minutes(world, 2);
};

const wrong: readonly Case[] = [
  ['drained', 'was drained', [site, drained], false],
  ['certificate-mismatch', 'could not read its secrets', [without('Secrets'), () => {}], false],
  [
    'nginx-down',
    'may read its secrets no more',
    [site, (world) => powerCycle(world, 'secretsmanager:GetSecretValue')],
    false,
  ],
  ['nginx-down', 'may not write its log', [without('ContainerLogs'), () => {}], false],
  [
    'database-refused',
    'finds its database stopped',
    [
      site,
      (world) => {
        world.site.database.stopByHand();
        return minutes(world, 10);
      },
    ],
    true,
  ],
  [
    'database-silent',
    'hears nothing from its database',
    [site, (world) => world.site.database.fail(1)],
    true,
  ],
  ['database-silent', 'has no way to its database', [unledToDatabase, () => {}], true],
  ['storage-failing', 'has no way to its bucket', [unroutedToImages, () => {}], true],
];

describe('a host that answers its probe as the script does', () => {
  it('serves', async () => {
    const answer = await said(site, () => {});

    const names = ['ec2-203-0-113-217.ca-central-1.compute.amazonaws.com', '203.0.113.217'];
    const { fingerprint } = answer.pair;
    expect(fingerprint).toMatch(/^([0-9A-F]{2}:){31}[0-9A-F]{2}$/);
    expect(answer).toEqual({
      ok: true,
      serves: true,
      verdict: 'serves',
      web: { listens: true, fingerprint, daysLeft: 89 },
      dicom: { listens: true, fingerprint, daysLeft: 89 },
      pair: {
        matches: true,
        fingerprint,
        daysLeft: 89,
        notAfter: '2027-02-28T04:00:00Z',
        names: [...names, expect.stringMatching(/^ip-/), expect.stringMatching(/^10\./)],
        generation: expect.stringMatching(/^20261130T050000Z-[0-9a-f]{8}$/),
      },
      authorities: [expect.stringMatching(/^([0-9A-F]{2}:){31}[0-9A-F]{2}$/)],
    });
  });

  it.each(wrong)('%s, when it %s', async (verdict, _how, is, listens) => {
    const answer = await said(...is);

    expect(answer).toMatchObject({
      ok: false,
      serves: false,
      verdict,
      listens,
      reason: expect.stringMatching(/./),
    });
    // What stands in the script for AWS's own words may be any.
    const [constant] = answer.reason.split(/(?<=^The bucket of images: )/);
    const [, service] = /^(\w+)-down$/.exec(verdict) ?? [];
    expect(script).toContain(
      service ? `down("${service}"; "${constant}")` : `["${verdict}", "${constant}`,
    );
  });

  it('serves again once its database is back, and after an undrain', async () => {
    const back = await said(site, async (world) => {
      await drained(world);
      world.site.database.fail(1);
      world.site.node('a')?.host.run('undrain', () => {});
      await minutes(world, 1);
      world.site.database.fail(-1);
    });

    expect(back.verdict).toBe('serves');
  });
});

it('the runbook says what to do about each verdict of the script by which no node opens', () => {
  const [, late = ''] = /^## late$(.*?)^## /ms.exec(runbook) ?? [];
  const named = [...script.matchAll(/\["([a-z-]+)", "/g)].map(([, verdict]) => verdict);
  const down = [...script.matchAll(/\bdown\("(\w+)"/g)].map(([, service]) => `${service}-down`);
  const verdicts = [...named, ...down];

  expect(new Set(verdicts).size).toBe(12);
  for (const verdict of verdicts.filter((one) => one !== 'disk-full')) {
    expect(late).toContain(`*${verdict}*`);
  }
  expect(late).toContain('hosts.md#verdicts');
});
