/** One sentence about a deployment, and how heavily it weighs. */
export interface Finding {
  readonly text: string;
  readonly effect: 'note' | 'interrupts' | 'loses data' | 'refused';
  /** What to do instead; of what is refused. */
  readonly remedy?: string;
  /** The logical ids of the resources that this is about. */
  readonly about: readonly string[];
}

export const withReason = (because: string): string => (because ? ` (${because})` : '');

/** `a`, `a and b`, `a, b and c` */
export const listed = (items: readonly string[]): string =>
  items.length < 2
    ? items.join('')
    : `${items.slice(0, -1).join(', ')} and ${items[items.length - 1]}`;
