import type { Instance } from './instance.ts';

/**
 * What EC2 checks of a running instance, with the metrics that say so: the machine below it, its
 * operating system, its disk.
 * https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/monitoring-system-instance-status-check.html
 */
const METRICS = {
  system: 'StatusCheckFailed_System',
  instance: 'StatusCheckFailed_Instance',
  volume: 'StatusCheckFailed_AttachedEBS',
} as const;
type Check = keyof typeof METRICS;
const CHECKS = Object.keys(METRICS) as readonly Check[];

type Checked = Pick<Instance, 'host' | 'id' | 'site' | 'state'>;

const MINUTE_MS = 60_000;
/** After a failure zeros are measured for so long: until whoever watches has seen the end of it. */
const AFTERMATH_MS = 15 * MINUTE_MS;

/** The status checks of an instance: they notice a minute or two late, and what they found stays. */
export class StatusChecks {
  private readonly instance: Checked;
  /** They need some minutes after a start. */
  private passAt: number;
  private found: ReadonlySet<Check> = new Set();
  private failedLast = Number.NEGATIVE_INFINITY;
  private measuring = false;

  constructor(instance: Checked) {
    this.instance = instance;
    this.passAt = instance.site.world.clock.now;
  }

  /** The instance has been started: nothing is said of it for so many milliseconds. */
  begin(ms: number): void {
    const { clock } = this.instance.site.world;
    this.found = new Set();
    this.passAt = clock.now + ms;
    clock.at(this.passAt, () => this.look());
  }

  statusOf(check: Check): 'initializing' | 'impaired' | 'ok' {
    const { state, site } = this.instance;
    if (state !== 'running' || site.world.clock.now < this.passAt) return 'initializing';
    return this.found.has(check) ? 'impaired' : 'ok';
  }

  /** Something has changed that they may notice. */
  lookSoon(): void {
    const { world } = this.instance.site;
    const chance = world.chance(`status checks ${this.instance.id}`);
    world.clock.after(chance.between(MINUTE_MS, 2 * MINUTE_MS), () => this.look());
  }

  private look(): void {
    const { host, state } = this.instance;
    const { failing } = host;
    this.found = new Set(state === 'running' ? CHECKS.filter((check) => failing[check]) : []);
    if (this.found.size > 0 && !this.measuring) this.measure();
  }

  /** Values come each minute on AWS, too; those of an instance that is well change nothing. */
  private measure(): void {
    const { id, site, state } = this.instance;
    const { clock, cloudwatch } = site.world;
    if (this.found.size > 0) this.failedLast = clock.now;
    this.measuring = state === 'running' && clock.now < this.failedLast + AFTERMATH_MS;
    if (!this.measuring) return;
    for (const check of CHECKS) {
      const value = this.found.has(check) ? 1 : 0;
      cloudwatch.record('AWS/EC2', METRICS[check], { InstanceId: id }, value);
    }
    clock.after(MINUTE_MS, () => this.measure(), { housekeeping: true });
  }
}
