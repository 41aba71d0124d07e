import { X509Certificate } from 'node:crypto';
import { z } from 'zod';
import type { Problem } from '../../functions/power/schedule-input.ts';
import { type Clients, isOpen } from './clients.ts';
import { distinct } from './distinct.ts';

/** DICOM allows spaces and more; what is refused here would need quoting on its way to Orthanc. */
const AE_TITLE = /^[A-Za-z0-9_.-]{1,16}$/;

const REMEDY_OF_TITLE = 'Write 1 to 16 letters, digits, underscores, hyphens and dots.';

export const dicom = z
  .strictObject({
    aeTitle: z
      .string()
      .regex(AE_TITLE, `is no AE title that can be used here. ${REMEDY_OF_TITLE}`)
      .describe('The AE title by which devices call this site, on both nodes, such as "ORTHWEB".')
      .default('ORTHWEB'),
    modalities: z
      .record(
        z.string(),
        z
          .array(z.enum(['store', 'find', 'get']))
          .refine(
            ({ length }) => length > 0,
            'may do nothing. Write what it may do, or leave it out.',
          )
          .refine(distinct, 'names one twice. Write each once.')
          .describe(
            'Write a list of what the device may do, such as ["store"] or ["find", "get"].',
          ),
      )
      .check(({ value: modalities, issues }) => {
        for (const [index, [title, may]] of Object.entries(modalities).entries()) {
          const message = refusalOfTitle(title, Object.keys(modalities).slice(0, index));
          if (message !== undefined) {
            issues.push({ code: 'custom', message, input: may, path: [title] });
          }
        }
      })
      .describe(
        'The devices that may do something over DICOM, each by its AE title with a list of what ' +
          'it may: "store" to send images, "find" to search, "get" to fetch, such as ' +
          '{ CT1: ["store"], READER: ["find", "get"] }. By default nobody may do anything.',
      )
      .default({}),
    clientCertificates: z
      .enum(['required', 'optional', 'off'])
      .describe(
        'Whether devices prove who they are by a certificate of clientAuthority. "required" turns ' +
          'away a device without one, "optional" only one with a wrong one. With "off" an AE title ' +
          'is all that is asked, and anyone in the ranges of clients.dicom can claim one.',
      )
      .default('off'),
    clientAuthority: z
      .string()
      .check(({ value, issues }) => {
        const message = refusalOfAuthority(value, new Date());
        if (message !== undefined) issues.push({ code: 'custom', message, input: value });
      })
      .describe(
        'The certificates of the authorities whose devices are let in, as PEM text, such as ' +
          "readFileSync('devices-ca.pem', 'utf8').",
      )
      .optional(),
  })
  .describe(
    'A group of which devices speak DICOM with this site: aeTitle, modalities, ' +
      'clientCertificates and clientAuthority.',
  )
  .prefault({});

type Dicom = z.output<typeof dicom>;

/** Orthanc tells no AE titles apart by their capitals. */
const same = (one: string, other: string): boolean => one.toLowerCase() === other.toLowerCase();

function refusalOfTitle(title: string, earlier: readonly string[]): string | undefined {
  if (!AE_TITLE.test(title)) {
    return `is given to a name that is no AE title that can be used here. ${REMEDY_OF_TITLE}`;
  }
  const twin = earlier.find((other) => same(other, title));
  return twin && `is given to the same device as ${twin}, capitals apart. Write one of them.`;
}

const CERTIFICATE = /-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----/gs;

/** Why a text is no list of authorities; undefined if it is one. */
function refusalOfAuthority(pem: string, now: Date): string | undefined {
  if (pem.includes('PRIVATE KEY')) {
    return (
      'must never be here: it would be uploaded, and whoever has it can be any device. Write the ' +
      'certificate alone, and replace the key if others have seen it.'
    );
  }
  const certificates = pem.match(CERTIFICATE) ?? [];
  if (certificates.length === 0) {
    return "has no certificate. Write PEM text, such as readFileSync('devices-ca.pem', 'utf8').";
  }
  if (pem.replace(CERTIFICATE, '').trim() !== '') {
    return (
      'has more than certificates in it. Keep only what stands from each BEGIN CERTIFICATE to its ' +
      'END CERTIFICATE.'
    );
  }
  for (const [index, text] of certificates.entries()) {
    const refusal = refusalOfCertificate(text, now);
    if (refusal !== undefined) return `cannot be used: certificate ${index + 1} ${refusal}`;
  }
  return undefined;
}

function refusalOfCertificate(text: string, now: Date): string | undefined {
  const certificate = read(text);
  if (certificate === undefined) return 'cannot be read. Copy it again, whole.';
  const name = certificate.subject.replaceAll('\n', ', ');
  if (!certificate.ca) {
    return (
      `is that of a device (${name}), not of an authority. Write the certificate of the ` +
      'authority that issued it.'
    );
  }
  const end = new Date(certificate.validTo);
  if (end > now) return undefined;
  return `(${name}) ran out on ${end.toISOString().slice(0, 10)}. Write the present one.`;
}

function read(text: string): X509Certificate | undefined {
  try {
    return new X509Certificate(text);
  } catch {
    return undefined;
  }
}

/** What is wrong with the devices, given who may connect. */
export function dicomProblems(dicom: Dicom, clients: Clients): Problem[] {
  return [...ownTitleProblems(dicom), ...certificateProblems(dicom, clients)];
}

function ownTitleProblems({ aeTitle, modalities }: Dicom): Problem[] {
  return Object.entries(modalities)
    .filter(([title]) => same(title, aeTitle))
    .map(([title, may]) => ({
      field: `dicom.modalities.${title}`,
      value: JSON.stringify(may),
      remedy: `is given to the site itself, whose dicom.aeTitle is "${aeTitle}". Write the AE title of a device.`,
    }));
}

function certificateProblems(
  { clientCertificates, clientAuthority }: Dicom,
  { dicom: ranges }: Clients,
): Problem[] {
  const problems: Problem[] = [];
  const open = ranges.find(isOpen);
  if (clientCertificates !== 'required' && open !== undefined) {
    problems.push({
      field: 'dicom.clientCertificates',
      value: `"${clientCertificates}"`,
      remedy:
        `lets anyone in ${open} of clients.dicom claim the AE title of a device. Write ` +
        '"required", or the ranges of your devices in clients.dicom.',
    });
  }
  if (clientCertificates !== 'off' && clientAuthority === undefined) {
    problems.push({
      field: 'dicom.clientAuthority',
      value: 'nothing',
      remedy:
        `is given, and dicom.clientCertificates is "${clientCertificates}". Write whose ` +
        "certificates count, such as readFileSync('devices-ca.pem', 'utf8').",
    });
  }
  if (clientCertificates === 'off' && clientAuthority !== undefined) {
    problems.push({
      field: 'dicom.clientAuthority',
      value: 'an authority',
      remedy:
        'has no effect while dicom.clientCertificates is "off". Write "required" or "optional" ' +
        'there, or leave this out.',
    });
  }
  return problems;
}
