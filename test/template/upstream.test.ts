import { readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import packageJson from '../../package.json' with { type: 'json' };
import { Assembly } from './support/assembly.ts';
import { hospital } from './support/sites.ts';

const ROOT = path.join(import.meta.dirname, '../..');
const text = (file: string): string => readFileSync(path.join(ROOT, file), 'utf8');

const numbered = (letter: string, count: number): string[] =>
  Array.from({ length: count }, (_, index) => `${letter}${index + 1}`);

/** All that upstream makes: its infrastructure, and what waits for capabilities to come. */
const PROVISIONED = [
  ...numbered('R', 12),
  ...numbered('K', 1),
  ...numbered('S', 3),
  ...numbered('N', 5),
  ...numbered('D', 5),
  ...numbered('E', 8),
];
const RUNNING = numbered('C', 10);
const TO_COME = ['V1', 'C7', 'C8', 'C9', 'C10'];
const QUIRKS = numbered('Q', 38);

/** Quirks of what does not run yet; each other one is of infrastructure, and has a test. */
const MAY_WAIT = new Set([5, 31].map((quirk) => `Q${quirk}`));

/** What a row that is put off may wait for. */
const CAPABILITIES = /\b(Keycloak|Client VPN)\b/;

interface Row {
  readonly id: string;
  readonly cells: readonly string[];
  /** The third cell: where it is here, or what holds it mended. */
  readonly here: string;
  readonly absent: readonly string[];
  readonly later: readonly string[];
}

const rows: Row[] = Array.from(text('docs/upstream.md').matchAll(/^\| ([A-Z]\d+) .*\|$/gm)).map(
  ([line, id = '']) => {
    const cells = line.replace(/^\|\s*|\s*\|$/g, '').split(/\s*\|\s*/);
    const here = cells[2] ?? '';
    const reasons = (mark: string) =>
      Array.from(
        here.matchAll(new RegExp(`${mark}: ((?:(?!<br>).)*)`, 'g')),
        ([, why = '']) => why,
      );
    return { id, cells, here, absent: reasons('not here'), later: reasons('later') };
  },
);
const provisioned = rows.filter(({ id }) => !id.startsWith('Q'));
const quirks = rows.filter(({ id }) => id.startsWith('Q'));

const code = ({ here }: Row): string[] =>
  Array.from(here.matchAll(/`([^`]+)`/g), ([, name = '']) => name);

/** Each field of a configuration, groups too: `network`, `network.cidr`. */
const fieldsOf = (group: object, above = ''): string[] =>
  Object.entries(group).flatMap(([name, value]) => {
    const inner = typeof value === 'object' && !Array.isArray(value) ? value : {};
    return [`${above}${name}`, ...fieldsOf(inner, `${above}${name}.`)];
  });

const isFile = (name: string): boolean =>
  statSync(path.join(ROOT, name), { throwIfNoEntry: false })?.isFile() ?? false;

describe('docs/upstream.md', () => {
  it('has each row and each quirk of upstream once, in order', () => {
    expect(rows.map(({ id }) => id)).toEqual([...PROVISIONED, 'V1', ...RUNNING, ...QUIRKS]);
    expect(
      provisioned.filter(({ id, cells }) => PROVISIONED.includes(id) && !cells.every(Boolean)),
    ).toEqual([]);
  });

  it('finds each counterpart that it names', () => {
    const config = hospital({
      clients: {
        web: ['0.0.0.0/0'],
        dicom: ['203.0.113.0/24'],
        openToTheWorld: 'Asked for here to have the field, never deployed.',
      },
      network: { endpoints: 'management' },
      budget: { monthlyUsd: 100 },
    });
    const { site, outputs } = new Assembly(config);
    const known = new Set([
      ...site.map((resource) => resource.path),
      ...outputs,
      ...fieldsOf(config),
      ...Object.keys(packageJson.scripts).map((script) => `npm run ${script}`),
    ]);

    const lost = provisioned.flatMap((row) =>
      code(row)
        .filter((name) => !known.has(name) && !isFile(name))
        .map(
          (name) =>
            `${row.id}: \`${name}\` is no construct path, output, field, file or npm command any more`,
        ),
    );

    expect(lost).toEqual([]);
  });

  it('gives each row a counterpart, or says why it has none', () => {
    const silent = rows.filter(
      (row) => code(row).length === 0 && row.absent.length === 0 && row.later.length === 0,
    );

    expect(silent.map(({ id }) => id)).toEqual([]);
    for (const { id, absent, later } of rows) {
      for (const why of [...absent, ...later]) {
        expect(why.split(/\s+/).length, `${id} says too little: ${why}`).toBeGreaterThan(5);
      }
    }
  });

  it('puts off nothing of the infrastructure, and all else to a capability', () => {
    const off = rows.filter(({ later }) => later.length > 0);

    expect(off.filter(({ id }) => /^[RKSND]/.test(id)).map(({ id }) => id)).toEqual([]);
    for (const row of off) {
      // What a host is made of is here; what runs on it may come later.
      if (row.id.startsWith('E')) expect(code(row), row.id).not.toEqual([]);
      for (const why of row.later) expect(why, row.id).toMatch(CAPABILITIES);
    }
    expect(TO_COME.filter((id) => !off.some((row) => row.id === id))).toEqual([]);
  });

  it('names a test for each quirk of the infrastructure, by title and file', () => {
    const problems = quirks.flatMap(({ id, here, absent, later }) => {
      const tests = Array.from(here.matchAll(/`([^`]+)` in `([^`]+)`/g));
      const reasons = [...absent, ...later].reduce((left, why) => left.replace(why, ''), here);
      const rest = reasons.replace(/`[^`]+` in `[^`]+`|<br>|(not here|later): /g, '');
      return [
        ...(tests.length === 0 && !MAY_WAIT.has(id) ? [`${id}: no test holds it mended`] : []),
        ...(rest === '' ? [] : [`${id}: "${rest}" is neither a test nor a reason`]),
        ...tests.flatMap(([, title = '', file = '']) => untitled(file, title).map(of(id, file))),
      ];
    });

    expect(problems).toEqual([]);
  });
});

/** Which parts of a title, `describe > it`, are none in a file: of a test, or first in a table's row. */
function untitled(file: string, title: string): string[] {
  if (!isFile(file)) return [title];
  const titles = Array.from(text(file).matchAll(/[([]\s*'([^']+)'/g), ([, found]) => found);
  return title.split(' > ').filter((part) => !titles.includes(part));
}

const of = (id: string, file: string) => (title: string) =>
  `${id}: no test of ${file} is titled "${title}"`;
