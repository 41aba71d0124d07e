import { describe, expect, it } from 'vitest';
import { type Attempt, ERRANDS, INTRUSIONS, letThrough } from './support/intrusions.ts';
import { outcome, SCENES, type Scene } from './support/morning.ts';
import { type Site, siteOf } from './support/play.ts';
import { grantsIn, guardsIn, resourcesIn } from './support/policies.ts';

const site = siteOf();
const grants = grantsIn(site);
const resources = resourcesIn(site);
const guards = guardsIn(site);

/** What each scene leaves unused. */
const unusedIn = new Map<Scene, ReadonlySet<string>>();
for (const scene of SCENES) {
  let unused = (): readonly string[] => [];
  await scene(site, ({ iam }) => {
    unused = () => iam.unused();
  });
  unusedIn.set(scene, new Set(unused()));
}
const [first] = SCENES as readonly [Scene, ...Scene[]];
const sceneOf = (grant: string): Scene =>
  SCENES.find((scene) => !unusedIn.get(scene)?.has(grant)) ?? first;

const SECRETS =
  'CDK writes it for keys that do not leave the decision to IAM; the first statement of ours does';

/** Grants that no scene uses, and who would. */
const UNUSED: readonly (readonly [name: RegExp, because: string])[] = [
  [/AWS::KMS::Key .*: statement #4: /, SECRETS],
  [/: statement SystemsManagerAgent: ssmmessages:(Create|Open)DataChannel$/, 'a person’s session'],
  [
    /Storage\/Logs\/Policy .*: s3:ListBucket$/,
    'logs come without it: AWS asks for it to keep refusals out of CloudTrail',
  ],
];

/** Guards of grants that grant nothing. */
const IDLE: readonly (readonly [name: RegExp, because: string])[] = [
  [/AWS::KMS::Key .*: statement #4: StringEquals kms:ViaService$/, SECRETS],
];

const excused = (table: readonly (readonly [RegExp, string])[], name: string): boolean =>
  table.some(([pattern]) => pattern.test(name));

/** What a service, or a host, is told that its role does not trust any more. */
const TAKES_ROLE = /cannot take its role|does not let .* do sts:AssumeRole/;

describe('a grant that is gone fails the run or changes it', () => {
  const needed = grants.filter(({ name }) => !excused(UNUSED, name));

  it('knows more than a hundred and fifty', () => {
    expect(needed.length).toBeGreaterThan(150);
  });

  it.each(needed)('$name', async ({ name, action, without }) => {
    const scene = sceneOf(name);
    const seen = await outcome(without(), scene);

    expect(seen).not.toBe(await intact(scene));
    const says = action === 'sts:AssumeRole' ? TAKES_ROLE : action.replace(/\*$/, '');
    expect(seen).toMatch(says);
  });

  it.each(UNUSED)('%s is rightly in the table of the unused', async (pattern) => {
    const listed = grants.filter(({ name }) => pattern.test(name));

    expect(listed).not.toEqual([]);
    for (const { without } of listed) await expectNoLoss(without());
  });
});

describe('a resource of a grant that is gone fails the run', () => {
  it.each(resources)('$name', async ({ without }) => {
    const of = without();
    const said: (string | undefined)[] = [];
    for (const scene of SCENES) said.push((await outcome(of, scene)).split('\n')[0]);

    expect(said.join('\n')).toMatch(/has no statement that allows|does not let/);
  });
});

it('uses in those scenes every grant but those of the table', () => {
  const unused = grants
    .map(({ name }) => name)
    .filter((name) => unusedIn.get(sceneOf(name))?.has(name));

  const listed = grants.map(({ name }) => name).filter((name) => excused(UNUSED, name));
  expect(unused).toEqual(listed);
});

describe('as the templates are', () => {
  it('refuses every intrusion', async () => {
    expect(whatOf(await letThrough(site, INTRUSIONS))).toEqual([]);
  });

  it('allows every errand', async () => {
    expect(whatOf(await letThrough(site, ERRANDS))).toEqual(whatOf(ERRANDS));
  });

  it.each([...INTRUSIONS, ...ERRANDS])('guards that exist decide whether $what', (attempt) => {
    for (const pattern of attempt.guards) {
      expect(guards.filter(({ name }) => pattern.test(name)).length).toBe(1);
    }
  });

  it.each(IDLE)('%s is rightly in the table of the idle', async (pattern) => {
    const listed = guards.filter(({ name }) => pattern.test(name));

    expect(listed).not.toEqual([]);
    for (const { without } of listed) {
      const site = without();
      expect(whatOf(await letThrough(site, INTRUSIONS))).toEqual([]);
      expect(whatOf(await letThrough(site, ERRANDS))).toEqual(whatOf(ERRANDS));
      await expectNoLoss(site);
    }
  });
});

describe('a guard that is gone lets somebody in, or stops somebody who should come', () => {
  const needed = guards.filter(({ name }) => !excused(IDLE, name));

  it.each(needed)('$name', async ({ name, without }) => {
    const guarded = (attempts: readonly Attempt[]) =>
      whatOf(attempts.filter((attempt) => attempt.guards.some((pattern) => pattern.test(name))));
    const site = without();

    const intruders = whatOf(await letThrough(site, INTRUSIONS));
    const served = whatOf(await letThrough(site, ERRANDS));
    const stopped = whatOf(ERRANDS).filter((what) => !served.includes(what));

    expect([...intruders, ...stopped]).not.toEqual([]);
    expect(intruders).toEqual(guarded(INTRUSIONS));
    expect(stopped).toEqual(guarded(ERRANDS));
  });
});

const whatOf = (attempts: readonly Attempt[]): string[] => attempts.map(({ what }) => what);

async function expectNoLoss(without: Site): Promise<void> {
  for (const scene of SCENES) expect(await outcome(without, scene)).toBe(await intact(scene));
}

const known = new Map<Scene, Promise<string>>();
function intact(scene: Scene): Promise<string> {
  const outcomeOf = known.get(scene) ?? outcome(site, scene);
  known.set(scene, outcomeOf);
  return outcomeOf;
}
