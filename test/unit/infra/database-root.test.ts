import { X509Certificate } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { DATABASE_REGIONS, databaseRoot } from '../../../infra/database-root.ts';

const DECADE = 10 * 365.25 * 86_400_000;

describe('the root of a region’s databases', () => {
  it.each(['ca-central-1', 'us-east-1', 'ap-southeast-2', 'eu-central-1'])(
    'is RDS’s own for %s, and no other region’s or authority’s',
    (region) => {
      const { subject } = new X509Certificate(databaseRoot(region) ?? '');

      expect(subject.split('\n')).toContain(`CN=Amazon RDS ${region} Root CA RSA2048 G1`);
      expect(subject.split('\n')).toContain('O=Amazon Web Services\\, Inc.');
    },
  );

  it.each(DATABASE_REGIONS)('signs itself and others for more than ten years, in %s', (region) => {
    const root = new X509Certificate(databaseRoot(region) ?? '');

    expect(root.ca).toBe(true);
    expect(root.issuer).toBe(root.subject);
    expect(root.verify(root.publicKey)).toBe(true);
    expect(root.publicKey.asymmetricKeyDetails?.modulusLength).toBe(2048);
    expect(root.validToDate.getTime() - Date.now()).toBeGreaterThan(DECADE);
  });

  it.each(['ca-central-9', 'ca-central', '', 'Preview us-east-2', 'Beta us-east-1'])(
    'is not there for "%s"',
    (region) => {
      expect(databaseRoot(region)).toBeUndefined();
      expect(DATABASE_REGIONS).not.toContain(region);
    },
  );
});
