import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { runbookSections } from './support/runbook.ts';

const ROOT = path.join(import.meta.dirname, '../..');
const FOLDERS = ['functions', 'infra', 'simulator', 'cli', 'test', 'examples'] as const;

interface Import {
  /** The importing file, from the root of the project: `infra/operations/power.ts`. */
  readonly file: string;
  /** A file of ours, from the root of the project, or a package as it is written. */
  readonly from: string;
  /** Erased before the code runs. */
  readonly typeOnly: boolean;
}

const STATEMENT = /^(?:import|export)\s+(type\s+)?(?:[\w\s{},*$]*?\bfrom\s+)?'([^']+)'/gm;
const DYNAMIC = /\bimport\(\s*['"`]([^'"`]+)['"`]/g;

function importsOf(file: string): Import[] {
  const source = readFileSync(path.join(ROOT, file), 'utf8');
  const named = (from: string) =>
    from.startsWith('.') ? path.join(path.dirname(file), from) : from;
  const written = [...source.matchAll(STATEMENT)].map(([, type, from = '']) => ({
    file,
    from: named(from),
    typeOnly: type !== undefined,
  }));
  const dynamic = [...source.matchAll(DYNAMIC)].map(([, from = '']) => ({
    file,
    from: named(from),
    typeOnly: false,
  }));
  const expected = source.match(/^import[ {]/gm)?.length ?? 0;
  if (written.length < expected) throw new Error(`${file} has an import that was not understood`);
  return [...written, ...dynamic];
}

const filesIn = (folder: string): string[] =>
  readdirSync(path.join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => path.join(folder, file));

const files = [
  ...FOLDERS.flatMap(filesIn),
  ...readdirSync(ROOT).filter((file) => file.endsWith('.config.ts')),
];
const imports = files.flatMap(importsOf);
const inside = (folder: string) => (one: Import) => one.file.startsWith(`${folder}/`);
const takes = (pattern: RegExp) => (one: Import) => pattern.test(one.from);

describe('the dependency rule', () => {
  it('has read every folder', () => {
    for (const folder of FOLDERS)
      expect(files.filter((file) => file.startsWith(folder))).not.toEqual([]);
    expect(imports.length).toBeGreaterThan(files.length);
  });

  it('functions/ know nothing of the CDK, the infrastructure, the simulator or a command line', () => {
    const foreign = /^(aws-cdk-lib|constructs|infra\/|simulator\/|cli\/|test\/)/;

    expect(imports.filter(inside('functions')).filter(takes(foreign))).toEqual([]);
  });

  it('infra/ takes types from functions/, and values from the pure schedule alone', () => {
    const values = imports
      .filter(inside('infra'))
      .filter(takes(/^functions\//))
      .filter(({ typeOnly }) => !typeOnly);

    expect(
      values.filter(({ from }) => !/^functions\/power\/schedule[\w-]*\.ts$/.test(from)),
    ).toEqual([]);
    expect(values).not.toEqual([]);
  });

  it('the rest of infra/, the command line and a site’s file know the configuration by config.ts', () => {
    const users = imports
      .filter(takes(/^infra\/config\//))
      .filter(({ file }) => !/^(infra\/config\/|test\/unit\/infra\/config\/)/.test(file))
      .map(({ file }) => file);

    expect([...new Set(users)]).toEqual(['infra/config.ts']);
  });

  it('infra/ knows nothing of the simulator, a command line or a test', () => {
    expect(imports.filter(inside('infra')).filter(takes(/^(simulator|cli|test)\//))).toEqual([]);
  });

  it('the schedule is pure: it calls the calendar and itself', () => {
    const schedule = imports.filter(({ file }) => /^functions\/power\/schedule/.test(file));

    expect(schedule).not.toEqual([]);
    expect(
      schedule.filter(({ from }) => !/^(temporal-polyfill|functions\/power\/schedule)/.test(from)),
    ).toEqual([]);
  });

  it('simulator/ may use functions/, and nothing else of ours', () => {
    expect(imports.filter(inside('simulator')).filter(takes(/^(infra|cli|test)\//))).toEqual([]);
  });

  it('only the command line and the tests use the simulator, and only tests use tests', () => {
    const users = (pattern: RegExp) => [
      ...new Set(imports.filter(takes(pattern)).map(({ file }) => file.split('/')[0])),
    ];

    expect(users(/^simulator\//).sort()).toEqual(['cli', 'simulator', 'test']);
    // The configuration of the tests says in which order they run.
    expect(users(/^test\//).sort()).toEqual(['test', 'vitest.config.ts']);
  });

  it('what a deployment does is told without AWS, files or the CDK app', () => {
    const changes = imports.filter(inside('cli/changes'));

    expect(changes).not.toEqual([]);
    expect(
      changes.filter(
        ({ from }) =>
          !/^(cli\/changes\/|@aws-cdk\/cloudformation-diff$|functions\/(power\/(plan|wishes)|shared\/operations-table)\.ts$)/.test(
            from,
          ),
      ),
    ).toEqual([]);
  });

  it('one file knows middy', () => {
    const users = imports.filter(takes(/^@middy\//)).map(({ file }) => file);

    expect(users).toEqual(['functions/shared/lambda.ts']);
  });
});

describe('a function', () => {
  const sources = filesIn('functions').map(
    (file) => [file, readFileSync(path.join(ROOT, file), 'utf8')] as const,
  );

  it('decides without an SDK, a clock, chance or an environment', () => {
    const decisions = sources.filter(([file]) => file.endsWith('/decide.ts'));

    expect(decisions.length).toBeGreaterThan(1);
    for (const [file, source] of decisions) {
      expect(imports.filter((one) => one.file === file).filter(takes(/^@aws-sdk\//))).toEqual([]);
      expect(source).not.toMatch(/new Date\(\)|Date\.now|Math\.random|randomUUID|process\./);
    }
  });

  it('is handed its clients and its settings, and makes none of them itself', () => {
    for (const [file, source] of sources) {
      expect(source.match(/new \w+Client\(|process\.env/)?.[0] ?? file).toBe(file);
    }
  });
});

describe('one vocabulary', () => {
  /** Folders of functions that are no capability, and the construct that deploys them. */
  const NO_CAPABILITY: Readonly<Record<string, string>> = {
    // The tick serves every capability, so its construct is not called after one.
    site: 'site-tick',
  };
  const capabilities = readdirSync(path.join(ROOT, 'functions')).filter((one) => one !== 'shared');

  it.each(capabilities)('functions/%s is deployed by the construct of that name', (capability) => {
    const construct = NO_CAPABILITY[capability] ?? capability;

    expect(existsSync(path.join(ROOT, 'infra/operations', `${construct}.ts`))).toBe(true);
  });

  it('a workflow is called after its functions and its construct', () => {
    const workflows = readdirSync(path.join(ROOT, 'statemachines')).map((file) =>
      file.replace('.asl.json', ''),
    );

    for (const workflow of workflows) expect(capabilities).toContain(workflow);
    // A look each minute that changes nothing needs no workflow (docs/decisions/0020).
    const without = ['health', ...Object.keys(NO_CAPABILITY)];
    for (const capability of capabilities) {
      const has = workflows.includes(capability);
      expect(has || without.includes(capability)).toBe(true);
    }
  });

  it('the page on architecture has each verb of the command line', () => {
    const read = (file: string) => readFileSync(path.join(ROOT, file), 'utf8');
    const verbs = [...read('cli/main.ts').matchAll(/\.command\('(\w+)'\)/g)].map(
      ([, verb]) => verb,
    );
    const [, row = ''] =
      /^\| `cli\/` \| .*?<verb>`: (.*) \|$/m.exec(read('docs/architecture.md')) ?? [];
    const named = [...row.matchAll(/`(\w+)`/g)].map(([, verb]) => verb);

    expect(verbs).not.toEqual([]);
    expect(named.sort()).toEqual(verbs.sort());
  });

  it('folders and files are in kebab-case', () => {
    const odd = files.filter((file) => !/^[a-z0-9/-]+(\.[a-z0-9-]+)*\.ts$/.test(file));

    expect(odd).toEqual([]);
  });

  it('no file is a drawer for odds and ends', () => {
    const drawers = /(^|[/-])(utils?|helpers?|common|misc)\b/;

    expect(files.filter((file) => drawers.test(file))).toEqual([]);
  });

  it('each cause that a message of health can name has its section in the runbook', () => {
    const source = readFileSync(path.join(ROOT, 'functions/health/judgement.ts'), 'utf8');
    const [, type = ''] = /export type Cause =(.*?);/s.exec(source) ?? [];
    const causes = [...type.matchAll(/\| '([\w-]+)'/g)].map(([, cause]) => `health-${cause}`);

    expect(causes.length).toBeGreaterThan(20);
    expect(causes.filter((section) => !runbookSections().includes(section))).toEqual([]);
  });

  it('a reader sent to the runbook from the code finds the section', () => {
    const sent = files
      .filter((file) => !file.startsWith('test/'))
      .map((file) => readFileSync(path.join(ROOT, file), 'utf8'))
      .flatMap((source) => [...source.matchAll(/\bdocs\/runbook\.md#([\w-]+)(?!\$)/g)])
      .map(([, section]) => section);

    expect(sent).not.toEqual([]);
    expect(sent.filter((section) => !runbookSections().includes(section ?? ''))).toEqual([]);
  });
});
