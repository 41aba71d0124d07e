/** One line of what happened. */
export interface Entry {
  /** ISO 8601, UTC. */
  readonly at: string;
  readonly kind: 'trigger' | 'run' | 'look' | 'call' | 'world' | 'alert' | 'alarm' | 'fault';
  /** Who did it or what it happened to. */
  readonly who: string;
  readonly text: string;
  readonly reason: string;
  /** Whose it is, where that is not the site that is played. */
  readonly site?: string;
}

/** A message as it reached a subscriber. */
export interface Delivery {
  readonly at: string;
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  readonly attributes: Readonly<Record<string, string>>;
  /** Whose it is, where that is not the site that is played. */
  readonly site?: string;
}

/** Everything that happened, in order: what the report, the judge and `--json` read. */
export class Trace {
  readonly entries: Entry[] = [];
  readonly deliveries: Delivery[] = [];
  private readonly iso: () => string;

  constructor(iso: () => string) {
    this.iso = iso;
  }

  add(kind: Entry['kind'], who: string, text: string, reason: string, site?: string): void {
    this.entries.push({ at: this.iso(), kind, who, text, reason, ...(site && { site }) });
  }

  deliver(delivery: Omit<Delivery, 'at'>): void {
    this.deliveries.push({ at: this.iso(), ...delivery });
  }
}
