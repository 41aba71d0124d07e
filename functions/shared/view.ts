/** What a client wants to know of a node. */
export interface Question {
  /** What to connect to: an IP address of the node. */
  readonly address: string;
  /** What the node's certificate is to name: a DNS name, or an IP address where there is none. */
  readonly name: string;
  /** The authorities that clients are to trust, one PEM after another. */
  readonly authorities: string;
  /** Orthanc's AE title, which an association has to call. */
  readonly aeTitle: string;
}

/** What a client sees of one port. */
export interface PortSight {
  /** The port answered with a certificate that the authorities vouch for, in force, for this name. */
  readonly trusted: boolean;
  /** SHA-256 of the certificate shown, `AA:BB:…`; absent where there was none. */
  readonly fingerprint?: string;
  /** When the certificate shown runs out, ISO 8601. */
  readonly notAfter?: string;
  /** What was wrong, in the words of whoever said it; absent where all was well. */
  readonly said?: string;
}

/** What a client sees of a node, on both of its ports. */
export interface Sight {
  /** When it was seen, ISO 8601. */
  readonly at: string;
  /**
   * `status`: what the deep health path answered over HTTPS, from nginx through to the database.
   * `orthanc`: where that was not 200, what the path answered that goes as far as Orthanc alone.
   */
  readonly web: PortSight & { readonly status?: number; readonly orthanc?: number };
  /** `echo`: a C-ECHO over TLS came back as a success; absent where a client needs a certificate. */
  readonly dicom: PortSight & { readonly echo?: boolean };
}

/** What comes of a connection to the database: nobody takes it, or takes it and says nothing. */
export interface DatabaseSight {
  /** When it was seen, ISO 8601. */
  readonly at: string;
  readonly reached: 'reached' | 'refused' | 'silent';
  /** What was wrong, in the words of whoever said it; absent where all was well. */
  readonly said?: string;
}

/** Looks as a client does: TLS, HTTPS, DICOM and PostgreSQL's greeting, no call of AWS, no password. */
export interface View {
  look(question: Question): Promise<Sight>;
  /** Whether the database at this address greets who connects. */
  database(address: string): Promise<DatabaseSight>;
}
