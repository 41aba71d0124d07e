import type { Instance } from '@aws-sdk/client-ec2';

/**
 * What clients and the site call a node: its public name and address, then the private ones, as EC2
 * has them now. The first is what a client is to use. Empty while it has none.
 */
export const namesOf = (
  instance:
    | Pick<Instance, 'PublicDnsName' | 'PublicIpAddress' | 'PrivateDnsName' | 'PrivateIpAddress'>
    | undefined,
): string[] => {
  const { PublicDnsName, PublicIpAddress, PrivateDnsName, PrivateIpAddress } = instance ?? {};
  const names = [PublicDnsName, PublicIpAddress, PrivateDnsName, PrivateIpAddress];
  return [...new Set(names.filter((name) => name !== undefined && name !== ''))] as string[];
};

/** Those of a node's names that its certificate does not have. */
export const unnamed = (names: readonly string[], certified: readonly string[]): string[] =>
  names.filter((name) => !certified.includes(name));
