import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Ailment } from '../../simulator/host-ailments.ts';
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

const suffers =
  (...ailments: readonly Ailment[]) =>
  ({ site: played }: World) => {
    for (const ailment of ailments) played.node('a')?.host.suffer(ailment);
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
  ['storage-failing', 'has a clock that is wrong', [site, suffers({ is: 'wrong clock' })], true],
  ['nginx-down', 'has no nginx', [site, suffers({ is: 'dead', service: 'nginx' })], false],
  [
    'nginx-down',
    'has an nginx that hangs',
    [site, suffers({ is: 'hung', service: 'nginx' })],
    false,
  ],
  ['orthanc-down', 'has no Orthanc', [site, suffers({ is: 'dead', service: 'orthanc' })], true],
  [
    'orthanc-hung',
    'has an Orthanc that hangs',
    [site, suffers({ is: 'hung', service: 'orthanc' })],
    true,
  ],
  [
    'database-failing',
    'has a password that its database refuses',
    [site, suffers({ is: 'refused password' })],
    true,
  ],
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
      containers: {
        nginx: { state: 'running', health: 'healthy', image: 'nginx' },
        orthanc: { state: 'running', health: 'healthy', image: 'orthancteam/orthanc' },
      },
      health: { nginx: 200, orthanc: 200, deep: 200 },
      database: { reached: true },
      storage: { writes: true, reads: true },
      disk: { usedPercent: 31, inodesUsedPercent: 4, freeMiB: 20_480 },
      memory: { availablePercent: 46 },
      clock: { offsetSeconds: 0 },
      versions: expect.objectContaining({ bundle: expect.stringMatching(/^asset\./) }),
    });
  });

  it('serves though its disk is full, and says so', async () => {
    const answer = await said(site, suffers({ is: 'full disk' }));

    expect(answer).toMatchObject({
      ok: true,
      serves: true,
      verdict: 'disk-full',
      reason: 'The disk of this host is full.',
      disk: { usedPercent: 100 },
    });
    expect(script).toContain(`["disk-full", "${answer.reason}"]`);
    expect(script).toContain('IN("serves", "disk-full")');
  });

  it('serves with a Docker that is dead, as containers run on', async () => {
    const answer = await said(site, suffers({ is: 'dead docker' }));

    expect(answer).toMatchObject({ verdict: 'serves', containers: null });
  });

  it('says that Docker is dead where nginx is, too', async () => {
    const answer = await said(
      site,
      suffers({ is: 'dead docker' }, { is: 'dead', service: 'nginx' }),
    );

    expect(answer).toMatchObject({
      ok: false,
      verdict: 'docker-down',
      listens: false,
      reason: 'Docker does not answer. nginx does not run, or does not answer.',
    });
    expect(script).toContain('["docker-down", "Docker does not answer. \\($reason)"]');
  });

  it.each<[string, Ailment, object]>([
    ['memory', { is: 'scarce memory' }, { memory: { availablePercent: 3 } }],
    ['the clock', { is: 'wrong clock' }, { clock: { offsetSeconds: 1200 } }],
    [
      'a container that ended',
      { is: 'dead', service: 'orthanc' },
      { containers: { orthanc: { state: 'exited' } }, health: { orthanc: 502, deep: 502 } },
    ],
    [
      'a container that hangs',
      { is: 'hung', service: 'nginx' },
      {
        containers: { nginx: { state: 'running', health: 'unhealthy' } },
        health: { nginx: 0, orthanc: 0, deep: 0 },
      },
    ],
    [
      'a refusal of S3',
      { is: 'wrong clock' },
      { storage: { writes: false, said: expect.stringContaining('RequestTimeTooSkewed') } },
    ],
  ])('tells what is so of %s', async (_what, ailment, shown) => {
    expect(await said(site, suffers(ailment))).toMatchObject(shown);
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
    // What stands in the script for AWS's own words, or for a status of HTTP, may be any.
    const [constant] = answer.reason.split(/(?<=^The bucket of images: )|\d{3}/);
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
