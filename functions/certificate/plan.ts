import { CLOCKS, secondsBetween } from '../shared/clocks.ts';
import { unnamed } from '../shared/node-names.ts';
import type { CertificateRecord } from '../shared/operations-table.ts';
import type { Authority, Inspection, Progress } from './run.ts';

type Sight = NonNullable<Progress['seen']['a']>;

/** What a node is like, as far as its certificate goes. */
export interface Condition {
  /** What its own probe said; absent where its agent does not answer. */
  readonly inspection: Inspection | undefined;
  /** What a client sees. */
  readonly sight: Sight | undefined;
  readonly record: CertificateRecord | undefined;
  /** All that it is called now; the first is what clients are to use. */
  readonly names: readonly string[];
}

export interface Need {
  readonly due: boolean;
  /** What clients can verify is lost, or soon will be: worth a renewal whatever the peer does. */
  readonly urgent: boolean;
  readonly reason: string;
}

export interface Rules {
  /** Of the site, the one that signs first. */
  readonly authorities: readonly Authority[];
  /** The number of the one that is to sign now. */
  readonly signer: number | undefined;
  readonly force: boolean;
  readonly now: Date;
}

/** Whether a node is to have a new certificate, and why; the gravest reason counts. */
export function needOf(node: Condition, rules: Rules): Need {
  const { inspection, sight, names } = node;
  const due = (reason: string): Need => ({ due: true, urgent: false, reason });
  const urgent = (reason: string): Need => ({ due: true, urgent: true, reason });
  const expiry = expiryOf(node);
  const left = expiry === undefined ? undefined : -secondsBetween(expiry, rules.now);
  const refused = refusal(sight);

  if (inspection && !inspection.pair) return urgent('key and certificate do not fit on the host');
  if (left !== undefined && left <= 0) return urgent('it has run out');
  const missing = inspection?.pair ? unnamed(names, inspection.pair.names) : [];
  const [first = ''] = names;
  if (missing.includes(first)) return urgent(`it does not name ${first}`);
  if (refused) return urgent(`clients refuse it: ${refused}`);
  if (inspection && isDark(inspection) && !trusts(sight)) {
    return urgent('nginx shows clients no certificate');
  }
  if (left !== undefined && left < CLOCKS.certificateUrgent) {
    return urgent(`${Math.floor(left / 3600)} hours are left`);
  }
  if (missing.length > 0) return due(`it does not name ${missing[0]}`);
  if (inspection && !isServed(inspection)) return due('nginx does not serve what is live');
  if (left !== undefined && left <= CLOCKS.certificateRenewal) return due(daysLeft(left));
  if (inspection && !publishes(inspection, rules.authorities)) {
    return due('the host does not publish the authorities that clients are to trust');
  }
  const { issued } = node.record ?? {};
  const live = inspection?.pair?.fingerprint;
  if (issued && rules.signer && issued.fingerprint === live && issued.authority !== rules.signer) {
    return due('another authority signs from now on');
  }
  if (rules.force) return due('somebody has asked for it');
  const known = left === undefined ? 'not seen' : daysLeft(left);
  const reason = isDoubted(inspection)
    ? `${known}, and yet its host says: ${inspection?.reason ?? inspection?.verdict}`
    : known;
  return { due: false, urgent: false, reason };
}

/**
 * The host's own probe says that clients cannot use its certificate. Where nothing is due all the
 * same, another certificate would not mend it: its clock may be wrong.
 */
export const isDoubted = (inspection: Inspection | undefined): boolean =>
  inspection?.verdict.startsWith('certificate-') === true;

const daysLeft = (seconds: number): string => {
  const days = Math.floor(seconds / 86_400);
  return days === 1 ? '1 day is left' : `${days} days are left`;
};

/** When what the node serves runs out: as its host says, or else as a client sees it. */
export const expiryOf = ({ inspection, sight, record }: Condition): string | undefined =>
  // A host that does not say it says nothing.
  inspection?.pair?.notAfter ||
  sight?.web.notAfter ||
  sight?.dicom.notAfter ||
  record?.served?.notAfter ||
  undefined;

/** Why clients do not trust a certificate that they are shown; no answer is no refusal. */
function refusal(sight: Sight | undefined): string | undefined {
  const ports = [sight?.web, sight?.dicom];
  const refused = ports.find((port) => port?.fingerprint !== undefined && !port.trusted);
  return refused && (refused.said ?? 'not trusted');
}

/** On each port that shows a certificate it is the one that is live on the host. */
const isServed = ({ pair, web, dicom }: Inspection): boolean =>
  [web, dicom].every((shown) => !shown || shown === pair?.fingerprint);

/** A port of the host answers, and shows no certificate. */
const isDark = ({ web, dicom }: Inspection): boolean => web === '' || dicom === '';

const trusts = (sight: Sight | undefined): boolean =>
  sight?.web.trusted === true && sight.dicom.trusted;

const publishes = (inspection: Inspection, authorities: readonly Authority[]): boolean =>
  inspection.authorities.length === authorities.length &&
  authorities.every(({ fingerprint }) => inspection.authorities.includes(fingerprint));

/**
 * The authority that is to sign now: the first of the list that clients have had time to take up.
 *
 * One whose key has signed for no host yet is published by both hosts for 180 days before it signs,
 * because a client that does not know it refuses the node. `force` says that the clients know it,
 * and one that both hosts publish signs then; where no other is left, because its key is lost, any. A
 * site that has issued nothing yet has no clients to think of.
 */
export function signerOf(
  authorities: readonly Authority[],
  records: readonly (CertificateRecord | undefined)[],
  force: boolean,
  now: Date,
): { readonly authority?: Authority; readonly reason: string } {
  const [first] = authorities;
  if (!first) return { reason: 'the site has no authority: deploy it again' };
  const issuers = new Set(records.flatMap((record) => record?.issued?.authority ?? []));
  if (issuers.size === 0) return { authority: first, reason: 'nothing has been issued yet' };
  for (const authority of authorities) {
    if (isKnown(authority)) return { authority, reason: `authority ${authority.number} signs` };
  }
  if (force) return { authority: first, reason: 'no other is left, and somebody asks for it' };
  return {
    reason:
      `authority ${first.number} has not been published by both hosts for 180 days, and clients ` +
      'would refuse what it signs: docs/certificates.md#a-new-key',
  };

  function isKnown({ number }: Authority): boolean {
    if (issuers.has(number)) return true;
    const since = records.map((record) => record?.published[number]);
    return since.every(
      (one) => one !== undefined && (force || secondsBetween(one, now) >= CLOCKS.authorityOverlap),
    );
  }
}
