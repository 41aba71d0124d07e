/**
 * When Docker starts a container again that has failed: after 0.1 s, then twice as long each time, at
 * most a minute, and from the beginning when it has run for ten seconds.
 *
 * @see https://docs.docker.com/reference/cli/docker/container/run/#restart
 */
export class Restarts {
  #pause = 0;
  #cancelled = false;
  #pending: NodeJS.Timeout | undefined;

  /** Somebody has started it: failures count from now. */
  begin(): void {
    this.cancel();
    this.#cancelled = false;
    this.#pause = 0;
  }

  /** Somebody has ended it: whatever it says in doing so is no failure. */
  cancel(): void {
    this.#cancelled = true;
    clearTimeout(this.#pending);
  }

  /** Plans the next start of one that has run so long; false when there is none. */
  next(ran: number, start: () => Promise<void>): boolean {
    if (this.#cancelled) return false;
    this.#pause = ran >= 10 || this.#pause === 0 ? 100 : Math.min(this.#pause * 2, 60_000);
    // What is wrong with its root is said to who starts it; here nobody asks.
    this.#pending = setTimeout(() => void start().catch(() => undefined), this.#pause);
    return true;
  }
}
