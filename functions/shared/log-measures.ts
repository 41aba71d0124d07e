import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import type { Measure, Measures } from './measures.ts';

const UNITS = {
  Count: MetricUnit.Count,
  Seconds: MetricUnit.Seconds,
  None: MetricUnit.NoUnit,
} as const;

/**
 * Writes measures into the function's log, from which CloudWatch takes them by their format: no
 * call, no permission.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 */
export class LogMeasures implements Measures {
  readonly #write: (line: string) => void;

  constructor(write: (line: string) => void = (line) => process.stdout.write(`${line}\n`)) {
    this.#write = write;
  }

  put(measures: readonly Measure[]): void {
    for (const { name, unit, value, dimensions } of measures) {
      const metrics = new Metrics({ namespace: 'Orthweb' });
      // An alarm finds a metric by exactly its dimensions: Powertools' own one has to go.
      metrics.clearDefaultDimensions();
      metrics.addDimensions({ ...dimensions });
      metrics.addMetric(name, UNITS[unit], value);
      // One line each: values of one line would share their dimensions.
      this.#write(JSON.stringify(metrics.serializeMetrics()));
    }
  }
}
