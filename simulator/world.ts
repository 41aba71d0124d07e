import { statSync } from 'node:fs';
import path from 'node:path';
import { Api, type Invocation, network, type Passage } from './api.ts';
import type { NotModelled } from './aws-error.ts';
import { Clock } from './clock.ts';
import { Faults } from './faults/faults.ts';
import type { Fault } from './faults/library.ts';
import { Iam } from './iam/iam.ts';
import { Judge } from './judge/judge.ts';
import type { Plan } from './judge/plan.ts';
import { Chance } from './random.ts';
import { CloudWatch, cloudwatchTypes } from './services/cloudwatch.ts';
import { DynamoDb, dynamodbTypes } from './services/dynamodb.ts';
import { Ec2 } from './services/ec2/ec2.ts';
import { ec2Types } from './services/ec2/launch.ts';
import { EventBus, eventbridgeTypes } from './services/eventbridge.ts';
import { demandFlowLogs, flowLogTypes } from './services/flow-logs.ts';
import { importSources, lambdaTypes, type Sources } from './services/lambda/function.ts';
import { LambdaService } from './services/lambda/lambda.ts';
import { demandLogKeys, logsTypes } from './services/logs.ts';
import { Rds, rdsTypes } from './services/rds.ts';
import { demandMonitoring } from './services/rds-monitoring.ts';
import { demandAccessLogs, s3Types } from './services/s3.ts';
import { Scheduler, schedulerTypes } from './services/scheduler.ts';
import { Sns, snsTypes } from './services/sns.ts';
import { Ssm, ssmTypes } from './services/ssm.ts';
import { stepFunctionsTypes } from './services/step-functions/machine.ts';
import { StepFunctions } from './services/step-functions/step-functions.ts';
import { Assembly, type ResourceType } from './template.ts';
import { Trace } from './trace.ts';

/** Types that do nothing by themselves but are referred to. */
const referredTypes: Readonly<Record<string, ResourceType>> = {
  'AWS::EC2::LaunchTemplate': {
    reads: ['LaunchTemplateData'],
    ignores: ['TagSpecifications'],
    names: (resource) => ({
      ref: `lt-0${resource.fingerprint(16)}`,
      attributes: { LatestVersionNumber: '1', DefaultVersionNumber: '1' },
    }),
  },
  'AWS::IAM::InstanceProfile': {
    reads: ['Roles'],
    names: (resource) => {
      const name = resource.generatedName();
      return { ref: name, attributes: { Arn: resource.arn('iam', `instance-profile/${name}`) } };
    },
  },
  'AWS::IAM::Policy': {
    reads: ['PolicyDocument', 'Roles'],
    ignores: ['PolicyName'],
    names: (resource) => ({ ref: resource.generatedName() }),
  },
  'AWS::IAM::Role': {
    reads: ['AssumeRolePolicyDocument', 'ManagedPolicyArns', 'Policies'],
    ignores: ['Description'],
    names: (resource) => {
      const name = resource.generatedName().slice(0, 64);
      return { ref: name, attributes: { Arn: resource.arn('iam', `role/${name}`) } };
    },
  },
  'AWS::KMS::Key': {
    reads: ['KeyPolicy'],
    ignores: ['Description', 'EnableKeyRotation', 'PendingWindowInDays'],
    names: (resource) => {
      const id = resource.fingerprint(32);
      return { ref: id, attributes: { Arn: resource.arn('kms', `key/${id}`), KeyId: id } };
    },
  },
  'AWS::SNS::TopicPolicy': {
    reads: ['PolicyDocument', 'Topics'],
    names: (resource) => ({ ref: resource.id }),
  },
  'AWS::SQS::QueuePolicy': {
    reads: ['PolicyDocument', 'Queues'],
    names: (resource) => ({ ref: resource.id }),
  },
};

/** Every resource type that the simulator knows; all others are inert. */
export const KNOWN_TYPES: Readonly<Record<string, ResourceType>> = {
  ...referredTypes,
  ...cloudwatchTypes,
  ...dynamodbTypes,
  ...ec2Types,
  ...eventbridgeTypes,
  ...flowLogTypes,
  ...lambdaTypes,
  ...logsTypes,
  ...rdsTypes,
  ...s3Types,
  ...schedulerTypes,
  ...snsTypes,
  ...ssmTypes,
  ...stepFunctionsTypes,
};

/** A synthesized site, and what the operator planned with it. */
export interface Deployment {
  readonly directory: string;
  readonly plan: Plan;
}

/** What a deployment takes, read before the clock is stopped. */
interface Prepared {
  readonly assembly: Assembly;
  readonly iam: Iam;
  readonly sources: Sources;
  readonly plan: Plan;
}

export interface WorldOptions {
  /** The cloud assembly: `cdk.out`. */
  readonly directory: string;
  /** The rehearsal begins here, as a deployment at this instant would. */
  readonly from: Date;
  readonly seed: number;
  readonly faults: readonly Fault[];
  /** What the operator planned; the judge holds the true world against it. */
  readonly plan: Plan;
  /** What the fault `deploy` deploys, with the plan in it; the same again if absent. */
  readonly deployment?: Deployment;
  /** Whether ticks that read nothing new are passed over. */
  readonly skipQuietTicks: boolean;
  /** How calls travel, for tools that explore crashes and orders; the usual network if absent. */
  readonly passage?: (world: World) => Passage;
}

/** One simulated account and region, built from a cloud assembly and nothing else. */
export class World {
  readonly clock: Clock;
  readonly trace: Trace;
  iam: Iam;
  readonly judge: Judge;
  readonly faults: Faults;
  readonly api: Api;
  readonly passage: Passage;
  readonly cloudwatch: CloudWatch;
  readonly bus: EventBus;
  readonly dynamodb: DynamoDb;
  readonly ec2: Ec2;
  readonly rds: Rds;
  readonly ssm: Ssm;
  readonly sns: Sns;
  readonly lambda: LambdaService;
  readonly stepFunctions: StepFunctions;
  readonly scheduler: Scheduler;
  private readonly first: Prepared;
  private readonly next: Prepared;
  private readonly seed: number;

  private constructor(clock: Clock, first: Prepared, next: Prepared, options: WorldOptions) {
    const { assembly } = first;
    this.first = first;
    this.next = next;
    this.seed = options.seed;
    this.clock = clock;
    this.trace = new Trace(() => clock.iso());
    this.faults = new Faults(this, options.faults);
    this.judge = new Judge(this, options.plan);
    this.iam = first.iam;
    this.dynamodb = new DynamoDb(this, assembly);
    this.ec2 = new Ec2(this, assembly);
    this.rds = new Rds(this, assembly);
    this.ssm = new Ssm(this);
    this.sns = new Sns(this);
    this.lambda = new LambdaService(this);
    this.stepFunctions = new StepFunctions(this);
    this.cloudwatch = new CloudWatch(this);
    this.bus = new EventBus(this);
    this.api = new Api(this, {
      dynamodb: this.dynamodb.operations,
      ec2: this.ec2.operations,
      rds: this.rds.operations,
      sfn: this.stepFunctions.operations,
      sns: this.sns.operations,
      ssm: this.ssm.operations,
    });
    this.passage = options.passage?.(this) ?? network(clock);
    this.scheduler = new Scheduler(this, options);
    this.install(first);
    demandAccessLogs(this, assembly);
    demandFlowLogs(this, assembly);
    demandLogKeys(this, assembly);
    demandMonitoring(this, assembly);
    this.faults.arm();
    if (this.faults.skews) clock.skew(() => this.api.caller?.skewMs ?? 0);
  }

  /**
   * Loads the assembly and stops the process's clock at `from`.
   *
   * Throws `NotModelled`, naming resource and property, on anything that it would have to guess.
   */
  static async load(options: WorldOptions): Promise<World> {
    const first = await prepared(options);
    const next = options.deployment ? await prepared(options.deployment) : first;
    const clock = new Clock(options.from);
    try {
      return new World(clock, first, next, options);
    } catch (error) {
      clock.uninstall();
      throw error;
    }
  }

  /** The operations stack is deployed: what runs goes on, what begins from now on is new. */
  deploy(): void {
    this.iam = this.next.iam;
    this.install(this.next);
    if (this.next !== this.first) this.judge.replan(this.next.plan);
  }

  private install({ assembly, sources }: Prepared): void {
    this.sns.deploy(assembly);
    this.ssm.deploy(assembly);
    this.stepFunctions.deploy(assembly);
    this.lambda.deploy(assembly, sources);
    this.bus.deploy(assembly);
    this.cloudwatch.deploy(assembly);
    this.scheduler.deploy(assembly);
  }

  /** The chance of this occasion at this instant. */
  chance(occasion: string): Chance {
    return Chance.of(this.seed, `${this.clock.now} ${occasion}`);
  }

  /** To be called before anything changes that a node's serving hangs on. */
  noteServing(): void {
    this.judge.changing();
    for (const { host } of this.ec2.instances) host.noteServing();
  }

  /** Ends the run: something was met that nobody has modelled. */
  broken(error: NotModelled): NotModelled {
    this.clock.fail(error);
    return error;
  }

  /** Why an invocation does what it does: the last verdict of the execution it belongs to. */
  because(by: Invocation): string {
    const execution = this.stepFunctions.executions.find(({ arn }) => arn === by.execution);
    return execution?.because ?? '';
  }
}

async function prepared({ directory, plan }: Deployment): Promise<Prepared> {
  const { mtimeMs } = statSync(path.join(directory, 'manifest.json'));
  const key = `${directory} ${mtimeMs}`;
  const reading = readings.get(key) ?? read(directory);
  readings.set(key, reading);
  const { iam, ...same } = await reading;
  return { ...same, iam: iam.unspent(), plan };
}

/** What was read of an assembly as it was then: the tools play the same one hundreds of times. */
const readings = new Map<string, Promise<Omit<Prepared, 'plan'>>>();

async function read(directory: string): Promise<Omit<Prepared, 'plan'>> {
  const assembly = new Assembly(directory, KNOWN_TYPES);
  return { assembly, iam: await Iam.load(assembly), sources: await importSources(assembly) };
}
