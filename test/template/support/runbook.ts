import { readFileSync } from 'node:fs';
import path from 'node:path';

export const RUNBOOK = path.join(import.meta.dirname, '../../../docs/runbook.md');

/** The sections of `docs/runbook.md` by the anchors that GitHub gives their headings. */
export const runbookSections = (): string[] =>
  Array.from(readFileSync(RUNBOOK, 'utf8').matchAll(/^#{2,3} (.+)$/gm), ([, heading = '']) =>
    heading
      .trim()
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .replace(/\s/g, '-'),
  );

/** The text below a heading. */
export function sectionOfRunbook(heading: string): string {
  const [, text] =
    new RegExp(`^## ${heading}$(.*?)(?=^## )`, 'ms').exec(readFileSync(RUNBOOK, 'utf8')) ?? [];
  if (text === undefined) throw new Error(`the runbook has no section ${heading}`);
  return text;
}

/** The section that a text sends its reader to: `See docs/runbook.md#late` → `late`. */
export const sectionNamedIn = (text: string): string | undefined =>
  /\bdocs\/runbook\.md#([\w-]+)/.exec(text)?.[1];
