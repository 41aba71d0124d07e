import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { differences } from '../../../simulator/lab/differences.ts';

it('the page on hosts says what the lab is not, all of it and nothing else', () => {
  const page = readFileSync(path.join(import.meta.dirname, '../../../docs/hosts.md'), 'utf8');
  const [, lab = ''] = /^## The lab$(.*?)(?=^## |(?![\s\S]))/ms.exec(page) ?? [];
  const items = Array.from(lab.matchAll(/^- (.*(?:\n {2}.*)*)/gm), ([, item = '']) =>
    item.replace(/\s+/g, ' ').replaceAll('\\*', '*').trim(),
  );

  expect(items).toEqual(differences());
});
