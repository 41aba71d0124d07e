import { z } from 'zod';
import { type Problem, refusalOfTimeZone } from '../../functions/power/schedule-input.ts';
import { DATABASE_REGIONS, databaseRoot } from '../database-root.ts';
import { distinct } from './distinct.ts';

/** What a site is, and where: the fields that belong to no group. */
export const place = {
  site: z
    .string()
    .regex(
      /^(?=.{3,20}$)(?!.*-operations$)[a-z][a-z0-9]*(-[a-z0-9]+)*$/,
      'is no name for a site. Write 3 to 20 lower-case letters, digits and single hyphens, ' +
        'beginning with a letter and not ending in -operations, which names a stack.',
    )
    .describe(
      'The name of the site, such as "clinic". It goes into the names of stacks and resources: ' +
        'a new name makes a new, empty site.',
    )
    .default('orthweb'),
  environment: z
    .enum(['prd', 'stg', 'tst', 'dev'])
    .describe(
      'What the site is for. With "prd" the data outlives the stack, deletion is refused and a ' +
        'standby database doubles the price of the database.',
    ),
  region: z
    .string()
    .refine((region) => refusalOfRegion(region) === undefined, {
      error: ({ input }) => refusalOfRegion(String(input)),
    })
    .describe('The AWS region that holds the site, such as "ca-central-1". Images stay in it.'),
  zones: z
    .array(z.string())
    .refine(
      ({ length }) => length === 2 || length === 3,
      'does not name two or three zones. Write such as ["ca-central-1a", "ca-central-1b"]: ' +
        'the two hosts never share one.',
    )
    .refine(distinct, 'names a zone twice. Write two or three different ones.')
    .describe(
      'Two or three availability zones of the region, such as ["ca-central-1a", ' +
        '"ca-central-1b"]. The hosts live in the first two.',
    ),
  timeZone: z
    .string()
    .refine((zone) => refusalOfTimeZone(zone) === undefined, {
      error: ({ input }) => refusalOfTimeZone(input),
    })
    .describe(
      'The IANA time zone in which people work, such as "America/Toronto". The schedule and all ' +
        'messages use it.',
    ),
};

/** Why a site cannot be in a region; undefined if it can. */
function refusalOfRegion(region: string): string | undefined {
  if (!/^[a-z]{2}(-[a-z]+)+-\d$/.test(region)) {
    return 'is not shaped like an AWS region. Write one such as ca-central-1.';
  }
  if (/^(cn|us-gov|us-iso|eu-isoe|eusc)/.test(region)) {
    return 'is in a partition of AWS that Orthweb does not know. Write a commercial region.';
  }
  if (databaseRoot(region) === undefined) {
    return (
      'is a region whose database certificate this version does not carry. Write one of ' +
      `${DATABASE_REGIONS.join(', ')}, or take a newer version of Orthweb.`
    );
  }
  return undefined;
}

type Place = z.output<z.ZodObject<typeof place>>;

/** Zones that the region does not have. */
export function placeProblems({ region, zones }: Place): Problem[] {
  return zones.flatMap((zone, index) => {
    if (zone.startsWith(region) && /^[a-z]$/.test(zone.slice(region.length))) return [];
    const remedy = `is no zone of the region ${region}. Write such as ${region}a.`;
    return [{ field: `zones[${index}]`, value: `"${zone}"`, remedy }];
  });
}
