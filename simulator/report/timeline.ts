import type { SimulationResult } from '../simulation.ts';
import type { Entry } from '../trace.ts';
import { columns } from './layout.ts';
import { clockOf, dateOf, dayOf } from './local-time.ts';

/** What happened, a line each with its reason, under the site's own dates. */
export function timeline(result: SimulationResult, timeZone: string): string[] {
  const lines: string[] = [];
  let date = '';
  for (const entry of result.entries.filter(noteworthy(result))) {
    const today = dateOf(entry.at, timeZone);
    if (today !== date) {
      lines.push('', dayOf(entry.at, timeZone));
      date = today;
    }
    const what: readonly (readonly [string, number])[] = [
      [clockOf(entry.at, timeZone), 8],
      [entry.kind === 'alert' ? 'ALERT' : entry.who, 15],
    ];
    if (entry.kind === 'alert') lines.push(...columns(what, entry.text));
    else lines.push(...columns([...what, [entry.text, 30]], entry.reason));
  }
  return lines;
}

/** Runs that found nothing to do are one line, not three. */
function noteworthy(result: SimulationResult): (entry: Entry) => boolean {
  const idle = new Set(
    result.runs.filter(({ state }) => state === 'Nothing To Do').map(({ startedAt }) => startedAt),
  );
  return ({ kind, at, text }) =>
    !(idle.has(new Date(at).getTime()) && (kind === 'trigger' || text === 'begins'));
}
