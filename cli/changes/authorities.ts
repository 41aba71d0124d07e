import { type Change, pathOf, type Resource, type Template } from './change.ts';
import type { Finding } from './finding.ts';

/** Who vouches for the nodes, as a template has it. */
interface Authority {
  readonly number: string;
  /** The day of its certificate; undefined for that of its key's birth. */
  readonly signed: string | undefined;
  /** The logical id of its key. */
  readonly key: string;
}

const REMEDY = {
  production:
    'A deployment never takes the key of an authority away from a production site: take the ' +
    'change back.',
  other:
    'Take the change back. To have every device told of another key, run npm run deploy -- ' +
    '--accept-data-loss.',
};

/** What devices notice of another list of authorities; nothing else makes them trust a node. */
export function authorityFindings(
  changes: readonly Change[],
  before: Template,
  after: Template,
  production: boolean,
): Finding[] {
  const [was, is] = [authoritiesOf(before), authoritiesOf(after)];
  const among = (all: readonly Authority[], { number }: Authority) =>
    all.find((one) => one.number === number);
  const about = ({ number }: Authority) => aboutOf(changes, number);
  return [
    ...signerFindings(was, is),
    ...is.flatMap((next): Finding[] => {
      const old = among(was, next);
      if (old) return stayingFindings(old, next, changes, production);
      const text =
        was.length === 0
          ? `authority ${next.number}: is new. Its certificate is what devices are to trust.`
          : `authority ${next.number}: is new. Have each device trust it before it signs.`;
      return [{ text, effect: 'note', about: about(next) }];
    }),
    ...was
      .filter((old) => !among(is, old))
      .map((old): Finding => {
        const rest = before.Resources?.[old.key]?.DeletionPolicy?.startsWith('Retain')
          ? 'Its key is kept, and is no longer part of the site.'
          : 'AWS deletes its key after 30 days, and then it can never sign again.';
        const text = `authority ${old.number}: leaves. Devices that trust no other refuse both nodes. ${rest}`;
        return { text, effect: 'interrupts', about: about(old) };
      }),
  ];
}

/** Whether a resource is the key of an authority: what it does not encrypt is not lost with it. */
export const signs = (resource: Resource | undefined): boolean =>
  resource?.Properties?.KeyUsage === 'SIGN_VERIFY';

function signerFindings([former, ...others]: readonly Authority[], is: readonly Authority[]) {
  const [signer] = is;
  if (!former || !signer || former.number === signer.number) return [];
  const { number } = signer;
  if (others.some((one) => one.number === number)) {
    const text =
      `authority ${number}: signs, as soon as both nodes have published it for 180 days or a ` +
      `renewal is forced. From then on devices that trust authority ${former.number} alone refuse ` +
      'both nodes.';
    return [{ text, effect: 'interrupts' as const, about: [] }];
  }
  const text = `authority ${number}: WOULD SIGN BEFORE ANY DEVICE CAN TRUST IT.`;
  const remedy =
    `Write [{ number: ${former.number} }, { number: ${number} }] in certificate.authorities and ` +
    `deploy. Once each device trusts authority ${number}, write it first.`;
  return [{ text, effect: 'refused' as const, remedy, about: [] }];
}

function stayingFindings(
  old: Authority,
  next: Authority,
  changes: readonly Change[],
  production: boolean,
): Finding[] {
  const about = aboutOf(changes, next.number);
  // Its kind and its use cannot change: CloudFormation refuses that, whatever the policy.
  // https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-kms-key.html
  if (old.key !== next.key) {
    const text = `authority ${next.number}: GETS ANOTHER KEY. Every device refuses both nodes until it is told of it.`;
    const remedy = production ? REMEDY.production : REMEDY.other;
    return [{ text, effect: 'loses data', remedy, about }];
  }
  if (old.signed === next.signed) return [];
  const text = `authority ${next.number}: is signed anew with the same key. Devices that trust it go on trusting it.`;
  return [{ text, effect: 'note', about }];
}

/** In the order in which they are published: the first signs. */
function authoritiesOf({ Resources = {} }: Template): Authority[] {
  const parameter = Object.values(Resources).find((one) => pathOf(one) === 'Authority/Parameter');
  return referencesIn(parameter?.Properties?.Value).map((id) => {
    const { Number: number, Signed: signed, Key: key } = Resources[id]?.Properties ?? {};
    return { number: String(number), signed, key: referencesIn(key)[0] ?? '' };
  });
}

const referencesIn = (value: unknown): string[] =>
  Array.from(JSON.stringify(value ?? '').matchAll(/"Fn::GetAtt":\["(\w+)"/g), ([, id = '']) => id);

/** What belongs to an authority, and the parameter that publishes all. */
const aboutOf = (changes: readonly Change[], number: string): string[] =>
  changes
    .filter(({ before, after }) =>
      new RegExp(`^Authority/((Key|Certificate)${number}(/|$)|Parameter$)`).test(
        pathOf(before ?? after) ?? '',
      ),
    )
    .map(({ id }) => id);
