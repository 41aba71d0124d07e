import { execFile } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdtempSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { bundle } from '../../infra/bundle.ts';
import { Assembly } from './support/assembly.ts';
import { callInFreshProcess, stagedFiles } from './support/fresh-process.ts';
import { type Call, Loopback, TO_CLOUDFORMATION } from './support/loopback.ts';
import { hospital } from './support/sites.ts';
import { WIRE_CASES } from './support/wire-cases.ts';

const ROOT = path.join(import.meta.dirname, '../..');
const sizes = await bundle();
const directory = mkdtempSync(path.join(tmpdir(), 'orthweb-bundles-'));
const assembly = new Assembly(hospital(), directory);
const functions = assembly.functions();
const aws = new Loopback();
let endpoint: string;
const copies: string[] = [];

beforeAll(async () => {
  endpoint = await aws.listen();
});
beforeEach(() => {
  aws.calls = [];
  aws.answers = {};
});
afterAll(() => {
  aws.close();
  for (const made of [directory, ...copies]) rmSync(made, { recursive: true });
});

const byOperation = (one: Call, other: Call): number =>
  one.operation.localeCompare(other.operation);

const SIGNED_AS: Readonly<Record<string, string>> = { events: 'eventbridge', states: 'sfn' };

/** The service in a request's signature, as `Clients` calls it. */
const clientOf = (operation: string): string => {
  const [service = ''] = operation.split(' ');
  return SIGNED_AS[service] ?? service;
};

it('every function of both templates is called here, and every handler is a function', () => {
  expect(assembly.everywhere('Lambda::Function')).toHaveLength(functions.length);
  expect(functions.map(({ name }) => name).sort()).toEqual(Object.keys(WIRE_CASES).sort());
  expect(sizes.map(({ name }) => name).sort()).toEqual(Object.keys(WIRE_CASES).sort());
});

describe.each(functions)('the bundle of $name, in a fresh process', (fn) => {
  const cases = WIRE_CASES[fn.name] ?? [];
  const size = sizes.find(({ name }) => name === fn.name);

  it.each(cases)(
    '$what',
    async ({ event, environment, answers, calls, inAnyOrder, result, error }) => {
      aws.answers = answers;
      const here = JSON.parse(JSON.stringify(event).replaceAll('<endpoint>', endpoint));

      const outcome = await callInFreshProcess(fn, here, endpoint, {
        ...fn.environment,
        ...environment,
      });

      const came = inAnyOrder ? aws.calls.toSorted(byOperation) : aws.calls;
      const expected = inAnyOrder
        ? calls.toSorted(([one], [other]) => one.localeCompare(other))
        : calls;
      expect(came.map(({ operation }) => operation)).toEqual(expected.map(([name]) => name));
      expect(came).toMatchObject(expected.map(([, input = {}]) => ({ input })));
      expect(outcome).toMatchObject(error ? { error } : { result });
    },
  );

  it('is sent to AWS by each client that it carries, and carries no other', () => {
    const reached = new Set(
      cases
        .flatMap(({ calls }) => calls.map(([operation]) => operation))
        .filter((operation) => operation !== TO_CLOUDFORMATION)
        .map(clientOf),
    );

    expect([...reached].sort()).toEqual([...(size?.clients ?? [])].sort());
  });

  it('is one file, whose weight is within 150 KB, 100 KB for each client, 120 KB for X.509', () => {
    const file = path.join(fn.asset, `${fn.name}.mjs`);
    const { clients = [], libraries = [] } = size ?? {};

    expect(stagedFiles(fn)).toEqual([`${fn.name}.mjs`]);
    expect(statSync(file).size).toBe(size?.bytes);
    expect(size?.bytes).toBeLessThanOrEqual(
      150_000 + 100_000 * clients.length + 120_000 * libraries.length,
    );
  });
});

it.each(functions.filter(({ environment }) => Object.keys(environment).length > 0))(
  'the bundle of $name reads its settings before anything else, and names what it misses',
  async (fn) => {
    const [[missing] = [''], ...others] = Object.entries(fn.environment);

    const outcome = await callInFreshProcess(fn, {}, endpoint, Object.fromEntries(others));

    expect(outcome).toMatchObject({
      error: 'InvalidSettings',
      message: expect.stringContaining(missing),
    });
    expect(aws.calls).toEqual([]);
  },
);

// One takes any event for "look now", the other counts what is none.
const TAKES_ANY = ['site/tick', 'health/observe'];
it.each(functions.filter(({ name }) => !TAKES_ANY.includes(name)))(
  'the bundle of $name refuses a foreign event by its name',
  async (fn) => {
    const outcome = await callInFreshProcess(fn, { foreign: true }, endpoint);

    expect(outcome).toMatchObject({ error: 'InvalidInput' });
    expect(aws.calls).toEqual([]);
  },
);

/** A copy of what is bundled, with more handlers, and what its build says. */
function buildWith(handlers: Readonly<Record<string, string>>) {
  const copy = mkdtempSync(path.join(tmpdir(), 'orthweb-bundle-'));
  copies.push(copy);
  for (const part of ['functions', 'infra', 'package.json', 'tsconfig.json']) {
    cpSync(path.join(ROOT, part), path.join(copy, part), { recursive: true });
  }
  symlinkSync(path.join(ROOT, 'node_modules'), path.join(copy, 'node_modules'));
  for (const [name, source] of Object.entries(handlers)) {
    writeFileSync(path.join(copy, `functions/power/${name}.ts`), source);
  }
  const run = promisify(execFile)(process.execPath, ['infra/bundle.ts'], { cwd: copy });
  return { copy, run };
}

describe('a bundle that is too heavy', () => {
  it('fails the build, which names it and writes nothing', async () => {
    const heavy = `export const create = () => () => '${'x'.repeat(150_000)}';\n`;

    const { copy, run } = buildWith({ heavy });

    await expect(run).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringMatching(
        /functions\/power\/heavy\.ts: its bundle is 15\d{4} bytes, over its limit of 150000/,
      ),
    });
    expect(existsSync(path.join(copy, 'build'))).toBe(false);
  });
});

describe('clients that are our own code', () => {
  const TOLD = "measures.put([{ name: 'Seen', unit: 'Count', value: 1, dimensions: {} }])";

  const users = [
    ['by their name', `(_env, clients) => async () => clients.${TOLD}`],
    ['taken apart', `(_env, { measures }) => async () => ${TOLD}`],
    [
      'taken apart among others',
      `(_env, all) => async () => { const { ec2, measures } = all; ${TOLD}; }`,
    ],
    ['passed on to other code of ours', '(_env, clients) => async () => tell(clients)'],
  ] as const;
  let copy: string;
  const bundleOf = (name: string) => path.join(copy, `build/power/${name}/power/${name}.mjs`);

  beforeAll(async () => {
    const helper = `const tell = (clients) => clients.${TOLD};`;
    const built = buildWith({
      ...Object.fromEntries(
        users.map(([, create], at) => [
          `user${at}`,
          `${helper}\nexport const create = ${create};\n`,
        ]),
      ),
      silent: '/** Looks at clients.measures. */\nexport const create = () => () => 1;\n',
    });
    ({ copy } = built);
    await built.run;
  });

  it.each(users.map(([how], at) => [how, at] as const))(
    'are handed to a function that uses them %s',
    async (_how, at) => {
      const bundled = bundleOf(`user${at}`);
      const call = `import('${bundled}').then(({ handler }) => handler())`;
      const { stdout } = await promisify(execFile)(process.execPath, ['-e', call]);

      expect(JSON.parse(stdout)).toMatchObject({ Seen: 1 });
    },
  );

  it('burden no function that only speaks of them', () => {
    const { size } = statSync(bundleOf('silent'));

    expect(size).toBeLessThan(1000);
  });
});
