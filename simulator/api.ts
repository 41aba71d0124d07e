import { AsyncLocalStorage } from 'node:async_hooks';
import type { Clients, Services } from '../functions/shared/clients.ts';
import type { DatabaseSight, Question, Sight } from '../functions/shared/view.ts';
import { AwsError, NotModelled } from './aws-error.ts';
import type { Clock } from './clock.ts';
import type { Blow, Call } from './faults/faults.ts';
import type { RequestContext } from './iam/conditions.ts';
import type { Chance } from './random.ts';
import { checkedError, checkInput, checkOutput } from './sdk-model/model.ts';
import { nodeOf } from './services/ec2/instance.ts';
import type { Site } from './site.ts';
import { PATIENCE_MS } from './view.ts';
import type { World } from './world.ts';

/** One Lambda invocation: in whose name calls are made, and on whose behalf. */
export interface Invocation {
  /** Whose function it is. */
  readonly site: Site;
  readonly functionName: string;
  /** Its ARN, which each call of its code carries. */
  readonly functionArn: string;
  readonly role: string;
  /** The execution that invoked the function; absent for the tick and other events. */
  readonly execution: string | undefined;
  /** How long each of its calls takes on the way. */
  readonly network: Chance;
  /** How far its clock is off, in ms. */
  readonly skewMs: number;
  /** Ends the process with this error. */
  readonly die: (error: Error) => void;
  /** The process is gone, and what it still awaits never comes. */
  dead: boolean;
}

/**
 * The way of a call to AWS and back: where time passes and where control may pass to others.
 * Tools that explore crashes and orders put their own in its place.
 */
export interface Passage {
  /** Resolves when the call may take effect. */
  before(call: Call): Promise<void>;
  /** Resolves when its answer may reach the caller. */
  after(call: Call): Promise<void>;
}

export interface Permission {
  readonly action: string;
  readonly resources: readonly string[];
  readonly context?: RequestContext;
}

/**
 * One API operation: what the caller must be allowed to do, and what it does. It takes effect at one
 * instant; its answer may take longer.
 */
export interface Operation {
  readonly permissions: (input: never) => readonly Permission[];
  readonly run: (input: never, invocation: Invocation) => object | Promise<object>;
}

export type Operations = Readonly<Record<string, Operation>>;

/** Declares an operation with its SDK types. */
export const operation = <I, O extends object>(
  permissions: (input: I) => readonly Permission[],
  run: (input: I, invocation: Invocation) => O | Promise<O>,
): Operation => ({ permissions, run }) as unknown as Operation;

/** What comes before the name of a bucket in its ARN, and in those of its objects. */
const OF_S3 = 'arn:aws:s3:::';

/** How each service words a refusal. */
const ACCESS_DENIED: Readonly<Record<keyof Services, string>> = {
  dynamodb: 'AccessDeniedException',
  ec2: 'UnauthorizedOperation',
  eventbridge: 'AccessDeniedException',
  kms: 'AccessDeniedException',
  lambda: 'AccessDeniedException',
  rds: 'AccessDenied',
  s3: 'AccessDenied',
  sfn: 'AccessDeniedException',
  sns: 'AuthorizationErrorException',
  ssm: 'AccessDeniedException',
};

/**
 * The AWS APIs as our handlers call them: a `send` per service, with a network's delay, checked
 * against the caller's role, refused or carried out at one instant.
 */
export class Api {
  private readonly world: World;
  readonly services: Readonly<Record<keyof Services, Operations>>;
  private readonly current = new AsyncLocalStorage<Invocation>();

  constructor(world: World, services: Readonly<Record<keyof Services, Operations>>) {
    this.world = world;
    this.services = services;
  }

  readonly clients: Clients = {
    ...(Object.fromEntries(
      Object.keys(ACCESS_DENIED).map((service) => [
        service,
        {
          send: (command: { readonly constructor: { name: string }; readonly input: object }) =>
            this.send(service as keyof Services, command),
        },
      ]),
    ) as unknown as Services),
    view: {
      look: (question) => this.look(question),
      database: (address) => this.greet(address),
    },
    // CloudFormation has its answers before anything is played (`deployment.ts`).
    answers: {
      put: async () => {
        throw this.world.broken(new NotModelled('nobody waits for the answer of a resource'));
      },
    },
    measures: {
      put: (measures) => {
        for (const { name, dimensions, value } of measures) {
          this.world.cloudwatch.record('Orthweb', name, dimensions, value);
        }
      },
    },
  };

  within<T>(invocation: Invocation, run: () => Promise<T>): Promise<T> {
    return this.current.run(invocation, run);
  }

  /** Runs something that belongs to no invocation, though one has set it going. */
  outside<T>(run: () => T): T {
    return this.current.exit(run);
  }

  /** The invocation whose code is running right now. */
  get caller(): Invocation | undefined {
    return this.current.getStore();
  }

  private look(question: Question): Promise<Sight> {
    const { view } = this.world;
    const nodes = (by: Invocation) => view.nodesAt(question.address, by);
    return this.see('look', nodes, async (by, { unanswered }) => {
      const sight = view.look(question, by);
      if (!unanswered) for (const node of nodes(by)) by.site.judge.looked(node, sight, by);
      await this.world.clock.sleep(view.takes(question, sight, by));
      return sight;
    });
  }

  private greet(address: string): Promise<DatabaseSight> {
    const targets = () => ['database'];
    return this.see('database', targets, async (by) => {
      const sight = this.world.view.database(address, by);
      await this.world.clock.sleep(sight.reached === 'silent' ? PATIENCE_MS : 0);
      return sight;
    });
  }

  /** A look takes the way of a call, where control may pass to others, and a function may die. */
  private async see<T>(
    operation: string,
    targets: (by: Invocation) => readonly string[],
    sight: (by: Invocation, blow: Blow) => T | Promise<T>,
  ): Promise<T> {
    const { passage } = this.world;
    const by = this.current.getStore();
    if (!by) throw this.world.broken(new NotModelled('who looks is no function'));
    const call: Call = { service: 'view', operation, by, targets: () => targets(by) };
    await passage.before(call);
    if (by.dead) return never();
    const blow = by.site.faults.blow(call);
    try {
      return await sight(by, blow);
    } catch (error) {
      throw error instanceof NotModelled ? this.world.broken(error) : error;
    } finally {
      if (blow.kills) by.die(new Error(`killed after view:${operation}`));
      if (blow.unanswered) await never();
      await passage.after(call);
      if (by.dead) await never();
    }
  }

  private async send(
    service: keyof Services,
    command: { readonly constructor: { name: string }; readonly input: object },
  ): Promise<object> {
    const { passage } = this.world;
    const name = command.constructor.name.replace(/Command$/, '');
    const operation = this.services[service][name];
    const by = this.current.getStore();
    if (!operation || !by) {
      throw this.world.broken(new NotModelled(`the simulator does not know ${service}:${name}`));
    }
    const targets = () => this.targetsOf(operation.permissions(command.input as never));
    const call: Call = { service, operation: name, by, targets };
    await passage.before(call);
    if (by.dead) return never();
    let blow: Blow = {};
    try {
      checkInput(service, name, command.input);
      by.site.judge.tried(call);
      blow = by.site.faults.blow(call);
      if (blow.refusal) throw blow.refusal;
      for (const permission of operation.permissions(command.input as never)) {
        this.authorize(service, permission, by);
      }
      const answering = operation.run(command.input as never, by);
      // What is answered at once lets nobody else pass meanwhile.
      const answer = answering instanceof Promise ? await answering : answering;
      checkOutput(service, name, answer);
      if (!blow.unanswered) by.site.judge.answered(call);
      return answer;
    } catch (thrown) {
      const error = checkedError(service, name, thrown);
      throw error instanceof NotModelled ? this.world.broken(error) : error;
    } finally {
      if (blow.kills) by.die(new Error(`killed after ${service}:${name}`));
      if (blow.unanswered) await never();
      await passage.after(call);
      if (by.dead) await never();
    }
  }

  /** The names under which a fault may know what a call touches. */
  private targetsOf(permissions: readonly Permission[]): string[] {
    return permissions
      .flatMap(({ resources }) => resources)
      .flatMap((arn) => [
        arn.split(/[:/]/).at(-1) ?? '',
        // An object of S3 is in a bucket.
        ...(arn.startsWith(OF_S3) ? [arn.slice(OF_S3.length).split('/')[0] ?? ''] : []),
        ...this.world.ec2.instances.filter((one) => one.arn === arn).map(nodeOf),
      ]);
  }

  /** A refused call fails as on AWS, and fails the run: a deployment would lack that right. */
  private authorize(service: keyof Services, permission: Permission, by: Invocation): void {
    const { action, resources, context = {} } = permission;
    const refusal = this.world.iam.refusal(by.role, action, resources, {
      ...context,
      'lambda:SourceFunctionArn': by.functionArn,
    });
    if (refusal === undefined) return;
    this.world.judge.permission(refusal);
    throw new AwsError(ACCESS_DENIED[service], refusal);
  }
}

/** The usual way: some milliseconds on the network, there and back. */
export const network = (clock: Clock): Passage => ({
  before: ({ by }) => clock.sleep(by.network.between(4, 40)),
  after: ({ by }) => clock.sleep(by.network.between(2, 20)),
});

const never = (): Promise<never> => new Promise(() => {});
