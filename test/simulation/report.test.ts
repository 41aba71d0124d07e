import { describe, expect, it } from 'vitest';
import type { Versions } from '../../simulator/lab/versions.ts';
import { instantAt } from '../../simulator/report/local-time.ts';
import { reportLines } from '../../simulator/report/report.ts';
import type { SimulationResult } from '../../simulator/simulation.ts';
import { play, siteOf } from './support/play.ts';

const site = siteOf();
const from = '2026-11-30T00:00';

/** The report's last lines: what the user takes away. */
function verdictOf(result: SimulationResult, days = 1): string {
  const lines = reportOf(result, days);
  return lines.slice(lines.lastIndexOf('') + 1).join('\n');
}

function reportOf(result: SimulationResult, days: number, versions?: Versions): string[] {
  const begin = instantAt(from, site.timeZone);
  return reportLines({
    site: 'clinic',
    environment: 'tst',
    region: 'ca-central-1',
    timeZone: site.timeZone,
    plan: site.plan,
    from: begin,
    days,
    end: new Date(begin.getTime() + days * 86_400_000),
    seed: 1,
    faults: [],
    result,
    ...(versions && { versions }),
  });
}

describe('the verdict', () => {
  it('says that every planned change happened, when it did', async () => {
    const result = await play(site, { from, days: 1 });

    const verdict = verdictOf(result);

    expect(verdict).toMatch(/^OK: Every planned change happened\.\nNo invariant was broken; /);
    expect(verdict).not.toContain('Alarms');
  });

  it('names alarms that sounded: a tick that fails each minute breaks no promise by itself', async () => {
    const result = await play(site, {
      from,
      days: 1,
      prepare: ({ cloudwatch, lambda }) => {
        const invoke = lambda.invoke.bind(lambda);
        lambda.invoke = (arn, event, execution) => {
          const FunctionName = arn.split(':').at(-1) ?? '';
          if (!execution && FunctionName.includes('SiteTick'))
            cloudwatch.count('AWS/Lambda', 'Errors', { FunctionName });
          return invoke(arn, event, execution);
        };
      },
    });

    expect(result.failure).toBeUndefined();
    expect(verdictOf(result)).toContain(
      'Alarms sounded: OrthwebOperations/Site/EachMinute/Errors.',
    );
  });

  it('says that a change is not judged when the rehearsal ends before it is due', async () => {
    const result = await play(site, { from, days: 0.295 });

    expect(verdictOf(result, 0.295)).toContain('Not judged: that of 2026-11-30T12:00:00.000Z');
  });
});

it('the report on hosts of the lab names what they ran', async () => {
  const result = await play(site, { from, days: 1 });
  const versions = {
    ...{ nginx: '1.22.1', Orthanc: '1.10.1', PostgreSQL: '15.18', psql: '15.18', DCMTK: '3.6.7' },
    ...{ OpenSSL: '3.0.22', bash: '5.2.15', curl: '7.88.1', jq: '1.6' },
  };

  expect(reportOf({ ...result, hosts: [] }, 1, versions)).toContain(
    'Hosts ran nginx 1.22.1 and Orthanc 1.10.1, the database PostgreSQL 15.18.',
  );
});
