import type { Clients } from '../../../functions/shared/clients.ts';
import type { Invocation } from '../../../simulator/api.ts';
import type { Deployed } from '../../../simulator/services/lambda/function.ts';
import type { World } from '../../../simulator/world.ts';
import { edited, type Site, type Template } from './play.ts';

type Statement = Readonly<Record<string, unknown>>;

/** The site with more rights for the role of one of its functions: `power/look`. */
export const allowing = (site: Site, label: string, ...statements: Statement[]): Site =>
  edited(site, (template) => {
    template.Resources.MoreRights = {
      Type: 'AWS::IAM::Policy',
      Properties: {
        PolicyName: 'MoreRights',
        PolicyDocument: { Version: '2012-10-17', Statement: statements },
        Roles: [{ Ref: roleOf(template, label) }],
      },
    };
  });

function roleOf({ Resources }: Template, label: string): string {
  const fn = Object.values(Resources).find(({ Properties }) => isHandler(Properties, label));
  return fn?.Properties.Role['Fn::GetAtt'][0];
}

/** The logical id of a function, to name it in a statement. */
export const functionId = ({ Resources }: Template, label: string): string =>
  Object.entries(Resources).find(([, { Properties }]) => isHandler(Properties, label))?.[0] ?? '';

const isHandler = (properties: Template['Resources'][string]['Properties'], label: string) =>
  properties?.Handler === `${label}.handler`;

/** A function as the world has deployed it; what it does when it is invoked can be put in its place. */
export function deployed({ lambda, site }: World, label: string): Deployed {
  const { functions } = lambda as unknown as { functions: ReadonlyMap<string, Deployed> };
  const found = [...functions.values()].find((fn) => fn.label === label && fn.site === site);
  if (!found) throw new Error(`the site has no function ${label}`);
  return found;
}

/** Has a function do this now; what it says within two minutes, or why it fails. */
export async function asking<T>(
  world: World,
  label: string,
  does: (clients: Clients, by: Invocation) => Promise<T>,
): Promise<{ readonly answer?: T; readonly error?: Error }> {
  const { name, arn, role, site } = deployed(world, label);
  const caller: Invocation = {
    site,
    functionName: label,
    functionArn: arn,
    role,
    execution: undefined,
    network: world.chance(`a call of ${name}`),
    skewMs: 0,
    die: () => {},
    dead: false,
  };
  let result: { answer?: T; error?: Error } = {};
  world.api
    .within(caller, () => does(world.api.clients, caller))
    .then(
      (answer) => {
        result = { answer };
      },
      (error: Error) => {
        result = { error };
      },
    );
  await world.clock.runUntil(new Date(world.clock.now + 120_000), () => {});
  return result;
}
