import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  arrivedAlert,
  type Circumstances,
  circumstances,
  lateAlert,
} from '../../../functions/power/message.ts';
import { headlineOf, outboxRow } from '../../../functions/shared/alerts.ts';
import type { OutboxRow } from '../../../functions/shared/operations-table.ts';
import { closingRun, drainedAt, NIGHT, plan, proof, run } from '../support/power.ts';
import { intents, reached, siteState } from '../support/site.ts';
import { at, iso, secondsAfter } from '../support/time.ts';

const about = (more: Partial<Circumstances> = {}): Circumstances => ({
  now: at('07:06:30'),
  timeZone: 'Europe/London',
  site: 'running',
  plannedFor: iso('07:00'),
  until: at('19:00'),
  proofs: { a: proof('a', '07:06:20'), b: proof('b', '07:06:10') },
  lateToldAt: undefined,
  ...more,
});

const closed: Partial<Circumstances> = {
  now: at('19:05'),
  site: 'stopped',
  plannedFor: iso('19:00'),
  until: at('2026-11-24T07:00'),
  proofs: {},
};

const phases = [
  { name: 'database', seconds: 240 },
  { name: 'instances', seconds: 75 },
];

describe('the message of a site that is open', () => {
  it('tells the address that works, why, and how long each phase took', () => {
    const alert = arrivedAlert(about(), run({ progress: { phases } }));

    expect(alert).toEqual({
      kind: 'STARTED',
      severity: 'info',
      event: 'OPEN',
      advice: 'use https://a.example',
      key: '2026-11-23T07:00:00.000Z#started#7',
      body: [
        'Node a   https://a.example',
        '         DICOM a.example port 11112',
        '         answered Mon 23 Nov 07:06, asked on the host itself',
        'Node b   https://b.example',
        '         DICOM b.example port 11112',
        '         answered Mon 23 Nov 07:06, asked on the host itself',
        'Why      the window Mon–Fri 07:00–19:00 is open until Mon 23 Nov 19:00',
        'Planned  Mon 23 Nov 07:00, done Mon 23 Nov 07:06',
        'Took     6 min 30 s; this run 6 min 20 s: database 240 s, instances 75 s',
        'Next     closes Mon 23 Nov 19:00 (Europe/London)',
      ],
    });
  });

  it('writes times as the clock of the site shows them', () => {
    const { body } = arrivedAlert(about({ timeZone: 'America/Toronto' }), run());

    expect(body).toContain('Planned  Mon 23 Nov 02:00, done Mon 23 Nov 02:06');
    expect(body).toContain('Next     closes Mon 23 Nov 14:00 (America/Toronto)');
  });

  it('says that the notice of lateness is over', () => {
    const { body } = arrivedAlert(about({ lateToldAt: iso('07:15') }), run());

    expect(body).toContain('Late     you were told at Mon 23 Nov 07:15; this is over now');
  });

  it('does not recommend an address that was proven more than a minute ago', () => {
    const proofs = { a: proof('a', '07:05:29'), b: proof('b', '07:05:30') };

    const alert = arrivedAlert(about({ proofs }), run());

    expect(headlineOf(alert)).toBe('OPEN - use https://b.example');
    expect(alert.body.join('\n')).not.toContain('a.example');
  });

  it('never ends its headline on an address without a name', () => {
    const old = { a: proof('a', '07:05'), b: proof('b', '07:05') };
    const nameless = { a: { at: iso('07:06:20'), address: '' } };

    const headlines = [old, nameless].map((proofs) =>
      headlineOf(arrivedAlert(about({ proofs }), run())),
    );

    expect(headlines).toEqual(Array(2).fill('OPEN - no address is proven to work'));
  });

  it('tells its length in whole minutes and less than sixty whole seconds', () => {
    const begin = at('07:00:10');

    fc.assert(
      fc.property(fc.integer({ min: 0, max: 3_600_000 }), (milliseconds) => {
        const { body } = arrivedAlert(
          about({ now: secondsAfter(begin, milliseconds / 1000) }),
          run(),
        );

        expect(body.join('\n')).toMatch(
          /^Took {5}\d+ min [1-5]?\d s; this run \d+ min [1-5]?\d s$/m,
        );
      }),
    );
  });
});

describe('the message of a site that is closed', () => {
  it('says that no address works, and until when', () => {
    const alert = arrivedAlert(about(closed), closingRun());

    expect(alert).toMatchObject({
      kind: 'STOPPED',
      severity: 'info',
      event: 'Closed as planned until Tue 24 Nov 07:00',
      advice: 'no address works',
      key: '2026-11-23T19:00:00.000Z#stopped#7',
    });
    expect(alert.body).toContain('Next     opens Tue 24 Nov 07:00 (Europe/London)');
  });

  it('says which transfers the stop has cut, and of no node whose drain left nothing', () => {
    const left = '2 connections were still open';
    const cut = { a: drainedAt('19:04', left), b: drainedAt('19:01') };

    const one = arrivedAlert(about(closed), closingRun({ progress: { drained: cut } }));
    const both = arrivedAlert(
      about(closed),
      closingRun({ progress: { drained: { ...cut, b: drainedAt('19:04', 'Killed') } } }),
    );
    const none = arrivedAlert(about(closed), closingRun({ progress: { drained: { b: cut.b } } }));

    expect(one.body).toContain(`Cut      node a was stopped all the same: ${left}`);
    expect(one.body.filter((line) => line.startsWith('Cut'))).toHaveLength(1);
    expect(both.body).toContain('Cut      node b was stopped all the same: Killed');
    expect(none.body.join('\n')).not.toContain('Cut');
  });

  it('names the node that stays on at night', () => {
    const proofs = { a: proof('a', '19:04:50') };

    const alert = arrivedAlert(about({ ...closed, proofs }), closingRun({ goal: NIGHT }));

    expect(alert.kind).toBe('STOPPED');
    expect(headlineOf(alert)).toBe('Night: node a stays on - use https://a.example');
    expect(alert.body).toContain('         DICOM a.example port 11112');
  });

  it('does not say that no address works when node a stays on but its proof has aged', () => {
    const proofs = { a: proof('a', '19:03:55') };

    const alert = arrivedAlert(about({ ...closed, proofs }), closingRun({ goal: NIGHT }));

    expect(headlineOf(alert)).toBe('Night: node a stays on - no address is proven to work');
  });
});

describe('the message of a change that is late', () => {
  it('tells an address that works meanwhile, the cause and what to do', () => {
    const alert = lateAlert(about({ proofs: { b: proof('b', '07:06:10') } }), 'node a is pending');

    expect(alert).toEqual({
      kind: 'LATE',
      severity: 'high',
      event: 'LATE: start of Mon 23 Nov 07:00',
      advice: 'use https://b.example',
      key: '2026-11-23T07:00:00.000Z#late',
      body: [
        'Node b   https://b.example',
        '         DICOM b.example port 11112',
        '         answered Mon 23 Nov 07:06, asked on the host itself',
        'Cause    node a is pending',
        'Now      Orthweb keeps trying by itself and tells you when it is done.',
        'You      docs/runbook.md#late',
      ],
    });
  });

  it('says that no address is proven when none is', () => {
    const proofs = { a: proof('a', '07:05:29') };

    const alert = lateAlert(about({ proofs }), 'the database is starting');

    expect(headlineOf(alert)).toBe(
      'LATE: start of Mon 23 Nov 07:00 - no address is proven to work',
    );
  });

  it('wakes nobody for a stop: it only costs money', () => {
    const alert = lateAlert(about(closed), 'node b is stopping');

    expect(alert).toMatchObject({
      severity: 'warning',
      event: 'LATE: stop of Mon 23 Nov 19:00',
      advice: 'no address is proven to work',
    });
  });

  it('fits the subject with its whole address, whatever the region and the site', () => {
    const address = 'ec2-203-113-110-110.ap-southeast-2.compute.amazonaws.com';
    const alert = lateAlert(about({ proofs: { a: { at: iso('07:06:20'), address } } }), 'x');

    const write = outboxRow('research-group-sydney', alert, at('07:06:30'));

    expect('put' in write && (write.value as OutboxRow).subject).toContain(`https://${address}`);
  });
});

describe('the circumstances', () => {
  it('are those of the run, where there is one', () => {
    const ours = run({ progress: { proofs: { a: proof('a', '07:06') } } });

    const found = circumstances(plan(), siteState(intents()), at('07:06:30'), ours);

    expect(found).toEqual(about({ proofs: { a: proof('a', '07:06') } }));
  });

  it('are what the table asks for, where no run got under way', () => {
    const site = siteState(reached(NIGHT, { plannedFor: '2026-11-22T19:00:00.000Z' }));

    const found = circumstances(plan(), site, at('07:17'), undefined);

    expect(found).toMatchObject({ site: 'running', plannedFor: iso('07:00'), proofs: {} });
  });

  it('are of this moment on a site that has planned nothing yet', () => {
    const found = circumstances(plan(), siteState(), at('07:17'), undefined);

    expect(found.plannedFor).toBe(iso('07:17'));
  });

  it('know of a notice for this instant, and not of one for another', () => {
    const told = (plannedFor: string) => {
      const site = siteState({ LATE: { plannedFor, toldAt: iso('07:15') } });
      return circumstances(plan(), site, at('07:20'), run()).lateToldAt;
    };

    const notices = [told(iso('07:00')), told('2026-11-20T07:00:00.000Z')];

    expect(notices).toEqual([iso('07:15'), undefined]);
  });
});
