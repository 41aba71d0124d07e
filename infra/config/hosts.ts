import { z } from 'zod';

const generation = z.int().min(1).max(9999).default(1);

export const hosts = z
  .strictObject({
    instanceType: z
      .string()
      .regex(
        /^[a-z][a-z0-9-]*\.[a-z0-9-]+$/,
        'is no EC2 instance type. Write one such as t3.medium.',
      )
      .refine(
        // Graviton has a g among the letters after the generation: t4g, c6gn, im4gn.
        (type) => !/^(a1|[a-z]+\d+[a-z]*g)/.test(type),
        'has an ARM processor, and the hosts run x86 images. Write an x86 type ' +
          'such as t3.medium or m7i.large.',
      )
      .describe(
        'The EC2 type of each of the two hosts, x86 only, such as "t3.medium". It sets speed and ' +
          'price. A change stops the hosts one after the other, and for some minutes nobody is served.',
      )
      .default('t3.medium'),
    volumeGiB: z
      .int()
      .min(20)
      .max(16384)
      .describe(
        "The size of each host's disk in GiB, 20 to 16384. Images live in S3, not here; it can " +
          'not shrink.',
      )
      .default(20),
    // $0.005 an hour for each public IPv4 address: https://aws.amazon.com/vpc/pricing/
    addresses: z
      .enum(['elastic', 'dynamic'])
      .describe(
        'What public addresses the hosts have. "elastic" ones survive a stop and cost $3.65 a ' +
          'month each, even while stopped. "dynamic" ones cost nothing while stopped, but are ' +
          'new after each stop, and the names that clients use change with them.',
      )
      .default('elastic'),
    generation: z
      .strictObject({ a: generation, b: generation })
      .describe(
        "A group of one number for each node, a and b. Raise a node's number by one to replace " +
          "its host with a new one: today's Amazon Linux, disk size and host bundle. Replace one " +
          'node per deployment.',
      )
      .prefault({}),
  })
  .describe('A group of what the two hosts are: instanceType, volumeGiB, addresses and generation.')
  .prefault({});
