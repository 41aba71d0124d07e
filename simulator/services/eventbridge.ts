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
  /** The ARN of what it is about, where `resources` has none; no part of the event. */
  readonly from?: string;
}

/** The event as a target gets it: what EventBridge adds comes from where the event happened. */
export function delivered({ from, ...event }: ServiceEvent, id: string, at: string) {
  const [, , , region, account] = (from ?? event.resources[0])?.split(':') ?? [];
  return { version: '0', id, ...event, account, time: `${at.slice(0, 19)}Z`, region };
}

/** A target of a rule, with what is done about events that cannot be handed over to it. */
interface Target {
  readonly Arn: string;
  readonly Id: string;
  readonly DeadLetterConfig?: { readonly Arn: string };
  readonly RetryPolicy?: Readonly<Record<string, number>>;
}

const TARGET_PROPERTIES = new Set(['Arn', 'DeadLetterConfig', 'Id', 'RetryPolicy']);

/**
 * What a target may say about further attempts. Nothing here refuses an event in a way that makes
 * EventBridge try once more: to a function it hands over what Lambda keeps and repeats.
 * https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_RetryPolicy.html
 */
const RETRY_LIMITS: Readonly<Record<string, readonly [least: number, most: number]>> = {
  MaximumEventAgeInSeconds: [60, 86_400],
  MaximumRetryAttempts: [0, 185],
};

interface Rule {
  readonly site: Site;
  readonly arn: string;
  readonly where: string;
  /** Its place in its stack: `Site/RunEnded`. */
  readonly name: string;
  readonly pattern: Readonly<Record<string, unknown>>;
  readonly targets: readonly Target[];
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
      for (const target of targets) assertTarget(target, resource.where);
      const pattern = resource.required('EventPattern') as Rule['pattern'];
      assertPattern(pattern, resource.where);
      const arn = String(assembly.names(resource).attributes?.Arn);
      const { where } = resource;
      const name = where.split(' ')[0]?.split('/').slice(1).join('/') ?? '';
      return { site, arn, where, name, pattern, targets };
    });
    this.rules = [...this.rules.filter((rule) => rule.site !== site), ...rules];
  }

  /** Every rule sees every event; each target gets it within seconds, at least once. Its id. */
  emit(event: ServiceEvent): string {
    const { clock } = this.world;
    const chance = this.world.chance(`event ${JSON.stringify(event)}`);
    const whole = delivered(event, chance.uuid(), clock.iso());
    for (const rule of this.rules.filter(({ pattern }) => matches(pattern, whole))) {
      for (const target of rule.targets) {
        const usual = chance.between(400, 3000);
        for (const delay of rule.site.faults.deliveries('rules', `${rule.arn} ${target.Arn}`)) {
          clock.after(usual + delay, () => this.deliver(rule, target, whole));
        }
      }
    }
    return whole.id;
  }

  /** Whether some rule is for this event. */
  hears(event: ServiceEvent): boolean {
    const whole = delivered(event, '', this.world.clock.iso());
    return this.rules.some(({ pattern }) => matches(pattern, whole));
  }

  private deliver(rule: Rule, target: Target, event: object): void {
    const { clock, lambda } = this.world;
    const { Arn } = target;
    const refusal = lambda.refusal(Arn, EVENTS, rule.arn);
    if (!demand(this.world, rule.where, refusal)) {
      this.bury(rule, target, event, 'NO_PERMISSIONS', refusal ?? '');
      return;
    }
    if (!lambda.has(Arn)) {
      this.bury(rule, target, event, 'NO_RESOURCE', `there is no ${Arn}`);
      return;
    }
    const detail = (event as ServiceEvent)['detail-type'];
    rule.site.say('trigger', 'EventBridge', rule.name, detail);
    lambda.invokeAsync(Arn, event).catch((error) => {
      if (error instanceof NotModelled) clock.fail(error);
    });
  }

  /** An event that no attempt can deliver goes to the target's queue at once, or is lost. */
  private bury(rule: Rule, target: Target, event: object, code: string, message: string): void {
    const { sqs } = this.world;
    const queue = target.DeadLetterConfig?.Arn;
    if (queue === undefined) return;
    const refusals = sqs.refusals(queue, this.world.iam.service(EVENTS, rule.arn));
    if (refusals.some((refusal) => !demand(this.world, rule.where, refusal))) return;
    sqs.send(queue, JSON.stringify(event), {
      RULE_ARN: rule.arn,
      TARGET_ARN: target.Arn,
      ERROR_CODE: code,
      ERROR_MESSAGE: message,
      RETRY_ATTEMPTS: '0',
    });
  }
}

const EVENTS = 'events.amazonaws.com';

/**
 * EventBridge puts into a queue, in the name of the rule, what it could not deliver: the queue must
 * let it, whether or not that ever happens.
 * https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-event-delivery.html#eb-rule-dlq
 */
export function demandDeadLetters({ assembly, world }: Site): void {
  for (const rule of assembly.resources('AWS::Events::Rule')) {
    const service = world.iam.service(EVENTS, String(assembly.names(rule).attributes?.Arn));
    for (const { DeadLetterConfig } of rule.required('Targets') as Target[]) {
      if (DeadLetterConfig === undefined) continue;
      for (const refusal of world.sqs.refusals(DeadLetterConfig.Arn, service)) {
        demand(world, rule.where, refusal);
      }
    }
  }
}

function assertTarget(target: Target, where: string): void {
  const unknown = Object.keys(target).filter((name) => !TARGET_PROPERTIES.has(name));
  if (unknown.length > 0) {
    throw new NotModelled(`${where}: the simulator does not model Targets' ${unknown.join(', ')}`);
  }
  for (const [name, value] of Object.entries(target.RetryPolicy ?? {})) {
    const [least, most] = RETRY_LIMITS[name] ?? [];
    if (least === undefined || most === undefined || value < least || value > most) {
      throw new NotModelled(`${where}: RetryPolicy: ${name} ${value} is nothing that AWS takes`);
    }
  }
}

/** Lists of exact values and of beginnings, nested: all that our patterns use. */
function assertPattern(pattern: unknown, where: string): void {
  if (Array.isArray(pattern)) {
    if (pattern.every((value) => typeof value === 'string' || prefixOf(value) !== undefined))
      return;
    throw new NotModelled(`${where}: EventPattern: only exact values and prefixes are modelled`);
  }
  if (pattern === null || typeof pattern !== 'object') {
    throw new NotModelled(`${where}: EventPattern: ${JSON.stringify(pattern)} is in no list`);
  }
  for (const value of Object.values(pattern)) assertPattern(value, where);
}

/** The beginning that a matcher asks for: `{ "prefix": "…" }` and nothing beside it. */
function prefixOf(matcher: unknown): string | undefined {
  const { prefix, ...others } = (matcher ?? {}) as Record<string, unknown>;
  return typeof prefix === 'string' && Object.keys(others).length === 0 ? prefix : undefined;
}

const matches = (pattern: unknown, value: unknown): boolean =>
  Array.isArray(pattern)
    ? [value].flat().some((one) => pattern.some((matcher) => matchesOne(matcher, one)))
    : Object.entries(pattern as object).every(([key, nested]) =>
        matches(nested, (value as Record<string, unknown> | undefined)?.[key]),
      );

function matchesOne(matcher: unknown, value: unknown): boolean {
  const prefix = prefixOf(matcher);
  return prefix === undefined
    ? matcher === value
    : typeof value === 'string' && value.startsWith(prefix);
}
