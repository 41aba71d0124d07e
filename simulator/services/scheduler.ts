import { Temporal } from 'temporal-polyfill';
import { NotModelled } from '../aws-error.ts';
import { demand } from '../iam/demand.ts';
import type { Site } from '../site.ts';
import type { ResourceType } from '../template.ts';
import type { World } from '../world.ts';

export const schedulerTypes: Readonly<Record<string, ResourceType>> = {
  'AWS::Scheduler::Schedule': {
    reads: [
      'GroupName',
      'Name',
      'ScheduleExpression',
      'ScheduleExpressionTimezone',
      'State',
      'Target',
    ],
    ignores: ['Description'],
    only: { FlexibleTimeWindow: ['{"Mode":"OFF"}'] },
    names: (resource) => {
      const name = String(resource.optional('Name') ?? resource.generatedName().slice(0, 64));
      return { ref: name, attributes: { Arn: resource.arn('scheduler', `schedule/${name}`) } };
    },
  },
  'AWS::Scheduler::ScheduleGroup': {
    reads: ['Name'],
    names: (resource) => ({ ref: String(resource.optional('Name') ?? resource.generatedName()) }),
  },
};

interface Target {
  readonly Arn: string;
  readonly RoleArn: string;
  readonly Input?: string;
}

interface Schedule {
  readonly site: Site;
  /** The deployment that it came with; the next one takes its place. */
  readonly deployed: symbol;
  readonly where: string;
  readonly name: string;
  readonly target: Target;
}

const MINUTE_MS = 60_000;

/**
 * EventBridge Scheduler: daily times in a zone, and `rate(1 minute)`.
 *
 * A call comes up to 59 seconds after its minute has begun. A local time that spring skips has
 * no call that day; one that autumn repeats has one, at its first occurrence.
 * https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html
 */
export class Scheduler {
  /** Ticks that were not run because nothing they read had changed; they are billed all the same. */
  skippedTicks = 0;
  ticks = 0;
  private readonly world: World;
  private readonly skipping: boolean;
  private readonly deployed = new Map<Site, symbol>();

  constructor(world: World, options: { readonly skipQuietTicks: boolean }) {
    this.world = world;
    this.skipping = options.skipQuietTicks;
  }

  /** The schedules of a site, in place of those that were there before. */
  deploy(site: Site): void {
    const { world } = this;
    const { assembly } = site;
    const deployed = Symbol('deployed');
    this.deployed.set(site, deployed);
    const groups = assembly
      .resources('AWS::Scheduler::ScheduleGroup')
      .map((group) => assembly.names(group).ref);
    for (const resource of assembly.resources('AWS::Scheduler::Schedule')) {
      const group = resource.optional('GroupName');
      if (group !== undefined && !groups.includes(String(group))) {
        throw new NotModelled(`${resource.where}: its group ${group} is in no template`);
      }
      const target = resource.required('Target') as Target;
      const expression = resource.text('ScheduleExpression');
      const schedule: Schedule = {
        site,
        deployed,
        where: resource.where,
        name: resource.where.split(' ')[0]?.split('/').slice(1).join('/') ?? '',
        target,
      };
      if (!world.lambda.has(target.Arn) && !world.stepFunctions.has(target.Arn)) {
        throw new NotModelled(`${resource.where}: its target ${target.Arn} is in no template`);
      }
      // It names the group, not the schedule, as what it acts for:
      // https://docs.aws.amazon.com/scheduler/latest/UserGuide/cross-service-confused-deputy-prevention.html
      const source = resource.arn('scheduler', `schedule-group/${group ?? 'default'}`);
      world.iam.assertTrusted(target.RoleArn, 'scheduler.amazonaws.com', resource.where, source);
      if (resource.optional('State') === 'DISABLED') continue;
      const cron = /^cron\((\d+) (\d+) \* \* \? \*\)$/.exec(expression);
      if (cron) {
        const zone = String(resource.optional('ScheduleExpressionTimezone') ?? 'UTC');
        this.daily(schedule, Number(cron[2]), Number(cron[1]), zone);
      } else if (expression === 'rate(1 minute)') {
        const first = site.chance(resource.id).between(1000, MINUTE_MS);
        this.world.clock.after(first, () => this.tick(schedule));
      } else {
        throw new NotModelled(`${resource.where}: ${expression} is not modelled`);
      }
    }
  }

  private daily(schedule: Schedule, hour: number, minute: number, zone: string): void {
    const { clock } = this.world;
    const { site } = schedule;
    const next = nextDaily(clock.now, hour, minute, zone);
    clock.at(next, () => {
      if (schedule.deployed !== this.deployed.get(site)) return;
      this.daily(schedule, hour, minute, zone);
      const time = new Date(next).toISOString().replace('.000Z', 'Z');
      const late = site.chance(schedule.name).between(0, 59) * 1000;
      const delays = site.faults.deliveries('schedule', schedule.name);
      if (delays.length === 0) {
        site.say('trigger', 'Scheduler', schedule.name, 'its event is lost');
      }
      for (const delay of delays) {
        clock.after(late + delay, () => {
          this.call(schedule, time).catch((error) => clock.fail(error));
        });
      }
    });
  }

  /** One minute after the other, but for the quiet ones. */
  private async tick(schedule: Schedule): Promise<void> {
    const { clock, lambda, stepFunctions } = this.world;
    const { faults } = schedule.site;
    if (schedule.deployed !== this.deployed.get(schedule.site)) return;
    const at = clock.now;
    this.ticks++;
    const [first, ...more] = faults.deliveries('tick', schedule.name);
    const deliver = () =>
      this.call(schedule, new Date(at).toISOString()).catch((error) => clock.fail(error));
    for (const delay of first === 0 ? more : [first ?? [], more].flat()) {
      clock.after(delay, () => void deliver());
    }
    const verdict = first === 0 ? await deliver() : undefined;
    const { quietUntil } = (verdict ?? {}) as { quietUntil?: string };
    let next = at + MINUTE_MS;
    // What changed while it looked may have come too late for it.
    const unseen = this.world.changedAt >= at;
    const quiet = quietUntil && !unseen && !stepFunctions.busy && !lambda.busy && !faults.pending;
    if (this.skipping && quiet) {
      const change = Math.min(clock.nextEvent(), new Date(quietUntil).getTime());
      const minutes = Number.isFinite(change) ? Math.ceil((change - at) / MINUTE_MS) - 1 : 0;
      for (let skipped = 1; skipped <= minutes; skipped++)
        this.passOver(schedule, at + skipped * MINUTE_MS);
      next += Math.max(0, minutes) * MINUTE_MS;
    }
    clock.at(next, () => void this.tick(schedule), { housekeeping: true });
  }

  private passOver(schedule: Schedule, at: number): void {
    const name = schedule.target.Arn.split(':').at(-1) ?? '';
    this.world.cloudwatch.count('AWS/Lambda', 'Invocations', { FunctionName: name }, at);
    this.world.lambda.keepWarm(schedule.target.Arn, at);
    this.skippedTicks++;
  }

  private async call(schedule: Schedule, scheduledTime: string): Promise<unknown> {
    const { iam, lambda, stepFunctions } = this.world;
    const { Arn, RoleArn, Input = '{}' } = schedule.target;
    const workflow = stepFunctions.has(Arn);
    const action = workflow ? 'states:StartExecution' : 'lambda:InvokeFunction';
    const refusal = iam.refusal(RoleArn, action, [Arn], {});
    if (!demand(this.world, schedule.where, refusal)) return undefined;
    const input = Input.replaceAll('<aws.scheduler.scheduled-time>', scheduledTime);
    if (workflow) {
      schedule.site.say('trigger', 'Scheduler', schedule.name, `planned for ${scheduledTime}`);
      return stepFunctions.start(Arn, input);
    }
    return lambda.invokeAsync(Arn, JSON.parse(input)).catch((error) => {
      if (error instanceof NotModelled) throw error;
      const why = String(error?.message ?? error);
      schedule.site.say('trigger', 'Scheduler', `${schedule.name} failed`, why);
    });
  }
}

/** The next instant after `now` at which the zone's clock shows this time. */
function nextDaily(now: number, hour: number, minute: number, zone: string): number {
  let date = Temporal.Instant.fromEpochMilliseconds(now).toZonedDateTimeISO(zone).toPlainDate();
  for (;;) {
    const wall = date.toPlainDateTime({ hour, minute });
    const at = wall.toZonedDateTime(zone, { disambiguation: 'earlier' });
    if (at.toPlainDateTime().equals(wall) && at.epochMilliseconds > now)
      return at.epochMilliseconds;
    date = date.add({ days: 1 });
  }
}
