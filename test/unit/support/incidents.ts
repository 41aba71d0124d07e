import type { Incident } from '../../../functions/shared/incident.ts';
import { iso } from './time.ts';

/** An incident of node b that was told at once, and is still open; or as a test says. */
export const incident = (more: Partial<Incident> = {}): Incident => ({
  id: '20261123T194000Z-b',
  subject: 'b',
  class: 'node',
  cause: 'orthanc-hung',
  reason: 'Orthanc on node b does not answer.',
  firstBadAt: iso('19:40:00'),
  openedAt: iso('19:40:34'),
  alertedAt: iso('19:40:35'),
  severity: 'high',
  reminders: 0,
  relapses: 0,
  findings: [
    { check: 'web', result: 'status 504, Orthanc alone 504' },
    { check: 'dicom', result: 'C-ECHO: no answer within 8 s' },
  ],
  timeline: [{ at: iso('19:40:34'), what: 'Orthanc on node b does not answer.' }],
  ...more,
});

/** The same, over: at this time it had begun. */
export const over = (began: string, more: Partial<Incident> = {}): Incident =>
  incident({
    id: `${iso(began).replace(/[-:]|\.000/g, '')}-b`,
    firstBadAt: iso(began),
    openedAt: iso(began),
    alertedAt: iso(began),
    goodSince: iso(`${began.slice(0, -2)}59`),
    closedAt: iso(`${began.slice(0, -2)}59`),
    ...more,
  });
