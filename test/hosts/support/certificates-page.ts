import { readFileSync } from 'node:fs';
import path from 'node:path';

const PAGE = readFileSync(path.join(import.meta.dirname, '../../../docs/certificates.md'), 'utf8');

/** What `docs/certificates.md` has a person type for one kind of client, with a name for `<node>`. */
export function linesOf(heading: string, language: 'sh' | 'json', node: string): string {
  const [, section = ''] = PAGE.split(new RegExp(`^##+ ${heading}$`, 'm'));
  const [own = ''] = section.split(/^##+ /m);
  const blocks = [...own.matchAll(new RegExp(`^( *)\`\`\`${language}\n(.*?)^ *\`\`\`$`, 'gms'))];
  if (blocks.length === 0) throw new Error(`${heading} has no lines of ${language}`);
  const lines = blocks.map(([, indent = '', text = '']) =>
    text.replace(new RegExp(`^${indent}`, 'gm'), ''),
  );
  return lines.join('').replaceAll('<node>', node);
}

/** A command that stands in the running text, by what it begins with. */
export function commandOf(start: string): string {
  const at = PAGE.indexOf(`\`${start}`);
  if (at < 0) throw new Error(`no command begins with ${start}`);
  return PAGE.slice(at + 1, PAGE.indexOf('`', at + 1)).replaceAll('\n', ' ');
}
