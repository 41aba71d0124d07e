import { X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import type { ScriptResult } from './host.ts';
import { interimOf, requestOf } from './host-certificates.ts';
import type { Chance } from './random.ts';
import { type RsaKey, rsaKey } from './rsa-key.ts';

/** A folder of key, certificate, authorities and name, as nginx serves them together. */
export interface Generation {
  /** `20261130T170004Z-1f2e3d4c`, or `interim`. */
  readonly id: string;
  /** Absent where it has never left a machine. */
  readonly key: RsaKey | undefined;
  readonly certificate: X509Certificate;
  /** Whom the host publishes as trusted. */
  readonly authorities: readonly X509Certificate[];
  /** What clients are to call the node. */
  readonly name: string;
}

/** What a host has and serves. */
export interface Served {
  /** What the link `live` points to. */
  readonly live: Generation | undefined;
  /** What was live before, as far as the model remembers it. */
  readonly former?: Generation | undefined;
  /** What nginx took up at its last start or reload, per port: 443 and 11112. */
  readonly web: Generation | undefined;
  readonly dicom: Generation | undefined;
}

/** A drained host has no nginx on purpose: it takes up what is live when the drain ends. */
export type Nginx = 'runs' | 'drained' | 'down';

/** What a script of certificates does, in its order; `until` says when, as parts of its time. */
export interface Course {
  readonly steps: readonly { readonly at: number; readonly act: () => void }[];
  /** What it says at its end. */
  readonly end: () => ScriptResult;
}

/** Keys that hosts of one process take in turn: making one takes too long. */
const POOL = 4;
const HOUR_MS = 3_600_000;

/** The pairs on a host: `/opt/orthweb/tls`, and what nginx has read of it. */
export class HostTls implements Served {
  private readonly node: string;
  private readonly site: string;
  private readonly now: () => number;
  /** Keys without a certificate yet, by generation. */
  private readonly requests = new Map<string, RsaKey>();
  private keys = 0;
  live: Generation | undefined;
  former: Generation | undefined;
  web: Generation | undefined;
  dicom: Generation | undefined;

  constructor(site: string, node: string, now: () => number) {
    this.site = site;
    this.node = node;
    this.now = now;
  }

  /** The first boot makes an interim pair. */
  begin(chance: Chance): void {
    if (this.live) return;
    const key = this.nextKey();
    const name = `orthweb-${this.node}`;
    const serial = Buffer.from(chance.identifier(32), 'hex');
    const der = once(`${this.site} ${name} ${this.now()} ${serial.toString('hex')}`, () =>
      interimOf(key, name, new Date(this.now()), serial),
    );
    const certificate = new X509Certificate(der);
    this.live = { id: 'interim', key, certificate, authorities: [certificate], name };
  }

  /** A certificate has been issued for a key of this host, if a boot has come as far as making one. */
  adopt(issued: Generation): void {
    if (!this.live) return;
    this.former = this.live;
    this.live = issued;
    this.restart();
  }

  /** nginx starts, or reloads: it serves what is live. */
  restart(): void {
    this.web = this.live;
    this.dicom = this.live;
  }

  /** Clients that trust what the host publishes, and know it by the name that it gives itself, come in. */
  get isTrusted(): boolean {
    const { live } = this;
    return live !== undefined && complaint(live.certificate, live, this.now()) === undefined;
  }

  request(chance: Chance): Course {
    const generation = `${new Date(this.now()).toISOString().slice(0, 19).replace(/[-:]/g, '')}Z-${chance.identifier(8)}`;
    return {
      steps: [],
      end: () => {
        // Earlier requests that came to nothing are removed.
        this.requests.clear();
        const key = this.nextKey();
        this.requests.set(generation, key);
        const request = requestOf(key, `orthweb-${this.node}`).toString('base64');
        return said(true, { generation, request });
      },
    };
  }

  install(parameters: Readonly<Record<string, string>>, nginx: Nginx, seconds: number): Course {
    const { Generation: id = '' } = parameters;
    const listens = nginx === 'runs';
    const refused = (phase: string, reason: string): Course => ({
      steps: [],
      end: () => said(false, { installed: false, phase, restored: null, reason }),
    });
    if (nginx === 'down') return refused('preflight', 'not now: nginx does not run (exited)');
    const repeated = this.live?.id === id ? this.live : undefined;
    const key = repeated?.key ?? this.requests.get(id);
    if (!key) return refused('preflight', 'the key of this generation is not on this host');
    if (!this.live) return refused('preflight', 'no pair is live on this host');
    const next = unpacked(id, key, parameters);
    if (!next) return refused('lint', 'the certificate or its authorities cannot be read');
    const { certificate } = next;
    const wrong = complaint(certificate, next, this.now());
    if (wrong) return refused('lint', `clients would refuse it: ${wrong}`);
    if (complaint(certificate, next, this.now() + HOUR_MS)) {
      return refused('lint', 'clients would refuse it within the hour');
    }
    if (!certificate.checkPrivateKey(key.privateKey)) {
      return refused('lint', 'the key: it was issued for another key');
    }
    if (repeated && contentOf(next) !== contentOf(repeated)) {
      return refused(
        'preflight',
        'this is no repetition: this generation is live with other values',
      );
    }
    const switched = () => {
      if (!repeated) this.former = this.live;
      this.live = next;
    };
    return {
      steps: [
        { at: 0.5, act: switched },
        // A drained host has no nginx, which takes what is live when it starts.
        ...(listens ? this.reload(0.7) : []),
      ],
      end: () => {
        this.requests.delete(id);
        const { fingerprint256: fingerprint } = certificate;
        const drained = listens ? {} : { drained: true };
        return said(true, { installed: true, generation: id, fingerprint, seconds, ...drained });
      },
    };
  }

  rollback({ Generation: id = '' }: Readonly<Record<string, string>>, nginx: Nginx): Course {
    const { former, live } = this;
    const listens = nginx === 'runs';
    const dark = (generation: string): ScriptResult => {
      const reason = `${generation} is live again, and nginx does not serve it: it does not start`;
      return said(false, { restored: false, generation, reason });
    };
    if (live?.id !== id) {
      return {
        steps: listens ? this.reload(0.7) : [],
        end: () =>
          nginx === 'down'
            ? dark(live?.id ?? '')
            : said(true, { restored: false, generation: live?.id ?? '' }),
      };
    }
    if (!former) {
      const reason = 'There is no former pair on this host to go back to.';
      return {
        steps: [],
        end: () => said(false, { restored: false, generation: id, reason }),
      };
    }
    const back = () => {
      this.live = former;
      this.former = undefined;
      if (live.key) this.requests.set(id, live.key);
    };
    return {
      steps: [{ at: 0.5, act: back }, ...(listens ? this.reload(0.7) : [])],
      end: () =>
        nginx === 'down' ? dark(former.id) : said(true, { restored: true, generation: former.id }),
    };
  }

  /** A machine that stands for the host has run this script, and it went well. */
  follow(script: string, parameters: Readonly<Record<string, string>>): void {
    const { Generation: id = '' } = parameters;
    const { former, live } = this;
    if (script === 'certificate-install' && live?.id !== id) {
      this.former = live;
      this.live = unpacked(id, undefined, parameters);
    }
    if (script === 'certificate-rollback' && live?.id === id) {
      this.live = former;
      this.former = undefined;
    }
    this.restart();
  }

  /** Workers of before the reload take clients for some moments still, at either port. */
  private reload(at: number): Course['steps'] {
    return [
      {
        at,
        act: () => {
          this.web = this.live;
        },
      },
      {
        at: at + 0.1,
        act: () => {
          this.dicom = this.live;
        },
      },
    ];
  }

  nextKey(): RsaKey {
    return rsaKey(`host of ${this.site} ${this.node} ${this.keys++ % POOL}`, 2048);
  }
}

/** All that clients are given, beside the key. */
const contentOf = ({ certificate, authorities, name }: Generation): string =>
  [name, ...[certificate, ...authorities].map((one) => one.fingerprint256)].join(' ');

const said = (ok: boolean, line: object): ScriptResult => ({ ok, output: JSON.stringify(line) });

const interims = new Map<string, Buffer>();

/** Plays from the same instant make the same pair. */
function once(name: string, make: () => Buffer): Buffer {
  const known = interims.get(name) ?? make();
  interims.set(name, known);
  return known;
}

function unpacked(
  id: string,
  key: RsaKey | undefined,
  { Certificate = '', Authorities = '', Name = '' }: Readonly<Record<string, string>>,
): Generation | undefined {
  try {
    const certificate = new X509Certificate(Buffer.from(Certificate, 'base64'));
    const authorities = certificatesIn(Buffer.from(Authorities, 'base64').toString());
    return { id, key, certificate, authorities, name: Name };
  } catch {
    return undefined;
  }
}

/** Each certificate in a PEM; throws on one that cannot be read. */
export const certificatesIn = (pem: string): X509Certificate[] =>
  (pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? []).map(
    (one) => new X509Certificate(one),
  );

/**
 * Why a client refuses a certificate at an instant (epoch milliseconds), in the words of Node.js;
 * undefined where it does not.
 * https://nodejs.org/api/tls.html#x509-certificate-error-codes
 */
export function complaint(
  certificate: X509Certificate,
  { authorities, name }: Pick<Generation, 'authorities' | 'name'>,
  at: number,
): string | undefined {
  const issuer = authorities.find((one) => vouches(one, certificate));
  if (!issuer) {
    return certificate.issuer === certificate.subject
      ? 'self-signed certificate'
      : 'unable to verify the first certificate';
  }
  for (const one of new Set([certificate, issuer])) {
    const { from, to } = span(one);
    if (at < from) return 'certificate is not yet valid';
    if (at > to) return 'certificate has expired';
  }
  const isNamed = isIP(name) ? certificate.checkIP(name) : certificate.checkHost(name);
  return isNamed === undefined
    ? `Hostname/IP does not match certificate's altnames: ${name} is not in the cert's list`
    : undefined;
}

const vouched = new WeakMap<X509Certificate, WeakMap<X509Certificate, boolean>>();

/** Whether one is signed by the other: asked again at each look, and always the same. */
function vouches(issuer: X509Certificate, certificate: X509Certificate): boolean {
  const known = vouched.get(certificate) ?? new WeakMap<X509Certificate, boolean>();
  vouched.set(certificate, known);
  const before = known.get(issuer);
  if (before !== undefined) return before;
  // One that is trusted by itself needs no right to vouch for others.
  const is = issuer.fingerprint256 === certificate.fingerprint256;
  const does = is || (certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey));
  known.set(issuer, does);
  return does;
}

const spans = new WeakMap<X509Certificate, { readonly from: number; readonly to: number }>();

function span(certificate: X509Certificate) {
  const known = spans.get(certificate) ?? {
    from: Date.parse(certificate.validFrom),
    to: Date.parse(certificate.validTo),
  };
  spans.set(certificate, known);
  return known;
}

/** When a certificate begins to be valid, epoch milliseconds. */
export const startOf = (certificate: X509Certificate): number => span(certificate).from;

/** When a certificate runs out, epoch milliseconds. */
export const endOf = (certificate: X509Certificate): number => span(certificate).to;

/** What a certificate names, as OpenSSL lists it. */
export const namesIn = ({ subjectAltName = '' }: X509Certificate): string[] =>
  subjectAltName.split(', ').map((name) => name.replace(/^(DNS|IP Address):/, ''));
