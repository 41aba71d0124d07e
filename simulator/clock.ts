import { type Clock as FakeClock, install } from '@sinonjs/fake-timers';
import TinyQueue from 'tinyqueue';

/** A timer of more than 2^31 - 1 ms fires at once, so ours never ask for more than this. */
const FARTHEST_TIMER_MS = 20 * 86_400_000;

interface Pending {
  readonly at: number;
  readonly order: number;
  readonly housekeeping: boolean;
  run: (() => void) | undefined;
}

/** Forgets an event that has not happened yet. */
export type Cancel = () => void;

/**
 * Virtual time for everything in the process: our own queue of future events, and fake timers
 * under the Step Functions interpreter and the functions' `new Date()`.
 *
 * Time stands still while code runs; it moves only from event to event, and all promise jobs of
 * one event have run before the next. One clock at a time in a process.
 */
export class Clock {
  private readonly timers: FakeClock;
  /** The real event loop's: fake timers leave it alone, and promise jobs are drained by its turn. */
  private readonly turn = setImmediate;
  private readonly queue = new TinyQueue<Pending>(
    [],
    (one, other) => one.at - other.at || one.order - other.order,
  );
  private order = 0;
  private armed: { readonly id: ReturnType<typeof setTimeout>; readonly at: number } | undefined;
  private failure: unknown;

  constructor(start: Date) {
    this.timers = install({
      now: start,
      toFake: ['Date', 'setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'],
    });
  }

  get now(): number {
    return this.timers.now;
  }

  iso(): string {
    return new Date(this.timers.now).toISOString();
  }

  /**
   * Has `run` happen `ms` milliseconds from now. Housekeeping is what a simulated service does
   * for itself and what no decision reads: it does not end a quiet time.
   */
  after(ms: number, run: () => void, options: { housekeeping?: boolean } = {}): Cancel {
    const event: Pending = {
      at: this.timers.now + Math.max(0, Math.round(ms)),
      order: this.order++,
      housekeeping: options.housekeeping ?? false,
      run,
    };
    this.queue.push(event);
    this.arm();
    return () => {
      event.run = undefined;
    };
  }

  at(instant: number, run: () => void, options: { housekeeping?: boolean } = {}): Cancel {
    return this.after(instant - this.timers.now, run, options);
  }

  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => {
      this.after(ms, resolve);
    });
  }

  /** When the next event other than housekeeping is due; Infinity if there is none. */
  nextEvent(): number {
    return this.queue.data.reduce(
      (next, { at, housekeeping, run }) => (housekeeping || !run ? next : Math.min(next, at)),
      Number.POSITIVE_INFINITY,
    );
  }

  /** Ends the run at the current instant with this error. */
  fail(error: unknown): void {
    this.failure ??= error;
  }

  /** Lives through all events before `end`. `each` is called after every one, for progress. */
  async runUntil(end: Date, each: () => void): Promise<void> {
    let over = false;
    this.at(end.getTime(), () => {
      over = true;
    });
    await this.settle();
    while (!over && this.failure === undefined) {
      if (!this.runDue()) this.timers.next();
      await this.settle();
      each();
    }
    if (this.failure !== undefined) throw this.failure;
  }

  /** Lets whoever asks for the time see it off by so many ms; for a function whose clock is. */
  skew(offsetMs: () => number): void {
    const True = globalThis.Date;
    globalThis.Date = new Proxy(True, {
      construct: (target, parts: []) =>
        parts.length > 0 ? new target(...parts) : new target(this.now + offsetMs()),
      get: (target, name) =>
        name === 'now' ? () => this.now + offsetMs() : Reflect.get(target, name),
    });
  }

  /** Gives the process its own time back. */
  uninstall(): void {
    this.timers.uninstall();
  }

  /** A turn of the real event loop comes only after all promise jobs. */
  private settle(): Promise<void> {
    return new Promise((resolve) => {
      this.turn(resolve);
    });
  }

  /** One fake timer stands for the head of the queue. */
  private arm(): void {
    const head = this.queue.peek();
    // What is due is run without a timer: one of 0 ms would take a millisecond, and every later
    // chance would hang on how many events met at an instant.
    if (!head || head.at <= this.timers.now) return;
    const at = Math.min(head.at, this.timers.now + FARTHEST_TIMER_MS);
    if (this.armed && this.armed.at <= at) return;
    if (this.armed) this.timers.clearTimeout(this.armed.id as never);
    const id = this.timers.setTimeout(() => this.fire(), at - this.timers.now) as never;
    this.armed = { id, at };
  }

  private fire(): void {
    this.armed = undefined;
    if (!this.runDue()) this.arm();
  }

  /** Runs the first event whose time has come; false if there is none. */
  private runDue(): boolean {
    const head = this.queue.peek();
    if (!head || head.at > this.timers.now) return false;
    this.queue.pop();
    head.run?.();
    this.arm();
    return true;
  }
}
