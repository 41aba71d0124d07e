import type { NodeName } from '../../functions/shared/operations-table.ts';
import { type Change, pathOf, type Resource, type Template } from './change.ts';
import { type Finding, listed } from './finding.ts';

/** A host that a deployment leaves, as the old template has it. */
export interface Staying {
  readonly node: NodeName;
  readonly instance: Resource | undefined;
}

/** What running hosts took from their launch template: they keep it, whatever becomes of it. */
export function launchFindings(
  changes: readonly Change[],
  before: Template,
  staying: readonly Staying[],
): Finding[] {
  return [
    ...bundleFindings(changes, staying),
    ...outdatedFindings(changes, staying),
    ...lostFindings(changes, before, staying),
  ];
}

/** Running hosts stay on the first version of their launch template: what changes waits there. */
function outdatedFindings(changes: readonly Change[], staying: readonly Staying[]): Finding[] {
  const outdated = stayingWith(changes, staying, withoutBundle);
  if (outdated.length === 0) return [];
  const [what, remain] =
    outdated.length > 1
      ? ['hosts', 'running hosts stay']
      : [nodesOf(outdated), 'the running one stays'];
  const text =
    `${what}: what a new host gets changes (its launch template), and ${remain} as now. ` +
    renewal(outdated);
  return [{ text, effect: 'note', about: templatesOf(outdated) }];
}

/** The one thing in a launch template that running hosts take too, when they are told to. */
function bundleFindings(changes: readonly Change[], staying: readonly Staying[]): Finding[] {
  const behind = stayingWith(changes, staying, bundleIn);
  if (behind.length === 0) return [];
  const update = `${siteOf(behind)}-update`;
  const [what, take] =
    behind.length > 1
      ? ['hosts', `running hosts take it by ${update} on node a, then, when it serves, on node b`]
      : [nodesOf(behind), `the running one takes it by ${update}, while the other one serves`];
  const text =
    `${what}: the host bundle changes, and no host is replaced for it: ${take} ` +
    '(docs/hosts.md#updates).';
  return [{ text, effect: 'note', about: templatesOf(behind) }];
}

/** Those whose launch template differs in a part of its data. */
function stayingWith(
  changes: readonly Change[],
  staying: readonly Staying[],
  part: (launch: string | undefined) => string | undefined,
): Staying[] {
  const of = (resource: Resource | undefined) => part(launchOf(resource));
  const changed = new Set(
    changes.filter(({ before, after }) => of(before) !== of(after)).map(({ id }) => id),
  );
  return staying.filter(({ instance }) => changed.has(templateIdOf(instance) ?? ''));
}

/** What goes though hosts were made to use it: their role, their key, what their user data names. */
function lostFindings(
  changes: readonly Change[],
  before: Template,
  staying: readonly Staying[],
): Finding[] {
  const gone = changes.filter(({ fate }) => fate === 'replaced' || fate === 'removed');
  const losing = (change: Change) =>
    staying.filter(({ instance }) => usedBy(instance, before).has(change.id));
  const lost = gone.filter((change) => losing(change).length > 0);
  if (lost.length === 0) return [];
  const nodes = staying.filter((one) => lost.some((change) => losing(change).includes(one)));
  const [lose, each] = nodes.length > 1 ? ['lose', 'each'] : ['loses', 'it'];
  const text =
    `${nodesOf(nodes)}: ${lose} ${listed(lost.map(nameOf))} until ${each} is replaced. ` +
    renewal(nodes);
  return [{ text, effect: 'interrupts', about: [] }];
}

const nodesOf = (some: readonly Staying[]): string =>
  some.length > 1 ? 'hosts' : some.map(({ node }) => `node ${node}`).join('');

const renewal = (some: readonly Staying[]): string =>
  some.length > 1
    ? 'To renew them, raise hosts.generation of one node and deploy, then of the other.'
    : `To renew it, raise hosts.generation.${some[0]?.node}.`;

const templatesOf = (some: readonly Staying[]): string[] =>
  some.flatMap(({ instance }) => templateIdOf(instance) ?? []);

const siteOf = ([one]: readonly Staying[]): string =>
  one?.instance?.Properties?.Tags?.find(({ Key }: { Key: string }) => Key === 'orthweb:site').Value;

const templateIdOf = (instance: Resource | undefined): string | undefined =>
  instance?.Properties?.LaunchTemplate?.LaunchTemplateId?.Ref;

/** Without tags, which any host takes up as it is. */
function launchOf(template: Resource | undefined): string | undefined {
  if (template?.Type !== 'AWS::EC2::LaunchTemplate') return undefined;
  const { TagSpecifications: _tags, ...data } = template.Properties?.LaunchTemplateData ?? {};
  return JSON.stringify(data);
}

/** Where user data says that the bundle is; references stand between the quotes as they are. */
const BUNDLE = /ORTHWEB_BUNDLE='[^']*'/;

const bundleIn = (launch: string | undefined): string | undefined => launch?.match(BUNDLE)?.[0];
const withoutBundle = (launch: string | undefined): string | undefined =>
  launch?.replace(BUNDLE, '');

/** Ids of the resources that a host's launch template names, and of the role in its profile. */
function usedBy(instance: Resource | undefined, { Resources = {} }: Template): Set<string> {
  const template = Resources[templateIdOf(instance) ?? ''];
  const named = [...namedIn(template?.Properties?.LaunchTemplateData)];
  const roles = named.flatMap((id) =>
    Resources[id]?.Type === 'AWS::IAM::InstanceProfile'
      ? [...namedIn(Resources[id].Properties?.Roles)]
      : [],
  );
  return new Set([...named, ...roles]);
}

/** Ids behind each `Ref` and `Fn::GetAtt`. */
function namedIn(value: unknown): Set<string> {
  const json = JSON.stringify(value ?? null);
  const references = json.matchAll(/\{"(?:Ref":|Fn::GetAtt":\[)"([^"]+)"/g);
  return new Set(Array.from(references, ([, id]) => String(id)));
}

const NOUNS: Readonly<Record<string, string>> = {
  'AWS::IAM::InstanceProfile': 'instance profile',
  'AWS::IAM::Role': 'role',
  'AWS::KMS::Key': 'key',
  'AWS::Logs::LogGroup': 'log group',
  'AWS::RDS::DBInstance': 'database',
  'AWS::S3::Bucket': 'bucket',
};

const nameOf = ({ id, type, before }: Change): string =>
  `${NOUNS[type] ?? type} ${pathOf(before) ?? id}`;
