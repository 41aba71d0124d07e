import { describe, expect, it } from 'vitest';
import * as z from 'zod/mini';
import { Plan } from '../../../functions/power/plan.ts';
import { wishes } from '../../../functions/power/wishes.ts';
import { planInput } from '../support/power.ts';
import { at } from '../support/time.ts';

describe('the plan in the environment', () => {
  it('becomes a schedule that can be asked', () => {
    const plan = z.parse(Plan, JSON.stringify(planInput({ nodes: 'one' })));

    const states = ['06:59', '07:00', '19:00'].map(
      (time) => wishes(plan, undefined, at(time)).site,
    );

    expect(states).toEqual(['stopped', 'running', 'stopped']);
    expect(plan).toMatchObject({ timeZone: 'Europe/London', nodes: 'one', database: 'follow' });
  });

  it('has no schedule on a site that is always on', () => {
    const { schedule, ...always } = planInput();

    const plan = z.parse(Plan, JSON.stringify(always));

    expect(plan.schedule).toBeUndefined();
    expect(wishes(plan, undefined, at('03:00')).site).toBe('running');
  });
});
