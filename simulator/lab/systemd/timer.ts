import type { State } from './service.ts';
import type { TimerUnit } from './unit-file.ts';

/** Starts a unit so long after its own start, and after each time it did. */
export class Timer {
  readonly #timer: TimerUnit;
  readonly #elapse: () => void;
  readonly #pending = new Set<NodeJS.Timeout>();
  state: State = 'inactive';

  constructor(timer: TimerUnit, elapse: () => void) {
    this.#timer = timer;
    this.#elapse = elapse;
  }

  start(): void {
    if (this.state === 'active') return;
    this.state = 'active';
    const { onActive } = this.#timer;
    if (onActive !== undefined) this.#in(onActive);
  }

  stop(): void {
    this.state = 'inactive';
    for (const one of this.#pending) clearTimeout(one);
    this.#pending.clear();
  }

  #in(seconds: number): void {
    const one = setTimeout(() => {
      this.#pending.delete(one);
      this.#elapse();
      if (this.#timer.onUnitActive !== undefined) this.#in(this.#timer.onUnitActive);
    }, seconds * 1000);
    this.#pending.add(one);
  }
}
