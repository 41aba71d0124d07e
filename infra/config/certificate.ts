import { z } from 'zod';

/** Orthweb is younger than any earlier key: such a date is a slip. */
const EARLIEST = '2026-01-01';

const authority = z
  .strictObject({
    number: z
      .int()
      .min(1)
      .max(99)
      .describe(
        'The number of the authority, 1 to 99. Another number is another key, which devices do ' +
          'not know; a number that has left the list is never used again.',
      ),
    signed: z
      .string()
      .refine((date) => refusalOfDate(date) === undefined, {
        error: ({ input }) => refusalOfDate(String(input)),
      })
      .describe(
        'The day on which the certificate of the authority is signed anew, such as "2035-01-31", ' +
          'today or earlier: it is in force for ten years from then. The key stays, so devices ' +
          'notice nothing. Leave it out for the day on which the key was made.',
      )
      .optional(),
  })
  .describe('Write such as { number: 1 }.');

export const certificate = z
  .strictObject({
    authorities: z
      .array(authority)
      .refine(
        ({ length }) => length === 1 || length === 2,
        'does not name one or two authorities. Write such as [{ number: 1 }].',
      )
      .refine(
        (authorities) =>
          new Set(authorities.map(({ number }) => number)).size === authorities.length,
        'names an authority twice. Write two different numbers.',
      )
      .describe(
        'The authorities whose certificates the nodes show, such as [{ number: 1 }]. The first ' +
          'signs; devices are to trust all. To change to another key, write it second, have every ' +
          'device trust it, then write it first.',
      )
      .default([{ number: 1 }]),
  })
  .describe('A group of who vouches for the nodes: authorities.')
  .prefault({});

/** Why a day is none on which an authority signs; undefined if it is one. */
function refusalOfDate(date: string): string | undefined {
  const midnight = Date.parse(`${date}T00:00:00Z`);
  if (Number.isNaN(midnight) || new Date(midnight).toISOString().slice(0, 10) !== date) {
    return 'is no date. Write year, month and day, such as "2035-01-31".';
  }
  return date < EARLIEST ? `is before ${EARLIEST}. Write a later day, or leave it out.` : undefined;
}
