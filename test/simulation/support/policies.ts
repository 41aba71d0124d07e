import { edited, type Site, type StackId, type Template, templateOf } from './play.ts';

// biome-ignore lint/suspicious/noExplicitAny: a policy is whatever CloudFormation takes.
type Raw = any;

const STACKS: readonly StackId[] = ['Orthweb', 'OrthwebOperations'];

/** A statement of some policy in the templates, and how to lose a part of it. */
export interface Found {
  /** As the simulator calls it: construct, type, id, and `Sid` or number. */
  readonly name: string;
  readonly raw: Raw;
  /** The site with this statement changed; without it if the change returns nothing. */
  readonly with: (change: (raw: Raw) => Raw | undefined) => Site;
}

/** Every statement of both templates, of whatever kind of policy. */
export const statementsIn = (site: Site): Found[] =>
  STACKS.flatMap((stack) =>
    Object.entries(templateOf(site, stack).Resources).flatMap(([id, resource]) => {
      const path = String(resource.Metadata?.['aws:cdk:path']).replace(/\/Resource$/, '');
      const where = `${path} (${resource.Type} ${id})`;
      return documentsIn(resource.Properties).flatMap((document, nth) =>
        [document.Statement].flat().map((raw: Raw, index: number) => ({
          name: `${where}: statement ${raw.Sid ?? `#${index + 1}`}`,
          raw,
          with: (change: (raw: Raw) => Raw | undefined) => {
            const edit = ({ Resources }: Template) => {
              const copy = documentsIn(Resources[id]?.Properties)[nth];
              const all = [copy.Statement].flat();
              all[index] = change(all[index]);
              copy.Statement = all.filter((one) => one !== undefined);
            };
            return edited(site, edit, stack);
          },
        })),
      );
    }),
  );

/** The policies somewhere in a resource's properties: whatever has statements. */
function documentsIn(value: Raw): Raw[] {
  if (value === null || typeof value !== 'object') return [];
  return 'Statement' in value ? [value] : Object.values(value).flatMap(documentsIn);
}

/** One part of a policy that can be lost, and the site without it. */
export interface Loss {
  readonly name: string;
  readonly without: () => Site;
}

/** Every action that some statement allows. */
export const grantsIn = (site: Site): (Loss & { readonly action: string })[] =>
  statementsIn(site)
    .filter(({ raw }) => raw.Effect === 'Allow')
    .flatMap(({ name, raw, with: having }) =>
      [raw.Action].flat().map((action: string) => ({
        name: `${name}: ${action}`,
        action,
        without: () =>
          having((statement) => {
            const Action = [statement.Action].flat().filter((one: string) => one !== action);
            return Action.length > 0 ? { ...statement, Action } : undefined;
          }),
      })),
    );

/** Every resource of a statement that allows something on several. */
export const resourcesIn = (site: Site): Loss[] =>
  statementsIn(site)
    .filter(({ raw }) => raw.Effect === 'Allow' && Array.isArray(raw.Resource))
    .flatMap(({ name, raw, with: having }) =>
      raw.Resource.map((resource: unknown, index: number) => ({
        name: `${name}: on ${JSON.stringify(resource)}`,
        without: () =>
          having((statement) => {
            statement.Resource.splice(index, 1);
            return statement;
          }),
      })),
    );

/** Everything that narrows a grant: each condition key, each Deny, each function's caller. */
export const guardsIn = (site: Site): Loss[] => [
  ...statementsIn(site).flatMap(({ name, raw, with: having }) => [
    ...(raw.Effect === 'Deny'
      ? [{ name: `${name}: Deny`, without: () => having(() => undefined) }]
      : []),
    ...Object.entries<object>(raw.Condition ?? {}).flatMap(([operator, keys]) =>
      Object.keys(keys).map((key) => ({
        name: `${name}: ${operator} ${key}`,
        without: () =>
          having((statement) => {
            delete statement.Condition[operator][key];
            return statement;
          }),
      })),
    ),
  ]),
  ...Object.entries(templateOf(site, 'OrthwebOperations').Resources)
    .filter(([, { Type }]) => Type === 'AWS::Lambda::Permission')
    .map(([id]) => ({
      name: `AWS::Lambda::Permission ${id}: SourceArn`,
      without: () =>
        edited(site, ({ Resources }) => {
          delete Resources[id]?.Properties.SourceArn;
        }),
    })),
];
