const UNITS: Readonly<Record<string, number>> = {
  ms: 0.001,
  s: 1,
  sec: 1,
  m: 60,
  min: 60,
  h: 3600,
  d: 86_400,
};

/** Seconds in a span of time as systemd and Compose write it: `15min`, `1m30s`, or a bare number. */
export function secondsOf(span: string): number {
  if (span === 'infinity') return Number.POSITIVE_INFINITY;
  const parts = [...span.replaceAll(' ', '').matchAll(/(\d+(?:\.\d+)?)([a-z]*)/g)];
  const whole = parts.map(([part]) => part).join('') === span.replaceAll(' ', '');
  const seconds = parts.map(
    ([, number, unit]) => Number(number) * (UNITS[unit || 's'] ?? Number.NaN),
  );
  const sum = seconds.reduce((total, one) => total + one, 0);
  if (!whole || parts.length === 0 || Number.isNaN(sum)) {
    throw new Error(`${span} is no span of time that the lab knows`);
  }
  return sum;
}
