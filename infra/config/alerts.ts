import { z } from 'zod';
import { distinct } from './distinct.ts';

/**
 * IDs as Slack writes them; a name of a channel has small letters.
 *
 * @see https://docs.aws.amazon.com/chatbot/latest/APIReference/API_SlackChannelConfiguration.html
 */
const slackId = (of: string, example: string) =>
  z.string().regex(/^[A-Z0-9]{1,255}$/, `is no ID of a Slack ${of}. Write one such as ${example}.`);

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
    slack: z
      .strictObject({
        workspaceId: slackId('workspace', 'T0123ABCDEF').describe(
          'The ID of the workspace, such as T0123ABCDEF. A person authorizes it once, in the ' +
            'console of Amazon Q Developer in chat applications, which then shows the ID.',
        ),
        channelId: slackId('channel', 'C0123ABCDEF').describe(
          'The ID of the channel, such as C0123ABCDEF: the end of its link in Slack.',
        ),
      })
      .describe(
        'A group of a Slack channel that gets every alert as well: workspaceId, channelId. Leave ' +
          'it out for none.',
      )
      .optional(),
  })
  .describe('A group of who is told: emails, a list of addresses, and slack, a channel.');
