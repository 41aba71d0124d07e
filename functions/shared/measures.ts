/** One value of one metric in the namespace `Orthweb`. */
export interface Measure {
  readonly name: string;
  readonly unit: 'Count' | 'Seconds' | 'None';
  readonly value: number;
  /** At most three, such as `{ Site: 'clinic', Node: 'a' }`. */
  readonly dimensions: Readonly<Record<string, string>>;
}

/** Where a function's measures go. */
export interface Measures {
  put(measures: readonly Measure[]): void;
}
