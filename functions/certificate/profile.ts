/**
 * What every certificate of a site keeps to. The same table, for people:
 * `docs/certificates.md#profile`.
 */
export const PROFILE = {
  /** `O` of every subject. */
  organization: 'Orthweb',
  /** Upper bound of a common name, in characters: RFC 5280, appendix A.1, `ub-common-name`. */
  commonNameLength: 64,
  /** A device's clock may be this far behind ours: both kinds of certificates begin earlier. */
  backdateSeconds: 3600,
  /**
   * Positive and of 128 bits: twice what CA/B asks of chance (Baseline Requirements 7.1), and
   * within the 20 octets of RFC 5280, section 4.1.2.2.
   */
  serialBytes: 16,

  leaf: {
    /** Far below Apple's 825 days, https://support.apple.com/103769; renewed with 30 left. */
    days: 90,
    /**
     * RSA, because DCMTK's older TLS profiles fail with anything else, and ACM imports a leaf only
     * with a key of its authority's kind.
     */
    rsaBits: { least: 2048, most: 4096 },
    /** F4, the only exponent that FIPS 186-5 and ACM leave no question about. */
    exponent: 65537n,
    /** Names and addresses in a certificate, at most: what ACM takes. */
    names: 100,
  },

  authority: {
    /** As long as devices last; signed anew with the same key long before. */
    years: 10,
    /** KMS's name for RSA with 3,072 bits: good beyond 2030 by NIST SP 800-57, part 1, table 2. */
    keySpec: 'RSA_3072',
  },
} as const;
