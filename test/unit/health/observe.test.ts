import { describe, expect, it, vi } from 'vitest';
import { create } from '../../../functions/health/observe.ts';
import type { Sight } from '../../../functions/shared/view.ts';
import { clients, context, refuse, service } from '../support/clients.ts';
import { cloud, instance } from '../support/cloud.ts';
import { SILENT, wellSeen } from '../support/health.ts';
import { CLOSED } from '../support/power.ts';
import { type Items, reached } from '../support/site.ts';
import { memoryTable, TABLE } from '../support/table.ts';
import { at, iso, stillClock } from '../support/time.ts';

stillClock();

const ENVIRONMENT = {
  SITE: 'clinic',
  TABLE,
  TOPIC: 'topic',
  TIME_ZONE: 'Europe/London',
  ACCOUNT: '111122223333',
  REGION: 'eu-west-2',
  DATABASE: 'clinic',
  DATABASE_ADDRESS: 'database.example',
  PROBE: 'probe',
  PROBE_DOCUMENT: 'clinic-probe',
  AUTHORITY_PARAMETER: '/clinic/ca',
  IMAGES: 'images',
  IMAGES_KEY: 'look',
  RECORDS: 'records',
  RECORDS_PREFIX: 'incidents/',
};

/** Two nodes that were started at a time and look like this, and what a look at them asks of hosts. */
function site(items: Items, launched: string, sight: Sight) {
  const { ec2, rds } = cloud({
    instances: ['a', 'b'].map((node) =>
      instance(node, 'running', { LaunchTime: at(launched), PrivateIpAddress: '10.0.0.7' }),
    ),
  });
  const seen = {
    nodes: { a: sight, b: sight },
    database: { at: iso('12:15'), reached: 'reached' },
  };
  const ssm = service({
    DescribeInstanceInformation: () => ({
      InstanceInformationList: ['i-a', 'i-b'].map((InstanceId) => ({
        InstanceId,
        PingStatus: 'Online',
      })),
    }),
    GetParameter: () => ({ Parameter: { Value: 'PEM' } }),
    SendCommand: refuse('InvalidInstanceId'),
  });
  const outside = clients({
    dynamodb: memoryTable(items),
    ec2,
    rds,
    ssm,
    lambda: service({ Invoke: () => ({ Payload: Buffer.from(JSON.stringify(seen)) }) }),
    s3: service({ PutObject: () => ({}) }),
  });
  const observe = (event: unknown) => create(ENVIRONMENT, outside)(event, context);
  const asked = () => ssm.calls.filter(({ name }) => name === 'SendCommand').length;
  return { observe, asked };
}

/** A look at a quarter past noon. */
function look(items: Items, launched: string, sight: Sight) {
  vi.setSystemTime(at('12:15'));
  return site(items, launched, sight).observe({ trigger: 'minute' });
}

describe('a look at which all is well says until when nothing changes by itself', () => {
  it('both nodes serve: until hosts are asked again', async () => {
    const verdict = await look(reached(), '07:01', wellSeen());

    expect(verdict).toMatchObject({ quietUntil: iso('13:00') });
  });

  it('no node is meant to serve: for a day', async () => {
    const verdict = await look(reached(CLOSED), '07:01', SILENT);

    expect(verdict).toMatchObject({ quietUntil: '2026-11-24T12:15:00.000Z' });
  });

  it('nodes that somebody has just started are given time: that runs out by itself', async () => {
    const verdict = await look(reached(), '12:13', SILENT);

    expect(verdict).toMatchObject({
      nodes: { a: { standing: 'planned' }, b: { standing: 'planned' } },
    });
    expect(verdict).not.toHaveProperty('quietUntil');
  });
});

describe('while all is well, hosts are asked', () => {
  const change = {
    source: 'aws.ec2',
    'detail-type': 'EC2 Instance State-change Notification',
    account: ENVIRONMENT.ACCOUNT,
    region: ENVIRONMENT.REGION,
    time: iso('12:00'),
    detail: { 'instance-id': 'i-a', state: 'running' },
  };

  it.each([
    ['once an hour, both', '12:00', { trigger: 'minute' }, 2],
    ['not in any other minute', '12:01', { trigger: 'minute' }, 0],
    ['not for an event that comes in that minute, too', '12:00', change, 0],
    ['whenever a person asks', '12:15', { trigger: 'person' }, 2],
  ])('%s', async (_, time, event, times) => {
    vi.setSystemTime(at(time));
    const { observe, asked } = site(reached(), '07:01', wellSeen());

    await expect(observe(event)).resolves.toMatchObject({ nodes: { a: { standing: 'serves' } } });

    expect(asked()).toBe(times);
  });
});
