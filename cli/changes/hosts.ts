import { NODES, type NodeName, peerOf } from '../../functions/shared/operations-table.ts';
import type { Change, Resource, Template } from './change.ts';
import { type Finding, withReason } from './finding.ts';
import { launchFindings } from './launch.ts';
import { STAY } from './network.ts';

const INSTANCE = 'AWS::EC2::Instance';
const ADDRESS = 'AWS::EC2::EIP';

interface Host {
  readonly node: NodeName;
  readonly lot: 'kept' | 'interrupted' | 'replaced' | 'removed' | 'added';
  readonly because: string;
  readonly properties: readonly string[];
  readonly about: readonly string[];
}

/** What happens to the two hosts and their addresses. */
export function hostFindings(
  changes: readonly Change[],
  before: Template,
  after: Template,
): Finding[] {
  const hosts = NODES.flatMap((node) => lookAt(node, changes, before, after) ?? []);
  const refusal = refusalOf(hosts);
  const staying = hosts
    .filter(({ lot }) => lot === 'kept' || lot === 'interrupted')
    .map(({ node, about: [id = ''] }) => ({ node, instance: before.Resources?.[id] }));
  return [
    ...hosts.flatMap((host) => sentence(host, hosts, after)),
    ...(refusal ?? bothTouched(hosts)),
    ...launchFindings(changes, before, staying),
    ...NODES.flatMap((node) => addressFindings(node, changes, before, after)),
  ];
}

/** A node is its tag, whatever its resource is called; undefined in neither template. */
function lookAt(
  node: NodeName,
  changes: readonly Change[],
  before: Template,
  after: Template,
): Host | undefined {
  const old = idOf(before, INSTANCE, node);
  const next = idOf(after, INSTANCE, node);
  const about = [...new Set([old, next].filter((id) => id !== undefined))];
  const host = { node, because: '', properties: [], about };
  if (old === undefined) return next === undefined ? undefined : { ...host, lot: 'added' };
  if (next === undefined) return { ...host, lot: 'removed' };
  if (old !== next) {
    return { ...host, lot: 'replaced', because: 'it is another resource of the template' };
  }
  const change = changes.find(({ id }) => id === old);
  const { fate, because = '', properties = [] } = change ?? {};
  const lot = fate === 'replaced' || fate === 'interrupted' ? fate : 'kept';
  return { ...host, lot, because, properties };
}

const touched = ({ lot }: Host): boolean => ['interrupted', 'replaced', 'removed'].includes(lot);
const gone = ({ lot }: Host): boolean => lot === 'replaced' || lot === 'removed';

function sentence(host: Host, hosts: readonly Host[], after: Template): Finding[] {
  if (host.lot === 'kept') return [];
  const { node, because, about } = host;
  if (host.lot === 'added') return [{ text: `node ${node}: is new.`, effect: 'note', about }];
  const peer = hosts.find((other) => other.node === peerOf(node));
  const order = peer && touched(peer) ? orderOf(host, peer, after) : '';
  const what = {
    interrupted: `is stopped and started again${order}${withReason(because)}.`,
    replaced: `a new host replaces it${order}${withReason(because)}. Its disk is new; images and index are not on it.`,
    removed: 'is removed, and no other host takes its place.',
  }[host.lot];
  const meanwhile =
    peer?.lot === 'kept' ? ` Node ${peer.node} serves meanwhile, if it serves now.` : '';
  return [{ text: `node ${node}: ${what}${meanwhile}`, effect: 'interrupts', about }];
}

/** CloudFormation works in parallel on what does not depend on each other. */
function orderOf(host: Host, peer: Host, after: Template): string {
  if (dependsOn(host, peer, after)) return `, after node ${peer.node}`;
  return dependsOn(peer, host, after) ? '' : `, at the same time as node ${peer.node}`;
}

const dependsOn = (host: Host, peer: Host, { Resources = {} }: Template): boolean =>
  host.about.flatMap((id) => Resources[id]?.DependsOn ?? []).some((id) => peer.about.includes(id));

function refusalOf(hosts: readonly Host[]): Finding[] | undefined {
  if (hosts.length < NODES.length || !hosts.every(gone)) return undefined;
  const moved = hosts.some(({ properties }) => properties.includes('SubnetId'));
  const remedy = moved
    ? STAY
    : 'Raise hosts.generation of one node and deploy; when that node serves, do the same with ' +
      'the other.';
  const text = 'both nodes: would be replaced in one deployment, and nobody would be served.';
  return [{ text, effect: 'refused', remedy, about: [] }];
}

function bothTouched(hosts: readonly Host[]): Finding[] {
  if (!NODES.every((node) => hosts.some((host) => host.node === node && touched(host)))) return [];
  const text =
    'both nodes: CloudFormation does not wait until the first one serves before it goes on with ' +
    'the second one. Expect some minutes in which nobody is served.';
  return [{ text, effect: 'interrupts', about: [] }];
}

function addressFindings(
  node: NodeName,
  changes: readonly Change[],
  before: Template,
  after: Template,
): Finding[] {
  const old = idOf(before, ADDRESS, node);
  const next = idOf(after, ADDRESS, node);
  const say = (what: string, ...about: string[]): Finding[] => [
    { text: `the addresses change: node ${node} ${what}`, effect: 'interrupts', about },
  ];
  const tell = 'Whoever connects to it must be told, and its certificate be renewed.';
  if (old === undefined) {
    if (next === undefined || idOf(before, INSTANCE, node) === undefined) return [];
    return say(`gets an address that lasts. ${tell}`, next);
  }
  if (next === undefined) {
    const stays = idOf(after, INSTANCE, node) !== undefined;
    return stays ? say('loses its lasting address, and has another one after each stop.', old) : [];
  }
  const change = changes.find(({ id }) => id === old);
  if (old === next && change?.fate !== 'replaced') return [];
  return say(`gets another one${withReason(change?.because ?? '')}. ${tell}`, old, next);
}

function idOf({ Resources = {} }: Template, type: string, node: NodeName): string | undefined {
  const isOurs = ({ Type, Properties }: Resource) =>
    Type === type && tagOf(Properties?.Tags, 'orthweb:node') === node;
  return Object.keys(Resources).find((id) => Resources[id] && isOurs(Resources[id]));
}

const tagOf = (tags: unknown, key: string): unknown =>
  Array.isArray(tags) ? tags.find((tag) => tag?.Key === key)?.Value : undefined;
