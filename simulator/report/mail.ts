import type { SimulationResult } from '../simulation.ts';
import type { Delivery } from '../trace.ts';
import { WIDTH, wrap } from './layout.ts';
import { clockOf, dateOf } from './local-time.ts';

/** Messages in full as their reader gets them, but routine ones after their first by subject only. */
export function mail(result: SimulationResult, timeZone: string): string[] {
  const routine = new Set<string>();
  return oneEach(result.deliveries).flatMap((message) => {
    const { at, to, subject, text, attributes } = message;
    const when = `${dateOf(at, timeZone)} ${clockOf(at, timeZone).slice(0, 5)}`;
    const kind = attributes.kind ?? '';
    if (routine.has(kind)) return [`${when}  ${subject}`];
    if (attributes.severity === 'info') routine.add(kind);
    const rule = '-'.repeat(72);
    return [
      '',
      `${when}  To: ${to}`,
      `Subject: ${subject}`,
      rule,
      ...text.split('\n').flatMap(indented),
      rule,
    ];
  });
}

/** Long lines go on under their own text, beside the name of the field. */
function indented(line: string): string[] {
  const [first = '', ...more] = wrap(line, WIDTH - 11);
  return [`  ${first}`.trimEnd(), ...more.map((rest) => `${' '.repeat(11)}${rest}`)];
}

/** A message to several readers is shown once, as its first reader gets it. */
function oneEach(deliveries: readonly Delivery[]): Delivery[] {
  const seen = new Set<string>();
  return deliveries.filter(({ subject, text }) => {
    const key = `${subject}\n${text}`;
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}
