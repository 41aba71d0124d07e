import { X509Certificate } from 'node:crypto';
import { InvalidSettings } from '../shared/errors.ts';
import type { Authority } from './run.ts';

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/**
 * The site's authorities from the text that it publishes, with their numbers in the same order.
 *
 * Throws `InvalidSettings` where the two do not go together: a deployment was cut off.
 */
export function authoritiesIn(text: string, numbers: readonly number[]): Authority[] {
  const found = text.match(CERTIFICATE) ?? [];
  if (found.length === 0 || found.length !== numbers.length) {
    throw new InvalidSettings(
      `the parameter of the authorities holds ${found.length} certificates and the configuration ` +
        `has ${numbers.length}: deploy the site again`,
    );
  }
  return found.map((pem, index) => {
    const { fingerprint256, validTo } = new X509Certificate(pem);
    const notAfter = new Date(validTo).toISOString();
    return { number: numbers[index] ?? 0, fingerprint: fingerprint256, notAfter, pem: `${pem}\n` };
  });
}
