import { describe, expect, it } from 'vitest';
import { judge } from '../../../functions/health/judge.ts';
import type { Judgement } from '../../../functions/health/judgement.ts';
import type { Observation } from '../../../functions/health/observation.ts';
import { nodeSeen, SILENT, seen } from '../support/health.ts';
import { reached, siteState } from '../support/site.ts';
import { at, iso } from '../support/time.ts';

const judged = (of: Observation): Judgement => judge(siteState(reached()), of, at('12:00'));
const instance = (more: object) => ({
  ...nodeSeen('a').instance,
  state: 'running',
  names: [],
  ...more,
});

describe('an instance that somebody has just started', () => {
  const young = (more: object = {}) => instance({ launchedAt: iso('11:56'), ...more });
  it.each<[string, Observation, string]>([
    ['is given time', seen({ a: { instance: young(), sight: SILENT } }), 'planned'],
    [
      'is given time while it starts',
      seen({ a: { instance: young({ state: 'pending' }), sight: SILENT } }),
      'planned',
    ],
    [
      'serves when it is seen to: clients may go there',
      seen({ a: { instance: young() } }),
      'serves',
    ],
    [
      'and that has stopped again gets no more',
      seen({ a: { instance: young({ state: 'stopped' }), sight: SILENT } }),
      'fails',
    ],
  ])('%s', (_, of, standing) => {
    expect(judged(of).nodes.a.standing).toBe(standing);
  });
});
