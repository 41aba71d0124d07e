import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { CLOCKS } from '../../../functions/shared/clocks.ts';

const page = readFileSync(path.join(import.meta.dirname, '../../../docs/clocks.md'), 'utf8');

it('has every clock of the code in docs/clocks.md, with its seconds', () => {
  const rows = [...page.matchAll(/^\| `(\w+)` \| (\d+) \|/gm)].map(([, name, seconds]) => [
    name,
    Number(seconds),
  ]);

  expect(Object.fromEntries(rows)).toEqual(CLOCKS);
});
