import type { Ended } from './command.ts';
import type { Ground } from './ground.ts';
import type { Network } from './network.ts';

/** A machine that uses the site: a modality, a viewer, a browser. */
export class Client {
  readonly #ground: Ground;

  private constructor(ground: Ground) {
    this.#ground = ground;
  }

  static async start(ground: Ground, network: Network, names: string): Promise<Client> {
    await network.plug('client');
    await ground.do(['sh', '-c', 'cat >/mnt/client/hosts'], { input: names });
    return new Client(ground);
  }

  /** Where a file that it may use lies on this machine; to it the file is in /mnt/client. */
  path(file: string): string {
    return this.#ground.path(`client/${file}`);
  }

  /** Runs a command on it; DICOM's tools wait for ever by themselves, so it ends after some seconds. */
  run(command: readonly string[], seconds = 30): Promise<Ended> {
    return this.#ground.run(
      [
        ...['timeout', '--kill-after=2', String(seconds)],
        ...[
          'unshare',
          '--mount',
          'sh',
          '-c',
          'mount --bind /mnt/client/hosts /etc/hosts && exec "$@"',
        ],
        ...['client', ...command],
      ],
      { network: 'client' },
    );
  }
}
