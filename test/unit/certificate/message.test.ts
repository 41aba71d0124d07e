import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Circumstances,
  type Failing,
  failingAlert,
  renewedAlert,
} from '../../../functions/certificate/message.ts';
import type { Progress } from '../../../functions/certificate/run.ts';
import { headlineOf, outboxRow } from '../../../functions/shared/alerts.ts';
import type { OutboxRow } from '../../../functions/shared/operations-table.ts';
import { newOf, oldOf, renewed, run, sight } from '../support/certificate.ts';
import { at, iso, secondsAfter } from '../support/time.ts';

const ours = (progress: Partial<Progress> = {}) =>
  run({
    progress: {
      seen: { a: sight('12:01:30', newOf('a')), b: sight('12:01:10', oldOf('b')) },
      addresses: { a: 'a.example', b: 'b.example' },
      plan: { a: { due: true, urgent: false, reason: '20 days are left' } },
      renewed: { a: renewed('a') },
      ...progress,
    },
  });
const about = (more: Partial<Circumstances> = {}) => ({
  now: at('12:02'),
  timeZone: 'Europe/London',
  run: ours(),
  ...more,
});
const failing = (more: Partial<Failing> = {}): Failing => ({
  node: 'a',
  stage: 'install',
  reason: 'the disk is full',
  since: iso('11:00'),
  notBefore: iso('12:07'),
  daysLeft: 20,
  restored: null,
  ...more,
});

describe('the message of a renewal', () => {
  it('names each address that works, until when and why', () => {
    const alert = renewedAlert(about());

    expect(alert).toEqual({
      kind: 'RENEWED',
      severity: 'info',
      event: 'RENEWED: certificate of node a',
      advice: 'use https://a.example',
      key: '2026-11-23T12:00:00.000Z#renewed#7',
      body: [
        'Node a   https://a.example',
        '         DICOM a.example port 11112',
        '         answered Mon 23 Nov 12:01, asked from inside the VPC',
        'Node b   https://b.example',
        '         DICOM b.example port 11112',
        '         answered Mon 23 Nov 12:01, asked from inside the VPC',
        'Until    node a: Sun 21 Feb 12:00',
        'Why      node a: 20 days are left',
        'You      nothing to do: devices that trust the authority need no change',
      ],
    });
  });

  it('is one message for both nodes', () => {
    const both = ours({ renewed: { a: renewed('a'), b: renewed('b') } });

    const { event } = renewedAlert(about({ run: both }) as Parameters<typeof renewedAlert>[0]);

    expect(event).toBe('RENEWED: certificate of node a, b');
  });
});

describe('the message of a renewal that fails', () => {
  it('says at which stage and what fails, what is left and served, and when it is tried again', () => {
    const alert = failingAlert(about(), failing());

    expect(alert).toMatchObject({
      kind: 'CERTIFICATE',
      event: 'NOT RENEWED: certificate of node a',
      advice: 'use https://a.example',
      key: '2026-11-23T11:00:00.000Z#certificate-a',
    });
    expect(alert.body.slice(6)).toEqual([
      'Cause    install: the disk is full',
      'Now      20 days are left; the node serves what it served before',
      'Next     Orthweb tries again at Mon 23 Nov 12:07',
      'You      docs/runbook.md#certificate-not-renewed',
    ]);
  });

  it.each([
    ['14 days', { daysLeft: 14 }, 'warning'],
    ['13 days', { daysLeft: 13 }, 'high'],
    ['7 days', { daysLeft: 7 }, 'high'],
    ['6 days', { daysLeft: 6 }, 'critical'],
    ['nothing', { daysLeft: 0 }, 'critical'],
    ['nobody knows what', { daysLeft: undefined }, 'critical'],
    ['enough, though nobody knows what is served', { daysLeft: 80, restored: false }, 'critical'],
    ['enough, and the former pair is back', { daysLeft: 80, restored: true }, 'warning'],
  ] as const)('is as grave as what is left: %s', (_, more, severity) => {
    expect(failingAlert(about(), failing(more)).severity).toBe(severity);
  });

  it.each([
    [{ restored: true }, '20 days are left; the former certificate was put back and is served'],
    [{ restored: false }, '20 days are left; what the node serves now is not sure'],
    [
      { daysLeft: undefined },
      'nobody knows how many days are left; the node serves what it served before',
    ],
  ])('says how the node is left: %j', (more, words) => {
    expect(failingAlert(about(), failing(more)).body).toContain(`Now      ${words}`);
  });

  it('can be written for a run that had not begun', () => {
    const early = failing({ stage: undefined });

    const { advice, body } = failingAlert(about({ run: undefined }), early);

    expect(advice).toBe('no address is proven to work');
    expect(body[0]).toBe('Cause    the disk is full');
  });
});

describe('an address', () => {
  const advice = (progress: Partial<Progress>) =>
    renewedAlert(about({ run: ours(progress) }) as never).advice;
  const seenAt = (time: string) => ({ seen: { a: sight(time, newOf('a')) } });

  it.each([
    ['that served a minute ago', seenAt('12:01'), 'use https://a.example'],
    ['that served more than a minute ago', seenAt('12:00:59'), 'no address is proven to work'],
    ['whose node was not looked at', { seen: {} }, 'no address is proven to work'],
    ['that nobody knows', { ...seenAt('12:01'), addresses: {} }, 'no address is proven to work'],
    [
      'whose node does not serve',
      { seen: { a: sight('12:01:30', newOf('a'), { dicom: { echo: false } }) } },
      'no address is proven to work',
    ],
    [
      'of the other node, where that one serves alone',
      { seen: { b: sight('12:01:30', oldOf('b')) } },
      'use https://b.example',
    ],
  ])('%s', (_, progress, words) => {
    expect(advice(progress)).toBe(words);
  });

  it('is only recommended if it served within the minute before, whatever was seen', () => {
    const seconds = fc.integer({ min: 0, max: 120 });
    const status = fc.constantFrom(200, 503);

    fc.assert(
      fc.property(seconds, seconds, status, status, (ofA, ofB, a, b) => {
        const seen = (ago: number, code: number) => ({
          ...sight('12:00', 'x', { web: { status: code } }),
          at: secondsAfter(at('12:02'), -ago).toISOString(),
        });
        const works = { 'a.example': ofA <= 60 && a === 200, 'b.example': ofB <= 60 && b === 200 };

        const alert = renewedAlert(
          about({ run: ours({ seen: { a: seen(ofA, a), b: seen(ofB, b) } }) }) as never,
        );

        const text = [headlineOf(alert), ...alert.body].join('\n');
        for (const [name, serves] of Object.entries(works)) {
          expect(text.includes(name)).toBe(serves);
        }
      }),
    );
  });
});

describe('the subject', () => {
  it.each([
    ['renewed', renewedAlert, 'RENEWED'],
    [
      'not renewed',
      (c: Parameters<typeof renewedAlert>[0]) => failingAlert(c, failing()),
      'NOT RENEWED',
    ],
  ])(
    'of a certificate that is %s has the whole address, whatever the region and the site',
    (_, of, event) => {
      const address = 'ec2-203-113-110-110.ap-southeast-2.compute.amazonaws.com';
      const alert = of(about({ run: ours({ addresses: { a: address } }) }) as never);

      const { value } = outboxRow('research-group-sydney', alert, at('12:02')) as {
        value: OutboxRow;
      };

      expect(value.subject).toBe(`[research-group-sydney] ${event} - ${address}`);
    },
  );
});
