import { NotModelled } from '../aws-error.ts';
import { demand } from '../iam/demand.ts';
import type { Site } from '../site.ts';
import type { ResourceType } from '../template.ts';
import type { World } from '../world.ts';

export const eventbridgeTypes: Readonly<Record<string, ResourceType>> = {
  'AWS::Events::Rule': {
    reads: ['EventPattern', 'State', 'Targets'],
    ignores: ['Description', 'Name'],
    names: (resource) => {
      const name = String(resource.optional('Name') ?? resource.generatedName().slice(0, 64));
      return { ref: name, attributes: { Arn: resource.arn('events', `rule/${name}`) } };
    },
  },
};

/**
 * An event of an AWS service, less what EventBridge adds itself.
 * https://docs.aws.amazon.com/eventbridge/latest/ref/overiew-event-structure.html
 */
export interface ServiceEvent {
  readonly source: string;
  readonly 'detail-type': string;
  readonly resources: readonly string[];
  readonly detail: object;
}

/** The event as a target gets it: what EventBridge adds comes from where the event happened. */
export function delivered(event: ServiceEvent, id: string, at: string) {
  const [, , , region, account] = event.resources[0]?.split(':') ?? [];
  return { version: '0', id, ...event, account, time: `${at.slice(0, 19)}Z`, region };
}

interface Rule {
  readonly site: Site;
  readonly arn: string;
  readonly where: string;
  readonly pattern: Readonly<Record<string, unknown>>;
  readonly targets: readonly { readonly Arn: string }[];
}

/** EventBridge's default bus: rules with patterns, targets that Lambda runs. */
export class EventBus {
  private readonly world: World;
  private rules: readonly Rule[] = [];

  constructor(world: World) {
    this.world = world;
  }

  /** The rules of a site, for events that happen from now on. */
  deploy(site: Site): void {
    const { assembly } = site;
    const enabled = assembly
      .resources('AWS::Events::Rule')
      .filter((resource) => resource.optional('State') !== 'DISABLED');
    const rules = enabled.map((resource) => {
      const targets = resource.required('Targets') as Rule['targets'];
      if (targets.length === 0) throw new NotModelled(`${resource.where}: Targets is empty`);
      const pattern = resource.required('EventPattern') as Rule['pattern'];
      assertPattern(pattern, resource.where);
      const arn = String(assembly.names(resource).attributes?.Arn);
      return { site, arn, where: resource.where, pattern, targets };
    });
    this.rules = [...this.rules.filter((rule) => rule.site !== site), ...rules];
  }

  /** Every rule sees every event; each target gets it within seconds, at least once. */
  emit(event: ServiceEvent): void {
    const { clock } = this.world;
    const chance = this.world.chance(`event ${JSON.stringify(event)}`);
    const whole = delivered(event, chance.uuid(), clock.iso());
    for (const rule of this.rules.filter(({ pattern }) => matches(pattern, whole))) {
      for (const { Arn } of rule.targets) {
        const usual = chance.between(400, 3000);
        for (const delay of rule.site.faults.deliveries('rules', `${rule.arn} ${Arn}`)) {
          clock.after(usual + delay, () => this.deliver(rule, Arn, whole));
        }
      }
    }
  }

  private deliver(rule: Rule, target: string, event: object): void {
    const { clock, lambda } = this.world;
    const refusal = lambda.refusal(target, 'events.amazonaws.com', rule.arn);
    if (!demand(this.world, rule.where, refusal)) return;
    const detail = (event as ServiceEvent)['detail-type'];
    rule.site.say('trigger', 'EventBridge', rule.where.split(' ')[0] ?? '', detail);
    lambda.invokeAsync(target, event).catch((error) => {
      if (error instanceof NotModelled) clock.fail(error);
    });
  }
}

/** Lists of exact values, nested: all that our patterns use. */
function assertPattern(pattern: unknown, where: string): void {
  if (Array.isArray(pattern)) {
    if (pattern.every((value) => typeof value === 'string')) return;
    throw new NotModelled(`${where}: EventPattern: only exact values are modelled`);
  }
  for (const value of Object.values(pattern as object)) assertPattern(value, where);
}

const matches = (pattern: unknown, value: unknown): boolean =>
  Array.isArray(pattern)
    ? (Array.isArray(value) ? value : [value]).some((one) => pattern.includes(one))
    : Object.entries(pattern as object).every(([key, nested]) =>
        matches(nested, (value as Record<string, unknown> | undefined)?.[key]),
      );
