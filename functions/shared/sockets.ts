import { greeting } from './database-greeting.ts';
import { echo } from './echo.ts';
import { handshake } from './handshake.ts';
import { type HealthPath, healthOf } from './health-path.ts';
import type { DatabaseSight, PortSight, Question, Sight, View } from './view.ts';
import { wordsOf } from './words-of.ts';

/** Where a node is found, and how long a look may take in all. */
interface Bounds {
  readonly web: number;
  readonly dicom: number;
  readonly database: number;
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
    this.#bounds = { web: 443, dicom: 11_112, database: 5432, seconds: 8, ...bounds };
  }

  look(question: Question): Promise<Sight> {
    return this.#inTime(async (at, deadline) => {
      const [web, dicom] = await Promise.all([
        this.#web(question, deadline),
        this.#dicom(question, deadline),
      ]);
      return { at, web, dicom };
    });
  }

  database(address: string): Promise<DatabaseSight> {
    return this.#inTime(async (at, deadline) => ({
      at,
      ...(await greeting(address, this.#bounds.database, deadline)),
    }));
  }

  async #inTime<T>(see: (at: string, deadline: AbortSignal) => Promise<T>): Promise<T> {
    const { seconds } = this.#bounds;
    const late = new Error(`no answer within ${seconds} s`);
    const over = new AbortController();
    const timer = setTimeout(() => over.abort(late), seconds * 1000);
    try {
      return await see(new Date().toISOString(), over.signal);
    } finally {
      clearTimeout(timer);
    }
  }

  /** Where the way to the database fails, Orthanc is asked alone: that tells whose fault it is. */
  async #web(question: Question, deadline: AbortSignal): Promise<Sight['web']> {
    const { status, ...sight } = await this.#health(question, '/healthz/deep', deadline);
    if (status === undefined) return sight;
    if (status === 200) return { ...sight, status };
    const alone = await this.#health(question, '/healthz/orthanc', deadline);
    const { status: orthanc, said } = alone;
    return { ...sight, status, ...(orthanc === undefined ? said && { said } : { orthanc }) };
  }

  async #health(
    question: Question,
    path: HealthPath,
    deadline: AbortSignal,
  ): Promise<PortSight & { readonly status?: number }> {
    const { sight, connection } = await handshake(question, this.#bounds.web, deadline);
    if (!connection) return sight;
    try {
      return { ...sight, status: await healthOf(connection, question.name, path) };
    } catch (error) {
      return { ...sight, said: `${path}: ${wordsOf(error)}` };
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
