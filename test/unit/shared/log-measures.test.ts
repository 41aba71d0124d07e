import { expect, it } from 'vitest';
import { LogMeasures } from '../../../functions/shared/log-measures.ts';

it('writes each measure as one line from which CloudWatch makes a metric of just its dimensions', () => {
  const lines: string[] = [];

  new LogMeasures((line) => lines.push(line)).put([
    {
      name: 'CertificateDaysLeft',
      unit: 'None',
      value: 89.5,
      dimensions: { Site: 'clinic', Node: 'a', Port: '443' },
    },
    { name: 'CertificateRenewals', unit: 'Count', value: 1, dimensions: { Site: 'clinic' } },
    {
      name: 'CertificateRenewalSeconds',
      unit: 'Seconds',
      value: 4,
      dimensions: { Site: 'clinic' },
    },
  ]);

  const metric = (dimensions: readonly string[], Name: string, Unit: string) => ({
    Timestamp: expect.any(Number),
    CloudWatchMetrics: [
      { Namespace: 'Orthweb', Dimensions: [dimensions], Metrics: [{ Name, Unit }] },
    ],
  });
  expect(lines.map((line) => JSON.parse(line))).toEqual([
    {
      _aws: metric(['Site', 'Node', 'Port'], 'CertificateDaysLeft', 'None'),
      Site: 'clinic',
      Node: 'a',
      Port: '443',
      CertificateDaysLeft: 89.5,
    },
    {
      _aws: metric(['Site'], 'CertificateRenewals', 'Count'),
      Site: 'clinic',
      CertificateRenewals: 1,
    },
    {
      _aws: metric(['Site'], 'CertificateRenewalSeconds', 'Seconds'),
      Site: 'clinic',
      CertificateRenewalSeconds: 4,
    },
  ]);
  expect(lines.join('')).not.toContain('\n');
});
