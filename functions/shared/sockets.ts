import { deepHealth } from './deep-health.ts';
import { echo } from './echo.ts';
import { handshake } from './handshake.ts';
import type { Question, Sight, View } from './view.ts';
import { wordsOf } from './words-of.ts';

/** Where a node is found, and how long a look may take in all. */
interface Bounds {
  readonly web: number;
  readonly dicom: number;
  readonly seconds: number;
}

/**
 * Looks at nodes over the network, at both ports at once and in at most 8 seconds whatever they do.
 *
 * Changes nothing, and leaves no connection behind.
 */
export class Sockets implements View {
  readonly #bounds: Bounds;

  constructor(bounds: Partial<Bounds> = {}) {
    this.#bounds = { web: 443, dicom: 11_112, seconds: 8, ...bounds };
  }

  async look(question: Question): Promise<Sight> {
    const at = new Date().toISOString();
    const { seconds } = this.#bounds;
    const late = new Error(`no answer within ${seconds} s`);
    const over = new AbortController();
    const timer = setTimeout(() => over.abort(late), seconds * 1000);
    try {
      const [web, dicom] = await Promise.all([
        this.#web(question, over.signal),
        this.#dicom(question, over.signal),
      ]);
      return { at, web, dicom };
    } finally {
      clearTimeout(timer);
    }
  }

  async #web(question: Question, deadline: AbortSignal): Promise<Sight['web']> {
    const { sight, connection } = await handshake(question, this.#bounds.web, deadline);
    if (!connection) return sight;
    try {
      return { ...sight, status: await deepHealth(connection, question.name) };
    } catch (error) {
      return { ...sight, said: `/healthz/deep: ${wordsOf(error)}` };
    } finally {
      connection.destroy();
    }
  }

  async #dicom(question: Question, deadline: AbortSignal): Promise<Sight['dicom']> {
    const shaken = await handshake(question, this.#bounds.dicom, deadline);
    const { sight, connection, asksForCertificate } = shaken;
    if (!connection) return sight;
    const { success, said, wordless } = await echo(connection, question.aeTitle);
    connection.destroy();
    if (success) return { ...sight, echo: true };
    // Under TLS 1.3 the server's side of the handshake comes last: who has no certificate finds the
    // door shut, by an alert or without a word (nginx), after all was well on its own side.
    if (asksForCertificate && wordless && !deadline.aborted) return sight;
    return { ...sight, echo: false, said: `C-ECHO: ${said}` };
  }
}
