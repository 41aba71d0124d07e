import { describe, expect, it } from 'vitest';
import { type Config, InvalidConfig } from '../../infra/config.ts';
import { planOf } from '../../infra/operations/power-plan.ts';
import { Assembly } from './support/assembly.ts';
import { clinic, hospital } from './support/sites.ts';

/** The schedules that start a workflow. */
const timed = (assembly: Assembly, workflow: 'Certificate' | 'Power') =>
  assembly
    .of('Scheduler::Schedule')
    .map(({ properties }) => properties)
    .filter(({ Target }) => Target.Arn === `<${workflow}/Workflow/StateMachine>`);

describe('a schedule', () => {
  const assembly = new Assembly(clinic());

  it('looks once at each time of day at which anything may change, by the clock of the site', () => {
    expect(
      timed(assembly, 'Power').map((one) => [
        one.ScheduleExpression,
        one.ScheduleExpressionTimezone,
      ]),
    ).toEqual([
      ['cron(0 7 * * ? *)', 'America/Toronto'],
      ['cron(30 8 * * ? *)', 'America/Toronto'],
      ['cron(0 12 * * ? *)', 'America/Toronto'],
      ['cron(0 13 * * ? *)', 'America/Toronto'],
      ['cron(0 19 * * ? *)', 'America/Toronto'],
    ]);
  });

  it('has the certificates looked at each noon of the site, whether it is open or not', () => {
    for (const site of [assembly, new Assembly(hospital())]) {
      expect(timed(site, 'Certificate')).toEqual([
        expect.objectContaining({
          ScheduleExpression: 'cron(0 12 * * ? *)',
          ScheduleExpressionTimezone: site === assembly ? 'America/Toronto' : 'Europe/Berlin',
          Target: expect.objectContaining({ Input: JSON.stringify({ trigger: 'daily' }) }),
        }),
      ]);
    }
  });

  it('starts a workflow on the minute, tries again for 15 minutes, then leaves it to the tick', () => {
    const all = [...timed(assembly, 'Power'), ...timed(assembly, 'Certificate')];

    for (const { FlexibleTimeWindow, State, Target } of all) {
      expect(FlexibleTimeWindow).toEqual({ Mode: 'OFF' });
      expect(State ?? 'ENABLED').toBe('ENABLED');
      expect(Target.RetryPolicy.MaximumEventAgeInSeconds).toBe(15 * 60);
      expect(Target.RetryPolicy.MaximumRetryAttempts).toBeGreaterThan(0);
    }
  });

  it('fires only once its role may start the workflow', () => {
    const schedules = assembly.of('Scheduler::Schedule');

    expect(schedules).toHaveLength(8);
    for (const { dependsOn, properties } of schedules) {
      const role = properties.Target.RoleArn.replace('.Arn', '');
      const policy = assembly
        .of('IAM::Policy')
        .find((candidate) => candidate.properties.Roles.includes(role));

      expect(dependsOn).toContain(policy?.id);
    }
  });

  it('of an always-on site has two looks a minute and one a day, and nothing to open or close', () => {
    const always = new Assembly(hospital());

    expect(timed(always, 'Power')).toEqual([]);
    expect(always.of('Scheduler::Schedule')).toHaveLength(3);
    expect(always.of('Scheduler::ScheduleGroup')).toHaveLength(1);
  });
});

describe('two sites in one account', () => {
  /** Unique within their role, or named by AWS: these may be the same. */
  const NOT_OURS = new Set(['PolicyName', 'MetricName', 'ServiceName']);

  const names = (config: Config): string[] => {
    const assembly = new Assembly(config);
    const own = [...assembly.site, ...assembly.operations].flatMap(({ type, properties }) =>
      Object.entries(properties)
        .filter(([field, value]) => /Name$/.test(field) && typeof value === 'string')
        .filter(([field, value]) => !NOT_OURS.has(field) && !value.startsWith('<'))
        .map(([, value]) => `${type} ${value}`),
    );
    return [...own, ...assembly.stackNames.map((name) => `stack ${name}`)];
  };

  it('share no name', () => {
    const taken = names(clinic({ site: 'east' }));

    expect(taken.length).toBeGreaterThan(5);
    expect(names(clinic({ site: 'west' })).filter((name) => taken.includes(name))).toEqual([]);
  });

  it('cannot be called so that one is the operations of the other', () => {
    expect(new Assembly(clinic()).stackNames).toEqual(['clinic', 'clinic-operations']);
    expect(() => clinic({ site: 'clinic-operations' })).toThrow(InvalidConfig);
  });
});

describe('the environment of a function', () => {
  /** Lambda's quota, which it measures on the variables as JSON text. */
  const LIMIT = 4096;
  /** What a name or an ARN comes to, on average, where the name of the site has 20 characters. */
  const PHYSICAL = 'x'.repeat(65);

  /** The longest plan that is accepted, with holidays of this name. */
  const longest = (name: string): Config => {
    const holidays = Array.from({ length: 200 }, (_, i) => {
      const day = new Date(Date.UTC(2027, 0, 1 + 2 * i)).toISOString().slice(0, 10);
      return { dates: day, name };
    });
    const { windows } = clinic().schedule ?? { windows: [] };
    for (let count = holidays.length; count > 0; count -= 1) {
      const exceptions = holidays.slice(0, count);
      const config = clinic({ site: 'clinic-of-20-letters', schedule: { windows, exceptions } });
      try {
        planOf(config);
        return config;
      } catch (error) {
        if (!(error instanceof InvalidConfig)) throw error;
      }
    }
    throw new Error('no plan is accepted');
  };

  it.each([
    ['short names', 'X'],
    ['long names', 'A day on which the whole of the clinic is closed'],
    ['names in Chinese', '春节假期'],
  ])('is under 4 KB with the longest plan that is accepted, its holidays with %s', (_, name) => {
    for (const fn of new Assembly(longest(name)).functions()) {
      const variables = Object.entries(fn.environment).map(([key, value]) => [
        key,
        value.startsWith('<') ? PHYSICAL : value,
      ]);

      const bytes = Buffer.byteLength(JSON.stringify(Object.fromEntries(variables)));
      expect(`${fn.name} ${Math.max(bytes, LIMIT)}`).toBe(`${fn.name} ${LIMIT}`);
    }
  });
});
