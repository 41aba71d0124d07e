import type { NodeName } from '../../../simulator/lab/host.ts';
import type { Lab } from '../../../simulator/lab/lab.ts';
import { Clients } from './clients.ts';

/** A status of HTTP, or why there was none. */
export type WebAnswer = number | 'refused' | 'silent' | 'no handshake' | 'untrusted';

/** What a client is told by a node, by all means that it has. */
export interface Seen {
  /** By nginx alone. */
  readonly nginx: WebAnswer;
  /** By Orthanc, which needs no database for that. */
  readonly orthanc: WebAnswer;
  /** By Orthanc from its database. */
  readonly deep: WebAnswer;
  /** Whether Orthanc echoes over DICOM, which needs no database either. */
  readonly echo: boolean;
}

/** The words of a host's own probe, as far as a client can tell faults apart. */
export type SeenVerdict =
  | 'serves'
  | 'nginx-down'
  | 'certificate-mismatch'
  | 'certificate-untrusted'
  | 'database-refused'
  | 'database-silent'
  | 'orthanc-down'
  | 'orthanc-hung';

/** What is wrong with a node, from outside. A host that is drained or off has an nginx that is down. */
export function judged({ nginx, orthanc, deep, echo }: Seen): SeenVerdict {
  if (nginx === 'no handshake') return 'certificate-mismatch';
  if (nginx === 'untrusted') return 'certificate-untrusted';
  if (nginx !== 200) return 'nginx-down';
  if (orthanc === 200 && deep === 200 && echo) return 'serves';
  // Who echoes lives, even if all that answers the web waits for a database.
  if (echo) return deep === 503 ? 'database-refused' : 'database-silent';
  return orthanc === 502 ? 'orthanc-down' : 'orthanc-hung';
}

/** More than nginx waits for Orthanc. */
const SECONDS = 6;

/** Why curl had no answer, by its exit code. */
const CURL: Readonly<Record<number, WebAnswer>> = {
  7: 'refused',
  28: 'silent',
  35: 'no handshake',
  60: 'untrusted',
};

/** A client that asks each node how it is, and gives no password. */
export class Outside {
  readonly #lab: Lab;
  readonly #clients: Clients;

  constructor(lab: Lab) {
    this.#lab = lab;
    this.#clients = new Clients(lab);
  }

  /** Asks a node all at once, in less than ten seconds whatever it does. */
  async see(node: NodeName): Promise<Seen> {
    const [nginx, orthanc, deep, echo] = await Promise.all([
      this.#ask(node, '/healthz'),
      this.#ask(node, '/healthz/orthanc'),
      this.#ask(node, '/healthz/deep'),
      this.#clients.dicom(node, 'echoscu', { seconds: SECONDS }),
    ]);
    return { nginx, orthanc, deep, echo: echo.code === 0 };
  }

  async #ask(node: NodeName, path: string): Promise<WebAnswer> {
    const status = ['--output', '/dev/null', '--write-out', '%{http_code}'];
    const options = [...status, '--max-time', String(SECONDS)];
    const curl = this.#clients.curl(node, { user: undefined, options });
    const { code, stdout } = await this.#lab.client.run([
      ...curl,
      `${this.#clients.origin(node)}${path}`,
    ]);
    const answer = code === 0 ? Number(stdout) : CURL[code];
    if (answer === undefined) throw new Error(`curl ended with ${code} for ${path} of ${node}`);
    return answer;
  }
}
