import { randomBytes, X509Certificate } from 'node:crypto';
import * as z from 'zod/mini';
import { AuthorityUnavailable, NotAllowed, RequestRefused } from '../shared/errors.ts';
import { readInvocation } from '../shared/host-commands.ts';
import { readInstances } from '../shared/instances.ts';
import { lambda } from '../shared/lambda.ts';
import { signWith } from './authority-key.ts';
import { leaf } from './leaf.ts';
import { lint } from './lint.ts';
import { PROFILE } from './profile.ts';
import { assertStillIs, requestIn } from './request-of-node.ts';
import { Run } from './run.ts';
import { readRequest } from './signing-request.ts';
import { notAfterOf, seal } from './x509.ts';

const Input = z.object({ run: Run });

/** The KMS key of each authority, of those that sign and those that are only published. */
const Authorities = z.array(z.object({ number: z.int(), key: z.string() }));
export const Settings = z.object({
  SITE: z.string(),
  /** The document that has a host make a key and a request. */
  REQUEST_DOCUMENT: z.string(),
  /** JSON: `[{"number":1,"key":"arn:…"}]`. */
  AUTHORITIES: z.pipe(z.pipe(z.string(), z.transform(parseJson)), Authorities),
});

/**
 * Has the authority sign a certificate for the node that the run is at work on. Changes nothing but
 * the count of certificates in the world.
 *
 * The execution's input says which command on which host made the request, and nothing that ends up
 * in the certificate: the request comes from Systems Manager, the names from EC2, the rest is the
 * profile's. Called again, as Step Functions does when an answer is lost, it signs a second
 * certificate for the same key, and only the one in the run is installed: harmless.
 */
export const create = lambda(
  { input: Input, settings: Settings },
  async ({ run }, { settings, clients }): Promise<Run> => {
    const { node } = run.progress;
    const sent = node && run.progress.commands[node];
    if (!node || sent?.kind !== 'certificate-request') {
      throw new NotAllowed('the run has asked no host for a request');
    }
    const { certificate, key } = authorityOf(run, settings.AUTHORITIES);
    const { [node]: instance } = await readInstances(clients.ec2, settings.SITE);
    assertStillIs(node, instance, sent.instanceId);
    const invocation = await readInvocation(clients.ssm, sent.id, sent.instanceId);
    const asked = requestIn(invocation, sent, settings.REQUEST_DOCUMENT);
    const names = [...instance.names];
    const now = new Date();
    const publicKey = readRequest(asked.request);
    const unsigned = leaf({
      publicKey,
      site: settings.SITE,
      node,
      names,
      authority: certificate,
      now,
      serial: randomBytes(PROFILE.serialBytes),
    });
    const signed = await seal(unsigned, (bytes) => signWith(clients.kms, key, bytes));
    // The authority's certificate came with the run. It is the key's own if the key vouches for what
    // it has just signed, and has signed that certificate, too.
    if (![signed, certificate].every((one) => one.verify(certificate.publicKey))) {
      throw new AuthorityUnavailable(
        `the certificate of authority ${run.signer} is not that of the key ${key}`,
      );
    }
    const broken = lint({ leaf: signed.raw, authority: certificate.raw, publicKey, names, now });
    if (broken.length > 0) {
      const rules = broken.map(({ id, says }) => `${id}: ${says}`).join(' ');
      throw new RequestRefused(`the certificate for node ${node} breaks ${rules}`);
    }
    const issued = {
      node,
      generation: asked.generation,
      certificate: signed.raw.toString('base64'),
      fingerprint: signed.fingerprint256,
      notAfter: notAfterOf(signed),
      names,
      authority: certificate.fingerprint256,
    };
    return { ...run, progress: { ...run.progress, issued } };
  },
);

/** The certificate and the key of the authority that is to sign. */
function authorityOf(
  { signer, authorities }: Run,
  keys: z.infer<typeof Authorities>,
): { readonly certificate: X509Certificate; readonly key: string } {
  const published = authorities.find(({ number }) => number === signer);
  const key = keys.find(({ number }) => number === signer)?.key;
  if (!published) throw new AuthorityUnavailable(`authority ${signer} is not published`);
  if (!key) throw new AuthorityUnavailable(`authority ${signer} has no key here`);
  try {
    return { certificate: new X509Certificate(published.pem), key };
  } catch (error) {
    throw new AuthorityUnavailable(`the certificate of authority ${signer} cannot be read`, {
      cause: error,
    });
  }
}

function parseJson(text: string, context: z.core.ParsePayload): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    context.issues.push({ code: 'custom', message: String(error), input: text });
    return z.NEVER;
  }
}
