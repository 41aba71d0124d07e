import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { applyPatch, parsePatch } from 'diff';
import { describe, expect, it } from 'vitest';
import { INVARIANTS, type Invariant } from '../../../simulator/judge/invariants.ts';
import { rehearse } from '../../../simulator/rehearsal.ts';
import { optionsOf } from '../support/play.ts';
import { SCENARIOS } from './scenarios.ts';

const root = path.join(import.meta.dirname, '../../..');
const SOURCES = [
  'compose',
  'functions',
  'infra',
  'simulator',
  'statemachines',
  'package.json',
  'test/support',
];
const run = promisify(execFile);

/** A copy of the sources, in which a patch may do what it likes. */
function copy(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'orthweb-planted-'));
  for (const source of SOURCES)
    cpSync(path.join(root, source), path.join(folder, source), {
      recursive: true,
    });
  for (const kept of ['support', 'planted']) {
    const from = path.join(root, 'test/simulation', kept);
    cpSync(from, path.join(folder, 'test/simulation', kept), { recursive: true });
  }
  // Bundles name the handlers; the simulator runs their sources, which are the patched ones.
  for (const made of ['node_modules', 'build']) {
    symlinkSync(path.join(root, made), path.join(folder, made));
  }
  return folder;
}

function plant(folder: string, patch: string): void {
  const text = readFileSync(path.join(import.meta.dirname, `${patch}.patch`), 'utf8');
  for (const change of parsePatch(text)) {
    const file = path.join(folder, change.newFileName ?? '');
    const patched = applyPatch(readFileSync(file, 'utf8'), change);
    if (patched === false) throw new Error(`${patch}.patch no longer fits ${change.newFileName}`);
    writeFileSync(file, patched);
  }
}

/** What the judge finds when the scenario is played on these sources, in a process of its own. */
async function found(folder: string, invariant: Invariant) {
  const script = path.join(folder, 'test/simulation/planted/play.ts');
  const { stdout } = await run(process.execPath, [script, String(invariant)]);
  return JSON.parse(stdout) as { readonly message: string }[];
}

const rows = Object.entries(SCENARIOS).map(([number, { patch, plants }]) => {
  const invariant = Number(number) as Invariant;
  return { invariant, name: INVARIANTS[invariant], patch, plants };
});

it.each(rows)(
  'breaks nothing as it is: the scenario of $invariant $name',
  async ({ invariant }) => {
    const { site, play } = SCENARIOS[invariant];

    const { failure, unstruck } = await rehearse(optionsOf(site(), play));

    expect(failure).toBeUndefined();
    expect(unstruck).toEqual([]);
  },
);

describe.concurrent('a fault planted in our code breaks its invariant, and that one alone', () => {
  it.each(rows)('$invariant $name: $plants', async ({ invariant, patch }) => {
    const planted = copy();
    plant(planted, patch);

    const [first, ...others] = await found(planted, invariant);

    expect(others).toEqual([]);
    expect(first?.message).toContain(`invariant ${invariant} (${INVARIANTS[invariant]}) broken at`);
  });
});
