import { randomBytes, X509Certificate } from 'node:crypto';
import type { TBSCertificate } from '@peculiar/asn1-x509';
import { expect } from 'vitest';
import { leaf } from '../../../functions/certificate/leaf.ts';
import { readRequest } from '../../../functions/certificate/signing-request.ts';
import { seal } from '../../../functions/certificate/x509.ts';
import type { NodeName } from '../../../simulator/lab/host.ts';
import { nameOf } from '../../../simulator/lab/lab.ts';
import { addressOf } from '../../../simulator/lab/network.ts';
import type { Invocation } from '../../../simulator/lab/ssm-agent.ts';
import { signer, type TestAuthority, testAuthority } from '../../support/authority.ts';
import type { RunningLab } from './running-lab.ts';

/** What `certificate-install` is given. */
export type Installation = Readonly<
  Record<'Generation' | 'Certificate' | 'Authorities' | 'Name', string>
>;

export interface Wishes {
  /** Clients are to trust all, and the first one signs. */
  readonly authorities?: readonly TestAuthority[];
  readonly names?: readonly string[];
  /** When it is issued. */
  readonly now?: Date;
  /** Changes what is signed. */
  readonly change?: (unsigned: TBSCertificate) => void;
}

const base64 = (text: string): string => Buffer.from(text).toString('base64');
export const fingerprintOf = ({ Certificate }: Installation): string =>
  new X509Certificate(Buffer.from(Certificate, 'base64')).fingerprint256;

/** What the certificate workflow does with hosts, step by step: keys are theirs, signatures are real. */
export class Certificates {
  readonly #running: RunningLab;
  readonly authority: TestAuthority;
  /** What Systems Manager keeps of each request and installation. */
  readonly invocations: Invocation[] = [];

  private constructor(running: RunningLab, authority: TestAuthority) {
    this.#running = running;
    this.authority = authority;
  }

  static async of(running: RunningLab): Promise<Certificates> {
    return new Certificates(running, await testAuthority({ site: 'lab' }));
  }

  /** Has a node make a key, and issues a certificate for it. */
  async issue(node: NodeName, wishes: Wishes = {}): Promise<Installation> {
    const invocation = await this.#running.send(node, 'certificate-request');
    this.invocations.push(invocation);
    const { code, json } = invocation;
    expect([code, json]).toEqual([
      0,
      { generation: expect.anything(), request: expect.anything() },
    ]);
    return this.sign(node, String(json.generation), String(json.request), wishes);
  }

  async sign(
    node: NodeName,
    generation: string,
    request: string,
    {
      authorities = [this.authority],
      names = [nameOf(node), addressOf(node)],
      now = new Date(),
      change = () => undefined,
    }: Wishes = {},
  ): Promise<Installation> {
    const [first = this.authority] = authorities;
    const unsigned = leaf({
      publicKey: readRequest(request),
      site: 'lab',
      node,
      names,
      authority: first.certificate,
      now,
      serial: randomBytes(16),
    });
    change(unsigned);
    const certificate = await seal(unsigned, signer(first.kms.privateKey));
    return {
      Generation: generation,
      Certificate: certificate.raw.toString('base64'),
      Authorities: base64(authorities.map(({ listed }) => listed.pem).join('\n')),
      Name: nameOf(node),
    };
  }

  async install(node: NodeName, installation: Installation) {
    const invocation = await this.#running.send(node, 'certificate-install', installation);
    this.invocations.push(invocation);
    return invocation;
  }

  /** Renews a node's certificate, which must succeed. */
  async renew(node: NodeName, wishes: Wishes = {}): Promise<Installation> {
    const installation = await this.issue(node, wishes);
    const { code, json } = await this.install(node, installation);
    expect({ code, json }).toMatchObject({ code: 0, json: { installed: true } });
    return installation;
  }

  /** The pair that a node says it has, and what it shows its clients. */
  async served(node: NodeName) {
    const { json } = await this.#running.send(node, 'probe');
    return json as {
      readonly serves: boolean;
      readonly verdict: string;
      readonly pair: {
        readonly matches: boolean;
        readonly fingerprint: string;
        readonly generation: string;
      };
      readonly web: { readonly fingerprint: string };
      readonly dicom: { readonly fingerprint: string };
      readonly authorities: readonly string[];
    };
  }

  /**
   * Sees that whatever has happened, a node has one whole pair and serves it: one of these, by their
   * fingerprints. And that what was to be installed is installed when it is tried again.
   */
  async isWhole(node: NodeName, fingerprints: readonly string[], again?: Installation) {
    const seen = await this.#serves(node);
    expect(fingerprints).toContain(seen);
    if (again) {
      const { code, json } = await this.install(node, again);
      expect({ code, json }).toMatchObject({ code: 0, json: { installed: true } });
    }
    const renewed = again ?? (await this.renew(node));
    expect(await this.#serves(node)).toBe(fingerprintOf(renewed));
  }

  async #serves(node: NodeName): Promise<string> {
    const seen = await this.served(node);
    const { fingerprint } = seen.pair;
    expect(seen).toMatchObject({
      serves: true,
      pair: { matches: true },
      web: { fingerprint },
      dicom: { fingerprint },
    });
    return fingerprint;
  }
}
