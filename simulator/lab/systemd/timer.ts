import type { State } from './service.ts';
import type { TimerUnit } from './unit-file.ts';

/** Starts a unit so long after the boot, after its own start, and after each time it did. */
export class Timer {
  readonly #timer: TimerUnit;
  readonly #booted: number;
  readonly #elapse: () => void;
  readonly #pending = new Set<NodeJS.Timeout>();
  state: State = 'inactive';

  constructor(timer: TimerUnit, booted: number, elapse: () => void) {
    this.#timer = timer;
    this.#booted = booted;
    this.#elapse = elapse;
  }

  start(): void {
    if (this.state === 'active') return;
    this.state = 'active';
    const { onActive, onBoot } = this.#timer;
    if (onActive !== undefined) this.#in(onActive);
    if (onBoot !== undefined) this.#in(onBoot - (Date.now() - this.#booted) / 1000);
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
    }, Math.max(0, seconds) * 1000);
    this.#pending.add(one);
  }
}
