import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import type { Sight } from '../machines.ts';
import type { NodeName } from './host.ts';
import type { Lab } from './lab.ts';
import { addressOf } from './network.ts';

/**
 * What the lab's client sees of a node: whether both ports take connections, and whether a user who
 * logs in gets an answer from the database, by a certificate that the node's own authority vouches for.
 */
export async function sightOf(lab: Lab, node: NodeName): Promise<Sight> {
  const host = lab[node];
  const authority = host.disk('opt/orthweb/tls/ca.pem');
  const name = host.disk('opt/orthweb/tls/name');
  if (!host.running || !existsSync(authority) || !existsSync(name)) {
    return { serves: false, listens: false };
  }
  const address = addressOf(node);
  const knock = `: </dev/tcp/${address}/443 && : </dev/tcp/${address}/11112`;
  const { code } = await lab.client.run(['timeout', '2', 'bash', '-c', knock]);
  if (code !== 0) return { serves: false, listens: false };
  writeFileSync(lab.client.path(`authority-of-${node}.pem`), readFileSync(authority));
  const [[user, password] = []] = Object.entries(lab.secrets.users);
  // In a file, as no password is to be seen in a list of processes.
  writeFileSync(lab.client.path('login'), `user = "${user}:${password}"\n`, { mode: 0o600 });
  const { stdout } = await lab.client.run([
    ...['curl', '--silent', '--output', '/dev/null', '--write-out', '%{http_code}'],
    ...['--max-time', '5', '--config', '/mnt/client/login', '--noproxy', '*'],
    ...['--cacert', `/mnt/client/authority-of-${node}.pem`, '--connect-to', `::${address}:443`],
    `https://${readFileSync(name, 'utf8').trim()}/orthanc/changes?last`,
  ]);
  return { serves: stdout === '200', listens: true };
}
