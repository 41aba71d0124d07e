import type { SimulationResult } from '../simulation.ts';

export interface RunningHours {
  readonly name: string;
  readonly hours: number;
}

const HOUR_MS = 3_600_000;

/** How long each node and the database ran; a start counts from its first moment, as it is billed. */
export function runningHours(result: SimulationResult, from: Date, end: Date): RunningHours[] {
  return ['node a', 'node b', 'database'].map((name) => {
    // A deployment leaves everything running.
    let since: number | undefined = from.getTime();
    let total = 0;
    for (const { at, kind, who, text } of result.entries) {
      const time = new Date(at).getTime();
      const starts = kind === 'call' && new RegExp(`:Start\\w+ ${name}$`).test(text);
      const selfStart = kind === 'world' && who === name && text === 'starting';
      if (starts || selfStart) since ??= time;
      if (kind === 'world' && who === name && text === 'stopped' && since !== undefined) {
        total += time - since;
        since = undefined;
      }
    }
    if (since !== undefined) total += end.getTime() - since;
    return { name, hours: Math.round((total / HOUR_MS) * 10) / 10 };
  });
}
