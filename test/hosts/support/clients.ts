import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Ended } from '../../../simulator/lab/command.ts';
import type { NodeName } from '../../../simulator/lab/host.ts';
import { type Lab, nameOf } from '../../../simulator/lab/lab.ts';

/** How a device asks: by which AE title, under which name, and with what options of its tool. */
export interface Association {
  readonly as?: string;
  readonly called?: string;
  readonly options?: readonly string[];
  /** What proves who it is, as options of DCMTK. */
  readonly tls?: readonly string[];
  /** DICOM's tools wait for ever by themselves: it is ended after so many. */
  readonly seconds?: number;
}

export interface Reply {
  readonly status: number;
  readonly headers: string;
  readonly body: string;
}

export interface Request {
  /** Whose password is given; nobody's, if it is `undefined`. */
  readonly user?: string | undefined;
  /** Options of curl. */
  readonly options?: readonly string[];
}

/** What clients of a lab's site do: devices by DCMTK, browsers and viewers by curl, all over TLS. */
export class Clients {
  readonly #lab: Lab;

  /** Gives the lab's client what each node is trusted by, and the passwords of its users. */
  constructor(lab: Lab) {
    this.#lab = lab;
    for (const node of ['a', 'b'] as const) {
      copyFileSync(lab[node].disk('opt/orthweb/tls/ca.pem'), lab.client.path(`${node}.pem`));
    }
    for (const [user, password] of Object.entries(lab.secrets.users)) this.knows(user, password);
  }

  /** From now on somebody gives this password. */
  knows(user: string, password: string): void {
    const file = this.#lab.client.path(`${user}.netrc`);
    writeFileSync(file, `default login ${user} password ${password}\n`);
  }

  /** Runs a tool of DCMTK against a node; what comes after the address, such as files, is `more`. */
  dicom(
    node: NodeName,
    tool: string,
    {
      as = 'CT1',
      called = 'ORTHWEB',
      options = [],
      tls = ['+tla'],
      seconds = 60,
    }: Association = {},
    more: readonly string[] = [],
  ): Promise<Ended> {
    const titles = ['-aet', as, '-aec', called];
    const trust = ['+cf', `/mnt/client/${node}.pem`];
    return this.#lab.client.run(
      [tool, ...tls, ...trust, ...titles, ...options, nameOf(node), '11112', ...more],
      seconds,
    );
  }

  /** Sends files of the client's, on one association. */
  store(node: NodeName, files: readonly string[], association?: Association): Promise<Ended> {
    const sent = files.map((file) => `/mnt/client/${file}`);
    return this.dicom(node, 'storescu', association, sent);
  }

  /** Where a node's web begins, by the name that its certificate has. */
  origin(node: NodeName): string {
    return `https://${readFileSync(this.#lab[node].disk('opt/orthweb/tls/name'), 'utf8').trim()}`;
  }

  /** What a node's web answers. */
  async web(node: NodeName, place: string, request: Request = {}): Promise<Reply> {
    const options = [...this.curl(node, request), '--include', '--path-as-is'];
    const said = await this.#lab.client.run([...options, `${this.origin(node)}${place}`]);
    const [headers = '', ...body] = said.stdout.split('\r\n\r\n');
    const status = Number(/^HTTP\/\S+ (\d+)/.exec(headers)?.[1] ?? 0);
    if (status === 0)
      throw new Error(`${node}${place}: curl ended with ${said.code}: ${said.stderr}`);
    return { status, headers, body: body.join('\r\n\r\n') };
  }

  /** With which statuses a node's web answers, one request after the other. */
  async statuses(
    node: NodeName,
    places: readonly string[],
    request: Request = {},
  ): Promise<number[]> {
    const options = ['--path-as-is', '--write-out', '\n%{http_code}\n'];
    const wanted = places.map((place) => `${this.origin(node)}${place}`);
    const { stdout } = await this.#lab.client.run([
      ...this.curl(node, request),
      ...options,
      ...wanted,
    ]);
    return [...stdout.matchAll(/^(\d{3})$/gm)].map(([status]) => Number(status));
  }

  /** What a node's web answers as JSON. */
  async json<T>(node: NodeName, place: string, request?: Request): Promise<T> {
    const { status, body } = await this.web(node, place, request);
    if (status !== 200) throw new Error(`${node}${place}: ${status} ${body}`);
    return JSON.parse(body) as T;
  }

  /** What a node's web answers to each of some requests, byte for byte. */
  async bytes(node: NodeName, places: readonly string[], request: Request = {}): Promise<Buffer[]> {
    const folder = `answers-${node}`;
    mkdirSync(this.#lab.client.path(folder), { recursive: true });
    const wanted = places.map(
      (place, at) =>
        `url = "${this.origin(node)}${place}"\noutput = "/mnt/client/${folder}/${at}"\n`,
    );
    writeFileSync(this.#lab.client.path('wanted'), wanted.join(''));
    const { code, stderr } = await this.#lab.client.run(
      [...this.curl(node, request), '--fail', '--parallel', '--config', '/mnt/client/wanted'],
      60,
    );
    if (code !== 0) throw new Error(`${node}: curl ended with ${code}: ${stderr}`);
    return places.map((_, at) =>
      readFileSync(this.#lab.client.path(path.join(folder, String(at)))),
    );
  }

  /** The command that asks a node's web, as far as the address. */
  curl(node: NodeName, { options = [], ...request }: Request = {}): string[] {
    const user = 'user' in request ? request.user : 'admin';
    return [
      ...['curl', '--silent', '--show-error', '--max-time', '50'],
      ...['--cacert', `/mnt/client/${node}.pem`, '--connect-to', `::${nameOf(node)}:443`],
      ...(user === undefined ? [] : ['--netrc-file', `/mnt/client/${user}.netrc`]),
      ...options,
    ];
  }
}
