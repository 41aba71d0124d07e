import { NotModelled } from './aws-error.ts';
import type { Assembly } from './template.ts';

/**
 * Throws where CloudFormation would refuse the second of two sites in one account: a name that the
 * first has taken. Another region would be another world.
 */
export function assertOneAccount(sites: readonly Assembly[]): void {
  const taken = new Map<string, string>();
  const take = (name: string, by: string) => {
    const before = taken.get(name);
    if (before !== undefined) throw new NotModelled(`${by}: ${name} is taken by ${before}`);
    taken.set(name, by);
  };
  for (const site of sites) {
    if (site.region !== sites[0]?.region) {
      throw new NotModelled(
        `the site ${site.name} is in ${site.region}, and one world is one region: ${sites[0]?.region}`,
      );
    }
    for (const { name } of site.stacks) take(`the stack ${name}`, `the site ${site.name}`);
  }
  for (const site of sites) {
    for (const resource of site.resources()) {
      take(`${resource.type} ${site.names(resource).ref}`, resource.where);
    }
  }
}
