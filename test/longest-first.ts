import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** The files that take longest, in this order. A long one that begins last is waited for alone. */
const LONG = [
  ...['certificate', 'certificate-faults', 'rotation', 'faults', 'rehearsal', 'update', 'power'],
  ...['restart', 'drain', 'view', 'secrets'],
]
  .map((name) => `/hosts/lab/${name}.test.ts`)
  .concat(
    ['crashes', 'cli', 'planted/planted', 'interleavings', 'documented-errors'].map(
      (name) => `/simulation/${name}.test.ts`,
    ),
    '/template/bundles.test.ts',
  );

/** Begins with files that are known to be long; vitest itself knows that only of what ran before. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    return (await super.sort(files)).toSorted((one, other) => rank(one) - rank(other));
  }
}

function rank({ moduleId }: TestSpecification): number {
  const at = LONG.findIndex((name) => moduleId.endsWith(name));
  return at === -1 ? LONG.length : at;
}
