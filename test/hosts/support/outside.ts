import { copyFileSync, readFileSync } from 'node:fs';
import type { NodeName } from '../../../simulator/lab/host.ts';
import { type Lab, nameOf } from '../../../simulator/lab/lab.ts';

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

/** A client that trusts what each node had when this was made. */
export class Outside {
  readonly #lab: Lab;
  readonly #names: Readonly<Record<NodeName, string>>;

  constructor(lab: Lab) {
    this.#lab = lab;
    const learn = (node: NodeName): string => {
      const tls = lab[node].disk('opt/orthweb/tls');
      copyFileSync(`${tls}/ca.pem`, lab.client.path(`${node}.pem`));
      return readFileSync(`${tls}/name`, 'utf8').trim();
    };
    this.#names = { a: learn('a'), b: learn('b') };
  }

  /** Asks a node all at once, in less than ten seconds whatever it does. */
  async see(node: NodeName): Promise<Seen> {
    const [nginx, orthanc, deep, echo] = await Promise.all([
      this.#ask(node, '/healthz'),
      this.#ask(node, '/healthz/orthanc'),
      this.#ask(node, '/healthz/deep'),
      this.#echo(node),
    ]);
    return { nginx, orthanc, deep, echo };
  }

  /** The status of each answer to a path that may stand for several, as curl writes that. */
  async statuses(node: NodeName, path: string): Promise<string[]> {
    const curl = ['curl', '--silent', '--output', '/dev/null', '--write-out', '%{http_code}\\n'];
    const { stdout } = await this.#lab.client.run([...curl, ...this.address(node, path)]);
    return stdout.trim().split('\n');
  }

  /** What curl needs to ask a node for a path. */
  address(node: NodeName, path: string): string[] {
    const to = ['--connect-to', `::${nameOf(node)}:443`, `https://${this.#names[node]}${path}`];
    return ['--cacert', `/mnt/client/${node}.pem`, ...to];
  }

  async #ask(node: NodeName, path: string): Promise<WebAnswer> {
    const curl = ['curl', '--silent', '--output', '/dev/null', '--write-out', '%{http_code}'];
    const limit = ['--max-time', String(SECONDS)];
    const { code, stdout } = await this.#lab.client.run([
      ...curl,
      ...limit,
      ...this.address(node, path),
    ]);
    const answer = code === 0 ? Number(stdout) : CURL[code];
    if (answer === undefined) throw new Error(`curl ended with ${code} for ${path} of ${node}`);
    return answer;
  }

  /** DICOM's tools wait for ever, so this one is ended. */
  async #echo(node: NodeName): Promise<boolean> {
    const tls = ['+tla', '+cf', `/mnt/client/${node}.pem`];
    const { code } = await this.#lab.client.run(
      ['echoscu', ...tls, '-aec', 'ORTHWEB', nameOf(node), '11112'],
      SECONDS,
    );
    return code === 0;
  }
}
