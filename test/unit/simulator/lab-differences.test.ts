import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { differences } from '../../../simulator/lab/differences.ts';

const pageOf = (file: string): string =>
  readFileSync(path.join(import.meta.dirname, '../../..', file), 'utf8');

it.each(['README.md', 'CHANGELOG.md', 'docs/architecture.md', 'docs/hosts.md'])(
  '%s takes hosts of the lab for nothing that they are not',
  (file) => {
    expect(pageOf(file)).not.toMatch(/\breal hosts\b|\bhosts are real\b/);
  },
);

it('the page on hosts says what the lab is not, all of it and nothing else', () => {
  const page = pageOf('docs/hosts.md');
  const [, lab = ''] = /^## The lab$(.*?)(?=^## |(?![\s\S]))/ms.exec(page) ?? [];
  const items = Array.from(lab.matchAll(/^- (.*(?:\n {2}.*)*)/gm), ([, item = '']) =>
    item.replace(/\s+/g, ' ').replaceAll('\\*', '*').trim(),
  );

  expect(items).toEqual(differences());
});
