import { judge } from '../../../functions/health/judge.ts';
import type { Judgement } from '../../../functions/health/judgement.ts';
import type { Observation } from '../../../functions/health/observation.ts';
import { NOON } from './health.ts';
import { reached, siteState } from './site.ts';
import { at } from './time.ts';

/** A site that is open, and whose nodes were proven to serve. */
export const OPEN = siteState(reached());

/** What comes of a look at noon. */
export const judged = (of: Observation, site = OPEN): Judgement => judge(site, of, at(NOON));

/** `a node orthanc-hung`: each trouble by its subject, class and cause. */
export const troubles = (judgement: Judgement): string[] =>
  Object.entries(judgement.troubles).map(([subject, { class: kind, cause }]) =>
    [subject, kind, cause].join(' '),
  );

/** `serves fails`: node a, node b. */
export const standings = ({ nodes }: Judgement): string =>
  `${nodes.a.standing} ${nodes.b.standing}`;
