import { fieldsOf } from '../answer.ts';
import type { HostCommand } from '../real-hosts.ts';
import { columns } from './layout.ts';
import { clockOf, dateOf, dayOf } from './local-time.ts';

/** What was done on real hosts, a line each: when, where, exit code, real seconds, what it said. */
export function hostLines(commands: readonly HostCommand[], timeZone: string): string[] {
  let date = '';
  return commands.flatMap(({ at, who, what, code, seconds, output }) => {
    const before = date;
    date = dateOf(at, timeZone);
    const line = columns(
      [
        [clockOf(at, timeZone), 8],
        [who, 8],
        [what, 20],
        [`exit ${code}`, 8],
        [`${seconds.toFixed(1)} s`.padStart(7), 7],
      ],
      telling(output),
    );
    return date === before ? line : ['', dayOf(at, timeZone), ...line];
  });
}

/** What matters in the line that a script ends with: why not, else the verdict, else what it did. */
export function telling(output: string): string {
  const said = fieldsOf(output);
  if (said === undefined) return output;
  const [[name, value] = ['', '']] = Object.entries(said);
  return String(said.reason ?? said.verdict ?? (value === true ? name : `${name} ${value}`));
}
