import { expect, it } from 'vitest';
import { instantAt } from '../../simulator/report/local-time.ts';
import { detect } from '../support/detection.ts';
import { clinic, TEN } from './support/midday.ts';

it('over twenty seeds all trouble is noticed and told in time, and nothing else is', async () => {
  const { directory, plan, timeZone } = clinic;
  const seeds = Array.from({ length: 20 }, (_, index) => index + 1);

  const found = await detect({ directory, plan, from: instantAt(TEN, timeZone) }, seeds);

  const { detections, missed, falseAlerts, broken } = found;
  expect({ missed, falseAlerts, broken }).toEqual({ missed: [], falseAlerts: [], broken: [] });
  expect(detections.length).toBeGreaterThan(10);
  for (const { detected, alerted } of detections) {
    expect(detected).toBeLessThanOrEqual(150);
    expect(alerted).toBeLessThanOrEqual(20);
  }
});
