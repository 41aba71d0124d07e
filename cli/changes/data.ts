import { signs } from './authorities.ts';
import { type Change, pathOf, type Resource, same, type Template } from './change.ts';
import { type Finding, listed, withReason } from './finding.ts';
import { lifecycleFindings } from './lifecycle.ts';
import { nameFindings } from './names.ts';

interface Kind {
  /** What the operator calls the only one of its kind, or one of several. */
  readonly noun: string;
  readonly replaced: string;
  readonly lost: string;
}

const EMPTY = 'REPLACED BY AN EMPTY ONE';

/** What holds data, or without which data cannot be read. */
const KINDS: Readonly<Record<string, Kind>> = {
  'AWS::RDS::DBInstance': { noun: 'database', replaced: EMPTY, lost: 'Its data is lost.' },
  'AWS::DynamoDB::Table': { noun: 'operations table', replaced: EMPTY, lost: 'Its data is lost.' },
  'AWS::S3::Bucket': {
    noun: 'bucket',
    replaced: EMPTY,
    // S3 deletes no bucket that holds something; the deployment then leaves it behind.
    lost: 'The old one is deleted if it is empty, and is no longer part of the site if it is not.',
  },
  'AWS::KMS::Key': {
    noun: 'key',
    replaced: 'REPLACED BY ANOTHER ONE',
    lost: 'What the old one encrypts can never be read again once AWS has deleted it.',
  },
  'AWS::SecretsManager::Secret': {
    noun: 'secret',
    replaced: 'REPLACED BY ANOTHER ONE',
    lost: 'The old password is lost.',
  },
};

/** Names of what has several of its kind, by construct path. */
const NAMES: Readonly<Record<string, string>> = {
  'Storage/Data': 'bucket of images',
  'Storage/Logs': 'bucket of logs',
};

const REMEDY = {
  production:
    'A deployment never takes data away from a production site: take the change back. A site ' +
    'that must differ so much is a new one, under another name.',
  other: 'Take the change back. To lose the data, run npm run deploy -- --accept-data-loss.',
};

/** What happens to what the site remembers. */
export function dataFindings(changes: readonly Change[], production: boolean): Finding[] {
  const remedy = production ? REMEDY.production : REMEDY.other;
  const ours = changes.filter(({ type }) => KINDS[type]);
  const refused = nameFindings(ours, nameOf);
  const told = new Set(refused.flatMap(({ about }) => about));
  // What becomes of the key of an authority is told in the words of authorities.ts.
  const others = ours.filter(({ id, before, after }) => !told.has(id) && !signs(before ?? after));
  return [
    ...refused,
    ...others.flatMap((one) => fateFindings(one, others, remedy)),
    ...ours.flatMap((change) => secretFindings(change, remedy)),
    ...ours.flatMap((change) => lifecycleFindings(change, nameOf(change), remedy)),
    ...protectionFindings(ours),
  ];
}

/** By the tag that every resource of a site has. */
export const isProduction = ({ Resources = {} }: Template): boolean =>
  Object.values(Resources).some(({ Properties }) =>
    [Properties?.Tags ?? []]
      .flat()
      .some(({ Key, Value }) => Key === 'Environment' && Value === 'prd'),
  );

function fateFindings(change: Change, all: readonly Change[], remedy: string): Finding[] {
  const { id, type, fate, because } = change;
  const kind = KINDS[type];
  if (!kind) return [];
  const name = nameOf(change);
  if (fate === 'interrupted') {
    const text = `${name}: is interrupted${withReason(because)}. Nobody is served meanwhile, for some minutes.`;
    return [{ text, effect: 'interrupts', about: [id] }];
  }
  // One that goes while another one of its kind comes has been renamed in the template.
  const heir = fate === 'removed' && all.find((one) => one.type === type && one.fate === 'added');
  if (fate === 'replaced' || heir) {
    const why = because || 'it is another resource of the template';
    const rest = keptText(change, fate === 'replaced' ? 'UpdateReplacePolicy' : 'DeletionPolicy');
    const text = `${name}: ${kind.replaced}${withReason(why)}. ${rest ?? kind.lost}`;
    const about = heir ? [id, heir.id] : [id];
    // Even if the old one is kept: a clinic with an empty index sees none of its images.
    return [{ text, effect: 'loses data', remedy, about }];
  }
  if (fate === 'removed') {
    const rest = keptText(change, 'DeletionPolicy');
    const text = `${name}: ${rest ? 'leaves the site' : 'IS DELETED'}. ${rest ?? kind.lost}`;
    return [
      rest
        ? { text, effect: 'interrupts', about: [id] }
        : { text, effect: 'loses data', remedy, about: [id] },
    ];
  }
  return [];
}

/**
 * Another rule for the password makes another secret, and nobody tells the database or the people.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-secretsmanager-secret.html
 */
function secretFindings(change: Change, remedy: string): Finding[] {
  const { id, type, fate, before, after } = change;
  if (type !== 'AWS::SecretsManager::Secret' || fate !== 'changed') return [];
  if (same(before, after, 'GenerateSecretString')) return [];
  const text =
    pathOf(before ?? after) === 'Hosts/Secrets/Users'
      ? `${nameOf(change)}: IS MADE ANEW, without the people and passwords that you put into it.`
      : `${nameOf(change)}: GETS A NEW PASSWORD, and the database keeps the old one.`;
  return [{ text, effect: 'loses data', remedy, about: [id] }];
}

/** What is left of the old one; undefined if nothing is. */
function keptText(
  { type, before, after }: Change,
  policy: 'DeletionPolicy' | 'UpdateReplacePolicy',
): string | undefined {
  // Which template's policy counts for a replacement AWS does not say: both must keep it.
  const policies = [before, ...(after ? [after] : [])].map(
    (resource) => resource?.[policy] ?? defaultOf(type, policy),
  );
  if (policies.every((one) => one.startsWith('Retain'))) {
    return 'The old one is kept, and is no longer part of the site.';
  }
  return policies.every((one) => one === 'Snapshot')
    ? 'A snapshot of the old one is kept.'
    : undefined;
}

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-attribute-deletionpolicy.html */
const defaultOf = (type: string, policy: string): string =>
  type === 'AWS::RDS::DBInstance' && policy === 'DeletionPolicy' ? 'Snapshot' : 'Delete';

/** With which template the data outlives its stack. */
function protectionFindings(changes: readonly Change[]): Finding[] {
  const staying = changes.filter(({ before, after }) => before && after);
  const turned = (from: boolean) =>
    staying.filter(({ before, after }) => outlives(before) === from && outlives(after) !== from);
  const lost = turned(true);
  const won = turned(false);
  const names = (some: readonly Change[]) => listed(some.map(nameOf));
  return [
    ...(lost.length === 0
      ? []
      : [
          {
            text: `data: LOSES ITS PROTECTION. Whoever deletes the stack from now on deletes ${names(lost)}.`,
            effect: 'interrupts' as const,
            about: lost.map(({ id }) => id),
          },
        ]),
    ...(won.length === 0
      ? []
      : [
          {
            text: `data: is protected. Whoever deletes the stack from now on leaves ${names(won)}.`,
            effect: 'note' as const,
            about: won.map(({ id }) => id),
          },
        ]),
  ];
}

const outlives = (resource: Resource | undefined): boolean =>
  resource?.DeletionPolicy?.startsWith('Retain') ?? false;

/** `database`, `images`, or `key Key` for one that has no name of its own. */
function nameOf({ id, type, before, after }: Change): string {
  const path = pathOf(before ?? after) ?? id;
  if (signs(before ?? after)) return path.replace('Authority/Key', 'key of authority ');
  const known = NAMES[path];
  if (known) return known;
  const noun = KINDS[type]?.noun ?? type;
  return noun === 'bucket' || noun === 'key' || noun === 'secret' ? `${noun} ${path}` : noun;
}
