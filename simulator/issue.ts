import { sign, type X509Certificate } from 'node:crypto';
import { leaf } from '../functions/certificate/leaf.ts';
import { notAfterOf, seal } from '../functions/certificate/x509.ts';
import { namesOf } from '../functions/shared/node-names.ts';
import {
  type CertificateRecord,
  itemOf,
  NODES,
  type NodeName,
} from '../functions/shared/operations-table.ts';
import { NotModelled } from './aws-error.ts';
import { certificatesIn } from './host-tls.ts';
import { type RsaKey, rsaKey } from './rsa-key.ts';
import { described } from './services/ec2/ec2.ts';
import type { Site } from './site.ts';
import type { World } from './world.ts';

/** For how many days each node has had its certificate. */
export type Ages = Readonly<Record<NodeName, number>>;

/**
 * Each node of each site has a certificate of its first authority, as if it had been issued so long
 * ago, and looked at just now.
 */
export async function issue(world: World, ages: Ages): Promise<void> {
  for (const site of world.sites) {
    const authorities = authoritiesOf(site);
    const [first] = authorities;
    if (!first) throw new NotModelled(`the site ${site.name} has no authority`);
    for (const node of NODES) await issueFor(site, node, ages[node], { first, authorities });
  }
}

const DAY_MS = 86_400_000;

export interface Authority {
  /** As the configuration counts. */
  readonly number: number;
  readonly key: RsaKey;
  readonly certificate: X509Certificate;
}

/** What a site's certificates are signed by, in the order of its templates. */
export function authoritiesOf({ assembly }: Site): Authority[] {
  return assembly.resources('Custom::CertificateAuthority').map((resource) => {
    const [certificate] = certificatesIn(assembly.names(resource).attributes?.Pem ?? '');
    if (!certificate) throw new NotModelled(`${resource.where} has no certificate`);
    const number = Number(resource.text('Number'));
    return { number, key: rsaKey(resource.text('Key'), 3072), certificate };
  });
}

/** Plays of the same beginning have the same certificates: a signature takes as long as some of them. */
const made = new WeakMap<RsaKey, Map<string, Promise<X509Certificate>>>();

function once(
  key: RsaKey,
  wanted: string,
  make: () => Promise<X509Certificate>,
): Promise<X509Certificate> {
  const ofKey = made.get(key) ?? new Map<string, Promise<X509Certificate>>();
  made.set(key, ofKey);
  const certificate = ofKey.get(wanted) ?? make();
  ofKey.set(wanted, certificate);
  return certificate;
}

async function issueFor(
  site: Site,
  node: NodeName,
  age: number,
  { first, authorities }: { readonly first: Authority; readonly authorities: readonly Authority[] },
): Promise<void> {
  const instance = site.node(node);
  if (!instance) return;
  const { clock, dynamodb } = site.world;
  const now = new Date(clock.now - age * DAY_MS);
  const names = namesOf(described(instance));
  const chance = site.chance(`certificate of node ${node}`);
  const key = instance.host.nextKey();
  const wanted = { site: site.name, node, names, now, serial: chance.identifier(32) };
  const certificate = await once(
    key,
    `${JSON.stringify(wanted)} ${first.certificate.raw.toString('base64')}`,
    () => {
      const serial = Buffer.from(wanted.serial, 'hex');
      const authority = first.certificate;
      const unsigned = leaf({ ...wanted, serial, authority, publicKey: key.publicKey });
      return seal(unsigned, async (bytes) => sign('sha256', bytes, first.key.privateKey));
    },
  );
  instance.host.adopt({
    id: `${now.toISOString().slice(0, 19).replace(/[-:]/g, '')}Z-${chance.identifier(8)}`,
    key,
    certificate,
    authorities: authorities.map((one) => one.certificate),
    name: names[0] ?? '',
  });
  const at = now.toISOString();
  const record: CertificateRecord = {
    checkedAt: new Date(clock.now).toISOString(),
    served: {
      fingerprint: certificate.fingerprint256,
      notAfter: notAfterOf(certificate),
      names,
    },
    renewedAt: at,
    issued: { fingerprint: certificate.fingerprint256, authority: first.number },
    published: Object.fromEntries(authorities.map(({ number }) => [number, at])),
  };
  dynamodb.write(site, itemOf(`CERTIFICATE#${node}`, 1, record));
}
