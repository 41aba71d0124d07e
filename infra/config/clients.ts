import { z } from 'zod';
import type { Problem } from '../../functions/power/schedule-input.ts';
import { overlap, prefixOf, range } from './cidr.ts';
import type { Network } from './network.ts';

/** No single organization's range is larger than a `/8`. */
const LARGEST_PREFIX = 8;

const clientRanges = z
  .array(range)
  .refine(({ length }) => length > 0, 'has no range. Write at least one, such as 203.0.113.0/24.');

export const clients = z
  .strictObject({
    web: clientRanges.describe(
      'A list of the IPv4 ranges that may open the web viewer, such as ["203.0.113.0/24"]. ' +
        'Everyone else is turned away before TLS.',
    ),
    dicom: clientRanges.describe(
      'A list of the IPv4 ranges that may send and query over DICOM, such as ' +
        '["198.51.100.0/24"]. Everyone else is turned away before TLS.',
    ),
    openToTheWorld: z
      .string()
      .refine(
        (reason) => reason.trim().length >= 20,
        'is too short to be a reason. Write in 20 characters or more why anyone may try to connect.',
      )
      .describe(
        'The reason, in 20 characters or more, why a client range shorter than /8 is wanted: with ' +
          'one, anyone on the Internet can try to reach images of patients.',
      )
      .optional(),
  })
  .describe('A group of who may connect: web and dicom, each a list of IPv4 ranges.');

export type Clients = z.output<typeof clients>;

/** What is wrong with who may connect, given the addresses of the site itself. */
export function clientProblems(clients: Clients, network: Network): Problem[] {
  return [
    ...rangeProblems('web', clients.web, network),
    ...rangeProblems('dicom', clients.dicom, network),
    ...openProblems(clients),
  ];
}

function rangeProblems(
  list: 'web' | 'dicom',
  ranges: readonly string[],
  { cidr, containers }: Network,
): Problem[] {
  return ranges.flatMap((range, index) => {
    const problem = (remedy: string) => ({
      field: `clients.${list}[${index}]`,
      value: `"${range}"`,
      remedy,
    });
    const twin = ranges.slice(0, index).find((earlier) => overlap(earlier, range));
    const inside = isOpen(range)
      ? []
      : Object.entries({ cidr, containers }).filter(([, own]) => overlap(own, range));
    return [
      ...(twin === undefined
        ? []
        : [problem(`overlaps ${twin} in the same list. Keep the larger one.`)]),
      ...inside.map(([name, own]) =>
        problem(
          `overlaps network.${name} ${own}: answers would never leave the host. Change one of them.`,
        ),
      ),
    ];
  });
}

function openProblems({ web, dicom, openToTheWorld }: Clients): Problem[] {
  const open = Object.entries({ web, dicom }).flatMap(([list, ranges]) =>
    ranges.flatMap((range, index) =>
      isOpen(range) ? [{ field: `clients.${list}[${index}]`, value: `"${range}"` }] : [],
    ),
  );
  if (openToTheWorld === undefined) {
    const remedy =
      'lets most of the world try to reach images of patients. Write the ranges of your clients, ' +
      'or say in clients.openToTheWorld why it must be so.';
    return open.map((range) => ({ ...range, remedy }));
  }
  if (open.length > 0) return [];
  const remedy = `acknowledges a range that is not there. Remove it: no client range is shorter than /${LARGEST_PREFIX}.`;
  return [{ field: 'clients.openToTheWorld', value: `"${openToTheWorld}"`, remedy }];
}

/** Whether a range is larger than anyone's own: most of its addresses are of strangers. */
export const isOpen = (range: string): boolean => prefixOf(range) < LARGEST_PREFIX;
