import type { Change, Resource, Template } from './change.ts';
import { type Finding, withReason } from './finding.ts';

/** The remedy for whatever would lie in another subnet. */
export const STAY =
  'Hosts and database do not move to another subnet: leave the ranges of the network and the zones ' +
  'as they are, or make a new site, under another name, with the ones you want.';

/** What happens to the ground on which hosts and database stand. */
export function networkFindings(changes: readonly Change[], before: Template): Finding[] {
  return [...vpcFindings(changes), ...subnetFindings(changes, before)];
}

function vpcFindings(changes: readonly Change[]): Finding[] {
  return changes
    .filter(({ type, fate }) => type === 'AWS::EC2::VPC' && fate === 'replaced')
    .map(({ id, because }) => ({
      text: `network: is replaced${withReason(because)}, with everything that stands in it.`,
      effect: 'interrupts',
      about: [id],
    }));
}

/**
 * A database lies in subnets for good: RDS takes none out of its group that a database uses.
 * https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_ModifyDBSubnetGroup.html
 */
function subnetFindings(changes: readonly Change[], before: Template): Finding[] {
  const under = new Set(
    Object.values(before.Resources ?? {})
      .filter(({ Type }) => Type === 'AWS::RDS::DBSubnetGroup')
      .flatMap(({ Properties }) => [Properties?.SubnetIds ?? []].flat())
      .map((subnet) => subnet?.Ref),
  );
  const subnets = changes.filter(({ type, id }) => type === 'AWS::EC2::Subnet' && under.has(id));
  const replaced = subnets.filter(({ fate }) => fate === 'replaced');
  const removed = subnets.filter(({ fate }) => fate === 'removed');
  const findings: Finding[] = removed.map(({ id, before: subnet }) => ({
    text:
      `network: the site leaves zone ${zoneOf(subnet)}. If the database or its standby lies ` +
      'there, AWS may refuse, and undo the deployment.',
    effect: 'interrupts',
    about: [id],
  }));
  if (replaced.length === 0) return findings;
  const text = 'network: the subnets of the database would be replaced, which AWS refuses.';
  const about = replaced.map(({ id }) => id);
  return [...findings, { text, effect: 'refused', remedy: STAY, about }];
}

const zoneOf = (subnet: Resource | undefined): string =>
  String(subnet?.Properties?.AvailabilityZone ?? 'of a subnet');
