import type { DBInstance } from '@aws-sdk/client-rds';
import type { Invocation } from '../../api.ts';
import { AwsError } from '../../aws-error.ts';
import type { Cancel } from '../../clock.ts';
import type { Site } from '../../site.ts';
import { type DatabaseEvent, eventOf } from './events.ts';

/** RDS starts a stopped instance by itself after seven days. */
const SELF_START_MS = 7 * 86_400_000;
const MINUTE_MS = 60_000;

type Status = 'available' | 'starting' | 'stopped' | 'stopping' | 'storage-full';

/** The database of a site, which takes minutes to start and to stop. */
export class Database {
  readonly identifier: string;
  readonly arn: string;
  readonly site: Site;
  private status: Status = 'available';
  private failures = 0;
  /** For how many reasons its storage is full. */
  private full = 0;
  private since: number;
  private selfStart: Cancel | undefined;
  private measuring: Cancel | undefined;

  constructor(site: Site) {
    const { assembly, world } = site;
    const [resource] = assembly.resources('AWS::RDS::DBInstance');
    const names = resource && assembly.names(resource);
    this.site = site;
    this.identifier = names?.ref ?? '';
    this.arn = names?.attributes?.DBInstanceArn ?? '';
    this.since = world.clock.now;
  }

  /** It answers clients: more than its status says. */
  get available(): boolean {
    return this.greets && this.full === 0;
  }

  /** It takes connections, whether or not it can do anything for who makes them. */
  get greets(): boolean {
    return this.status === 'available' && !this.failing;
  }

  /** Nothing is heard from it, whatever its status says. */
  get failing(): boolean {
    return this.failures > 0;
  }

  /** What comes of a connection to it, for those who have a way. */
  get door(): 'reached' | 'refused' | 'silent' {
    if (this.failing) return 'silent';
    return this.greets ? 'reached' : 'refused';
  }

  /** It answers nobody from now on (1), or does again for one of the reasons (-1). */
  fail(more: 1 | -1): void {
    this.site.world.noteServing();
    this.failures += more;
    this.site.realHosts?.database(this.available);
  }

  /**
   * Its standby takes over: clients are cut off for so long, and its status does not tell. Only a
   * database that runs can fail over.
   * https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Concepts.MultiAZ.Failover.html
   */
  failover(seconds: number): void {
    if (this.status !== 'available') return;
    this.site.say('world', 'database', 'fails over', 'to its standby');
    this.tell('RDS-EVENT-0013');
    this.fail(1);
    this.site.world.clock.after(seconds * 1000, () => {
      this.fail(-1);
      this.tell('RDS-EVENT-0049');
    });
  }

  /**
   * Its storage is full from now on (1), or has room again for one of the reasons (-1).
   * https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/accessing-monitoring.html
   */
  fill(more: 1 | -1): void {
    this.site.world.noteServing();
    this.full += more;
    this.site.realHosts?.database(this.available);
    if (this.full !== 1 || more === -1) return;
    if (this.status === 'available') this.tell('RDS-EVENT-0007');
    this.measuring?.();
    this.measure();
  }

  /** How much room there is, each minute while there is none: nothing else hangs on the number. */
  private measure(): void {
    const { clock, cloudwatch } = this.site.world;
    if (this.full === 0) return;
    const dimensions = { DBInstanceIdentifier: this.identifier };
    if (this.status !== 'stopped') cloudwatch.record('AWS/RDS', 'FreeStorageSpace', dimensions, 0);
    this.measuring = clock.after(MINUTE_MS, () => this.measure(), { housekeeping: true });
  }

  /** What its status is for who asks RDS. */
  private get statusSeen(): Status {
    return this.status === 'available' && this.full > 0 ? 'storage-full' : this.status;
  }

  get stopped(): boolean {
    return this.status === 'stopped';
  }

  described(): DBInstance {
    return {
      DBInstanceIdentifier: this.identifier,
      DBInstanceArn: this.arn,
      DBInstanceStatus: this.statusSeen,
      Engine: 'postgres',
    };
  }

  startFor(by: Invocation): void {
    this.disrupts('rds:StartDBInstance', 'running', by);
    this.require('stopped');
    this.say('rds:StartDBInstance', by);
    this.start();
  }

  stopFor(by: Invocation): void {
    this.disrupts('rds:StopDBInstance', 'stopped', by);
    this.require('available');
    this.say('rds:StopDBInstance', by);
    this.stop();
  }

  /** Somebody stops it in the console: no call of ours, and no plan. */
  stopByHand(): void {
    this.site.say('world', 'database', 'stopping', 'a person stops it in the console');
    this.stop();
  }

  private stop(): void {
    const { clock } = this.site.world;
    this.become('stopping');
    clock.after(this.site.chance('rds stop').between(120_000, 330_000), () => {
      this.become('stopped');
      this.tell('RDS-EVENT-0087');
      this.selfStart = clock.after(SELF_START_MS, () => {
        this.site.say('world', 'database', 'starting', 'AWS starts it after seven days');
        this.tell('RDS-EVENT-0154');
        this.start();
      });
    });
  }

  private start(): void {
    const { faults, world } = this.site;
    this.selfStart?.();
    this.become('starting');
    const usual = this.site.chance('rds start').between(180_000, 330_000);
    world.clock.after(faults.databaseStart() ?? usual, () => {
      this.become('available');
      this.tell('RDS-EVENT-0088');
    });
  }

  private become(status: Status): void {
    const { world } = this.site;
    const seconds = Math.round((world.clock.now - this.since) / 1000);
    if (status === 'available' || status === 'stopped') {
      this.site.say('world', 'database', status, `after ${seconds} s ${this.status}`);
    }
    world.noteServing();
    this.status = status;
    this.site.realHosts?.database(this.available);
    this.since = world.clock.now;
  }

  private tell(id: DatabaseEvent): void {
    const { bus, clock } = this.site.world;
    bus.emit(eventOf(this, id, clock.iso()));
  }

  private require(status: Status): void {
    if (this.statusSeen !== status) {
      throw new AwsError('InvalidDBInstanceStateFault', `Instance is not in ${status} state.`);
    }
  }

  private disrupts(call: string, towards: 'running' | 'stopped', by: Invocation): void {
    this.site.judge.disruptive({ call, towards, resource: 'database' }, by);
  }

  private say(call: string, by: Invocation): void {
    const text = `${call} ${this.site.thing('database', by)}`;
    by.site.say('call', by.functionName, text, this.site.world.because(by));
  }
}
