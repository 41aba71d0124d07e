import type { Ended } from '../command.ts';
import type { Healthcheck } from './compose-file.ts';

export type Verdict = '' | 'starting' | 'healthy' | 'unhealthy';

/** Asks a container how it is, as often as its health check says, and judges as Docker does. */
export class Health {
  verdict: Verdict = '';
  readonly #check: Healthcheck | undefined;
  readonly #ask: (test: readonly string[]) => Promise<Ended>;
  #next: NodeJS.Timeout | undefined;
  #began = 0;
  #failures = 0;
  /** Counts lives of the container: an answer from an earlier one says nothing. */
  #life = 0;

  constructor(check: Healthcheck | undefined, ask: (test: readonly string[]) => Promise<Ended>) {
    this.#check = check;
    this.#ask = ask;
  }

  begin(): void {
    if (!this.#check) return;
    this.verdict = 'starting';
    this.#began = Date.now();
    this.#failures = 0;
    this.#plan(this.#check, this.#life);
  }

  end(): void {
    this.#life += 1;
    clearTimeout(this.#next);
    if (this.verdict !== '') this.verdict = 'unhealthy';
  }

  #starts(check: Healthcheck): boolean {
    return this.verdict === 'starting' && Date.now() - this.#began < check.startPeriod * 1000;
  }

  #plan(check: Healthcheck, life: number): void {
    const seconds = this.#starts(check) ? check.startInterval : check.interval;
    this.#next = setTimeout(() => void this.#look(check, life), seconds * 1000);
  }

  async #look(check: Healthcheck, life: number): Promise<void> {
    const limit = ['timeout', '--kill-after=1', String(check.timeout)];
    const { code } = await this.#ask([...limit, ...check.test]);
    if (life !== this.#life) return;
    if (code === 0) {
      this.#failures = 0;
      this.verdict = 'healthy';
    } else if (!this.#starts(check)) {
      this.#failures += 1;
      if (this.#failures >= check.retries) this.verdict = 'unhealthy';
    }
    this.#plan(check, life);
  }
}
