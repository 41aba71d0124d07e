import { copyFileSync, readFileSync, rmSync } from 'node:fs';
import type { Ended } from '../../../simulator/lab/command.ts';
import type { NodeName } from '../../../simulator/lab/host.ts';
import { type Lab, nameOf } from '../../../simulator/lab/lab.ts';
import { type Images, makeImages, sha256 } from './images.ts';

export interface StoreOptions {
  readonly title?: string;
  /** It is ended after so many. */
  readonly seconds?: number;
  /** It gives a node up that has said nothing for so many. */
  readonly silence?: number;
  readonly until?: string;
}

/**
 * Runs a sender of images, and lets it do nothing between its first images and a file named $0 but send
 * a few every ten seconds: after 30 without one Orthanc would end the association.
 */
const HALTING = `
  log=$(mktemp -p /mnt/client); "$@" >"$log" 2>&1 & sender=$!
  until [[ $(grep --count Received "$log") -gt 5 ]] || ! kill -0 "$sender"; do sleep 0.05; done
  kill -STOP "$sender"; touch "$0.held"; held=0
  until [[ -e $0 ]]; do
    sleep 0.1; held=$((held + 1))
    ((held % 100 != 0)) || { kill -CONT "$sender"; sleep 0.02; kill -STOP "$sender"; }
  done; kill -CONT "$sender"
  wait "$sender"; code=$?; cat "$log"; rm "$log"; exit "$code"`;

/** What uses a lab's site: a modality that sends, and a person with a browser. */
export class Device {
  readonly #lab: Lab;

  constructor(lab: Lab) {
    this.#lab = lab;
  }

  /** Makes images on it, in a folder of theirs. */
  images(folder: string, count: number, size?: number): Promise<Images> {
    return makeImages(this.#lab.client.path(folder), count, size);
  }

  /**
   * Sends images over DICOM, all of a folder on one association. With `until` it stops in the middle
   * of that, when a file of that name and .held comes, and goes on once the file is there.
   */
  store(
    node: NodeName,
    images: string,
    { title = 'CT1', seconds = 60, silence = 30, until }: StoreOptions = {},
  ): Promise<Ended> {
    copyFileSync(
      this.#lab[node].disk('opt/orthweb/tls/ca.pem'),
      this.#lab.client.path(`${node}.pem`),
    );
    return this.#lab.client.run(
      [
        ...(until === undefined ? [] : ['bash', '-c', HALTING, until]),
        ...['storescu', '--verbose', '--scan-directories', '--scan-pattern', 'image-*.dcm'],
        ...['+tla', '+cf', `/mnt/client/${node}.pem`, '-aet', title, '-aec', 'ORTHWEB'],
        ...['-ta', String(silence), '-td', String(silence), '-ts', String(silence)],
        ...[nameOf(node), '11112', `/mnt/client/${images}`],
      ],
      seconds,
    );
  }

  /** What a path of a node's web answers to a user: a status, and a body. */
  async get(
    node: NodeName,
    path: string,
    user = 'admin',
    password = this.#lab.secrets.users[user] ?? '',
  ): Promise<{ readonly status: number; readonly body: string }> {
    const { stdout } = await this.#lab.client.run([
      ...['curl', '--silent', '--insecure', '--globoff', '--max-time', '10'],
      ...['--write-out', '\n%{http_code}', '--user', `${user}:${password}`],
      `https://${nameOf(node)}${path}`,
    ]);
    const end = stdout.lastIndexOf('\n');
    return { status: Number(stdout.slice(end + 1)), body: stdout.slice(0, end) };
  }

  /** The SHA-256 of each image that the site has, by a node, sorted. */
  async stored(node: NodeName): Promise<readonly string[]> {
    const { body } = await this.get(node, '/orthanc/instances');
    const ids = JSON.parse(body) as readonly string[];
    const back = this.#lab.client.path('back');
    rmSync(back, { recursive: true, force: true });
    await this.#lab.client.run([
      ...['curl', '--silent', '--insecure', '--max-time', '60', '--create-dirs'],
      ...['--output', '/mnt/client/back/#1', '--user', `admin:${this.#lab.secrets.users.admin}`],
      `https://${nameOf(node)}/orthanc/instances/{${ids.join(',')}}/file`,
    ]);
    return ids.map((id) => sha256(readFileSync(`${back}/${id}`))).sort();
  }

  /** How many images the site has, by a node. */
  async count(node: NodeName): Promise<number> {
    const { body } = await this.get(node, '/orthanc/statistics');
    return (JSON.parse(body) as { readonly CountInstances: number }).CountInstances;
  }
}
