import { z } from 'zod';
import { distinct } from './distinct.ts';

export const alerts = z
  .strictObject({
    emails: z
      .array(
        z
          .string()
          .regex(
            /^[^\s@"<>,;]+@[a-z0-9-]+(\.[a-z0-9-]+)+$/i,
            'is no e-mail address. Write one such as pacs@example.org.',
          ),
      )
      .refine(({ length }) => length > 0, 'has no address. Write at least one: who reads alerts?')
      .refine(distinct, 'names an address twice. Write each once.')
      .describe(
        'A list of the e-mail addresses that get every alert, such as ["pacs@example.org"]. AWS ' +
          'asks each to confirm first.',
      ),
  })
  .describe('A group of who is told: emails, a list of addresses.');
