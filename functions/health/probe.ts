import * as z from 'zod/mini';
import { lambda } from '../shared/lambda.ts';
import type { NodeName } from '../shared/operations-table.ts';
import type { DatabaseSight, Sight } from '../shared/view.ts';

const Input = z.object({
  /** What to connect to, and the name that its certificate is to have. */
  nodes: z.array(z.object({ node: z.enum(['a', 'b']), address: z.string(), name: z.string() })),
  /** The authorities that clients trust, one PEM after another. */
  authorities: z.string(),
  /** DNS name of the database. */
  database: z.string(),
});
export const Settings = z.object({ AE_TITLE: z.string() });

/** What the probe saw. */
export interface Probed {
  readonly nodes: Readonly<Partial<Record<NodeName, Sight>>>;
  readonly database: DatabaseSight;
}

/** Looks at nodes and database from inside the network, all at once. Calls no AWS API, changes nothing. */
export const create = lambda(
  { input: Input, settings: Settings },
  async ({ nodes, authorities, database }, { settings, clients }): Promise<Probed> => {
    const [seen, greeted] = await Promise.all([
      Promise.all(
        nodes.map(async ({ node, address, name }) => {
          const question = { address, name, authorities, aeTitle: settings.AE_TITLE };
          return [node, await clients.view.look(question)] as const;
        }),
      ),
      clients.view.database(database),
    ]);
    return { nodes: Object.fromEntries(seen), database: greeted };
  },
);
