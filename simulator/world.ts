import { statSync } from 'node:fs';
import path from 'node:path';
import { assertOneAccount } from './account.ts';
import { Api, type Invocation, network, type Passage } from './api.ts';
import type { NotModelled } from './aws-error.ts';
import { Clock } from './clock.ts';
import { type Made, make } from './deployment.ts';
import type { Fault } from './faults/library.ts';
import { demand } from './iam/demand.ts';
import { Iam } from './iam/iam.ts';
import { type Ages, issue } from './issue.ts';
import type { Finding } from './judge/invariants.ts';
import type { Judge } from './judge/judge.ts';
import type { Plan } from './judge/plan.ts';
import type { Machines } from './machines.ts';
import { Chance } from './random.ts';
import { RealHosts } from './real-hosts.ts';
import { cloudwatchTypes } from './services/alarms.ts';
import { CloudWatch } from './services/cloudwatch.ts';
import { DynamoDb, dynamodbTypes } from './services/dynamodb.ts';
import { Ec2 } from './services/ec2/ec2.ts';
import { ec2Types } from './services/ec2/launch.ts';
import { demandDeadLetters, EventBus, eventbridgeTypes } from './services/eventbridge.ts';
import { demandFlowLogs, flowLogTypes } from './services/flow-logs.ts';
import { Kms, keysOf, kmsTypes } from './services/kms.ts';
import { demandDestinations } from './services/lambda/asynchronous.ts';
import { importSources, lambdaTypes } from './services/lambda/function.ts';
import { invokeOperations } from './services/lambda/invoke.ts';
import { LambdaService } from './services/lambda/lambda.ts';
import { demandLogKeys, logsTypes } from './services/logs.ts';
import { eventOperations } from './services/put-events.ts';
import { demandMonitoring } from './services/rds/monitoring.ts';
import { Rds, rdsTypes } from './services/rds/rds.ts';
import { demandAccessLogs, s3Types } from './services/s3.ts';
import { S3 } from './services/s3-objects.ts';
import { Scheduler, schedulerTypes } from './services/scheduler.ts';
import { secretsManagerTypes } from './services/secrets-manager.ts';
import { Sns, snsTypes } from './services/sns.ts';
import { Sqs, sqsTypes } from './services/sqs.ts';
import { Ssm, ssmTypes } from './services/ssm.ts';
import { stepFunctionsTypes } from './services/step-functions/machine.ts';
import { StepFunctions } from './services/step-functions/step-functions.ts';
import { type Prepared, Site } from './site.ts';
import { Assembly, type ResourceType } from './template.ts';
import { Trace } from './trace.ts';
import { HostView } from './view.ts';

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
  'AWS::SNS::TopicPolicy': {
    reads: ['PolicyDocument', 'Topics'],
    names: (resource) => ({ ref: resource.generatedName() }),
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
  ...kmsTypes,
  ...lambdaTypes,
  ...logsTypes,
  ...rdsTypes,
  ...s3Types,
  ...schedulerTypes,
  ...secretsManagerTypes,
  ...snsTypes,
  ...sqsTypes,
  ...ssmTypes,
  ...stepFunctionsTypes,
};

/** A synthesized site, and what the operator planned with it. */
export interface Deployment {
  readonly directory: string;
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
  /** Other sites in the same account and region, played and judged beside it; none if absent. */
  readonly neighbours?: readonly Deployment[];
  /**
   * What nodes begin with: the interim pair of their first boot, as a deployment leaves them, or a
   * certificate that was issued at that instant, or so many days before, with its record; `interim`
   * if absent.
   */
  readonly certificates?: 'interim' | 'issued' | Ages;
  /** Whether ticks that read nothing new are passed over. */
  readonly skipQuietTicks: boolean;
  /** What the hosts of the site that is played run on, and its database; models if absent. */
  readonly machines?: Machines;
  /** How calls travel, for tools that explore crashes and orders; the usual network if absent. */
  readonly passage?: (world: World) => Passage;
}

/** One simulated account and region, built from cloud assemblies and nothing else. */
export class World {
  readonly clock: Clock;
  readonly trace: Trace;
  iam: Iam;
  /** The site that is played, with its faults; what else there is are its neighbours. */
  readonly site: Site;
  readonly sites: readonly Site[];
  readonly realHosts: RealHosts | undefined;
  readonly api: Api;
  readonly passage: Passage;
  readonly cloudwatch: CloudWatch;
  readonly bus: EventBus;
  readonly dynamodb: DynamoDb;
  readonly ec2: Ec2;
  readonly kms: Kms;
  readonly rds: Rds;
  readonly s3: S3;
  readonly ssm: Ssm;
  readonly sns: Sns;
  readonly sqs: Sqs;
  readonly lambda: LambdaService;
  readonly view: HostView;
  readonly stepFunctions: StepFunctions;
  readonly scheduler: Scheduler;
  private readonly next: Prepared;
  private readonly seed: number;
  private readonly from: Date;

  private constructor(clock: Clock, prepared: PreparedWorld, options: WorldOptions) {
    this.next = prepared.next;
    this.seed = options.seed;
    this.from = options.from;
    this.clock = clock;
    this.trace = new Trace(() => clock.iso());
    this.site = new Site(this, prepared.site, options.faults);
    this.sites = [this.site, ...prepared.neighbours.map((one) => new Site(this, one, []))];
    this.realHosts = options.machines && new RealHosts(this.site, options.machines);
    this.iam = this.policies();
    this.dynamodb = new DynamoDb(this);
    this.s3 = new S3(this);
    this.ec2 = new Ec2(this);
    this.kms = new Kms();
    this.rds = new Rds(this);
    this.ssm = new Ssm(this);
    this.sns = new Sns(this);
    this.sqs = new Sqs(this);
    this.lambda = new LambdaService(this);
    this.view = new HostView(this);
    this.stepFunctions = new StepFunctions(this);
    this.cloudwatch = new CloudWatch(this);
    this.bus = new EventBus(this);
    this.api = new Api(this, {
      dynamodb: this.dynamodb.operations,
      ec2: this.ec2.operations,
      eventbridge: eventOperations(this),
      kms: this.kms.operations,
      lambda: invokeOperations(this),
      rds: this.rds.operations,
      s3: this.s3.operations,
      sfn: this.stepFunctions.operations,
      sns: this.sns.operations,
      ssm: this.ssm.operations,
    });
    this.passage = options.passage?.(this) ?? network(clock);
    this.scheduler = new Scheduler(this, options);
    for (const site of this.sites) {
      this.install(site);
      for (const { where, role, action, resources, context = {} } of site.demands) {
        demand(this, where, this.iam.refusal(role, action, resources, context));
      }
      demandAccessLogs(site);
      demandDeadLetters(site);
      demandDestinations(site);
      demandFlowLogs(site);
      demandLogKeys(site);
      demandMonitoring(site);
    }
    const { faults } = this.site;
    faults.arm();
    if (faults.skews) clock.skew(() => this.api.caller?.skewMs ?? 0);
  }

  /**
   * Loads the assemblies and stops the process's clock at `from`.
   *
   * Throws `NotModelled`, naming resource and property, on anything that it would have to guess.
   */
  static async load(options: WorldOptions): Promise<World> {
    const { deployment, neighbours = [], from } = options;
    const site = await read(options);
    const next = deployment ? await read(deployment) : site;
    const others: Read[] = [];
    for (const one of neighbours) others.push(await read(one, { isNeighbour: true }));
    for (const one of [site, next]) {
      assertOneAccount([one, ...others].map(({ assembly }) => assembly));
    }
    const clock = new Clock(from);
    try {
      const first = await deployed(site, from);
      const prepared = {
        site: first,
        // The same once more changes nothing, so the judge expects nothing new of it.
        next: next === site ? first : await deployed(next, from),
        neighbours: await Promise.all(others.map((one) => deployed(one, from))),
      };
      const world = new World(clock, prepared, options);
      const { certificates = 'interim' } = options;
      if (certificates !== 'interim') {
        await issue(world, certificates === 'issued' ? { a: 0, b: 0 } : certificates);
      }
      return world;
    } catch (error) {
      clock.uninstall();
      throw error;
    }
  }

  /** Who judges the site that is played. */
  get judge(): Judge {
    return this.site.judge;
  }

  /** What was found at any site. */
  get findings(): readonly Finding[] {
    return this.sites.flatMap(({ judge }) => judge.findings);
  }

  /** The site's operations are deployed: what runs goes on, what begins from now on is new. */
  deploy(): void {
    this.site.redeploy(this.next);
    this.iam = this.policies();
    this.install(this.site);
  }

  private policies(): Iam {
    return Iam.together(this.site.iam, ...this.sites.slice(1).map(({ iam }) => iam));
  }

  private install(site: Site): void {
    this.kms.add(keysOf(site.assembly, this.from));
    this.sns.deploy(site);
    this.sqs.deploy(site);
    this.ssm.deploy(site);
    this.stepFunctions.deploy(site);
    this.lambda.deploy(site);
    this.view.deploy(site);
    this.bus.deploy(site);
    this.cloudwatch.deploy(site);
    this.scheduler.deploy(site);
  }

  /** The chance of this occasion at this instant. */
  chance(occasion: string): Chance {
    return Chance.of(this.seed, `${this.clock.now} ${occasion}`);
  }

  /** When anything last changed that a tick may read, epoch milliseconds. */
  changedAt = Number.NEGATIVE_INFINITY;

  /** To be called when something changes that a tick may read. */
  noteChange(): void {
    this.changedAt = this.clock.now;
  }

  /** To be called before anything changes that a node's serving hangs on. */
  noteServing(): void {
    this.noteChange();
    for (const { judge } of this.sites) judge.changing();
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

/** What a world is made from, read before its clock is stopped. */
interface PreparedWorld {
  readonly site: Prepared;
  readonly next: Prepared;
  readonly neighbours: readonly Prepared[];
}

/** An assembly as it is read, before anything of it is deployed. */
interface Read extends Omit<Prepared, 'made'> {
  /** What functions made of it at each instant at which it was deployed. */
  readonly deployments: Map<number, Promise<Made>>;
}

async function read({ directory, plan }: Deployment, as = { isNeighbour: false }): Promise<Read> {
  const { mtimeMs } = statSync(path.join(directory, 'manifest.json'));
  const key = `${directory} ${mtimeMs} ${as.isNeighbour}`;
  const reading = readings.get(key) ?? readAssembly(directory, as);
  readings.set(key, reading);
  return { ...(await reading), plan };
}

/** What was read of an assembly as it was then: the tools play the same one hundreds of times. */
const readings = new Map<string, Promise<Omit<Read, 'plan'>>>();

async function readAssembly(
  directory: string,
  as: { readonly isNeighbour: boolean },
): Promise<Omit<Read, 'plan'>> {
  const assembly = new Assembly(directory, KNOWN_TYPES, as);
  const [iam, sources] = [await Iam.load(assembly), await importSources(assembly)];
  return { assembly, iam, sources, deployments: new Map() };
}

/** Deployed at an instant, at which the clock stands. */
async function deployed({ deployments, ...reading }: Read, at: Date): Promise<Prepared> {
  const { assembly, sources } = reading;
  const making = deployments.get(at.getTime()) ?? make(assembly, sources, at);
  deployments.set(at.getTime(), making);
  const made = await making;
  assembly.take(made.resources);
  return { ...reading, made };
}
