import { existsSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Context } from 'aws-lambda';
import type { Create } from '../../functions/shared/lambda.ts';
import type { Invocation } from '../api.ts';
import { NotModelled } from '../aws-error.ts';
import { demand } from '../iam/demand.ts';
import type { Assembly, Resource, ResourceType } from '../template.ts';
import type { World } from '../world.ts';

export const lambdaTypes: Readonly<Record<string, ResourceType>> = {
  'AWS::Lambda::Function': {
    reads: [
      'Code',
      'Environment',
      'FunctionName',
      'Handler',
      'LoggingConfig',
      'Role',
      'Timeout',
      'VpcConfig',
    ],
    only: { Runtime: ['"nodejs24.x"'] },
    ignores: ['Architectures', 'Description', 'MemorySize'],
    names: (resource) => {
      const name = String(
        resource.optional('FunctionName') ?? resource.generatedName().slice(0, 64),
      );
      return { ref: name, attributes: { Arn: resource.arn('lambda', `function:${name}`) } };
    },
  },
  'AWS::Lambda::Permission': {
    reads: ['Action', 'FunctionName', 'Principal', 'SourceArn'],
    names: (resource) => ({ ref: resource.id }),
  },
  'AWS::Lambda::EventInvokeConfig': {
    // An invocation that fails is not repeated here: the next tick comes before Lambda's retry.
    ignores: ['FunctionName', 'MaximumRetryAttempts', 'MaximumEventAgeInSeconds', 'Qualifier'],
    names: (resource) => ({ ref: resource.id }),
  },
};

/** A function as the template describes it, with the code of this checkout behind it. */
interface Deployed {
  readonly name: string;
  /** The handler's path, `power/act`: what people know the function by. */
  readonly label: string;
  readonly where: string;
  readonly role: string;
  /** The stream of its log group that it writes to. */
  readonly log: string;
  readonly timeoutMs: number;
  readonly handler: (event: unknown, context: Context) => Promise<unknown>;
  idleSince: number;
}

/** A failed invocation, as Step Functions and the asynchronous queue see it. */
export class LambdaFailure extends Error {
  override readonly name: string;

  constructor(error: string, message: string) {
    super(JSON.stringify({ errorType: error, errorMessage: message }));
    this.name = error;
  }
}

/**
 * Lambda writes a function's log with the function's role, a stream per environment.
 * https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs.html
 */
const LOG_ACTIONS = ['logs:CreateLogStream', 'logs:PutLogEvents'];

/**
 * Lambda ties a function to a VPC with the function's role.
 * https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html
 */
const NETWORK_ACTIONS = [
  'ec2:CreateNetworkInterface',
  'ec2:DescribeNetworkInterfaces',
  'ec2:DescribeSubnets',
  'ec2:DeleteNetworkInterface',
  'ec2:AssignPrivateIpAddresses',
  'ec2:UnassignPrivateIpAddresses',
];

/** An environment that has not been used for this long is gone, and the next call starts cold. */
const WARM_MS = 10 * 60_000;

/** Lambda: our own handlers, created once from the template's environment, with its time-outs. */
export class LambdaService {
  private readonly world: World;
  private readonly functions = new Map<string, Deployed>();
  private running = 0;

  constructor(world: World) {
    this.world = world;
  }

  /** Loads every function of the templates; needs the real clock, because it imports files. */
  async load(assembly: Assembly): Promise<void> {
    for (const resource of assembly.resources('AWS::Lambda::Function')) {
      const { ref: name, attributes } = assembly.names(resource);
      const arn = String(attributes?.Arn);
      this.world.iam.assertTrusted(
        resource.text('Role'),
        'lambda.amazonaws.com',
        resource.where,
        arn,
      );
      if (resource.optional('VpcConfig') !== undefined) {
        this.demand(resource.where, resource.text('Role'), NETWORK_ACTIONS, '*');
      }
      const create = await importHandler(assembly, resource);
      this.functions.set(arn, {
        name,
        label: resource.text('Handler').replace(/\.handler$/, ''),
        where: resource.where,
        role: resource.text('Role'),
        log: resource.arn('logs', `log-group:${logGroupOf(resource, name)}:log-stream:newest`),
        timeoutMs: Number(resource.required('Timeout')) * 1000,
        handler: this.created(create, resource, name),
        idleSince: Number.NEGATIVE_INFINITY,
      });
    }
  }

  get busy(): boolean {
    return this.running > 0;
  }

  has(arn: string): boolean {
    return this.functions.has(arn);
  }

  /** Somebody keeps calling the function up to this instant, so that it stays warm. */
  keepWarm(arn: string, until: number): void {
    const deployed = this.functions.get(arn);
    if (deployed) deployed.idleSince = until;
  }

  /** Why the service may not invoke the function for this source; undefined when it may. */
  refusal(arn: string, principal: string, source: string): string | undefined {
    const { iam } = this.world;
    const refusal = iam.judge(iam.service(principal, source), 'lambda:InvokeFunction', arn);
    return refusal && `no AWS::Lambda::Permission lets ${principal} invoke ${arn} for ${source}`;
  }

  /** Invokes and waits; the event and the answer go through JSON, as on the wire. */
  async invoke(arn: string, event: unknown, execution?: string): Promise<unknown> {
    const { clock, cloudwatch } = this.world;
    const network = this.world.chance(`invocation of ${arn} by ${execution}`);
    const deployed = this.functions.get(arn);
    if (!deployed)
      throw new LambdaFailure('Lambda.ResourceNotFoundException', `no function ${arn}`);
    const cold = clock.now - deployed.idleSince > WARM_MS;
    this.running++;
    try {
      if (cold) this.demand(deployed.where, deployed.role, LOG_ACTIONS, deployed.log);
      await clock.sleep(cold ? network.between(300, 900) : network.between(5, 30));
      cloudwatch.count('AWS/Lambda', 'Invocations', { FunctionName: deployed.name });
      const invocation: Invocation = {
        functionName: deployed.label,
        role: deployed.role,
        execution,
        network,
        dead: false,
      };
      const answer = await this.bounded(deployed, invocation, JSON.parse(JSON.stringify(event)));
      return JSON.parse(JSON.stringify(answer ?? null));
    } catch (error) {
      cloudwatch.count('AWS/Lambda', 'Errors', { FunctionName: deployed.name });
      if (error instanceof NotModelled) throw error;
      throw error instanceof LambdaFailure
        ? error
        : new LambdaFailure(
            error instanceof Error ? error.name : 'Error',
            error instanceof Error ? error.message : String(error),
          );
    } finally {
      this.running--;
      deployed.idleSince = clock.now;
    }
  }

  private demand(where: string, role: string, actions: readonly string[], resource: string): void {
    for (const action of actions) {
      demand(this.world, where, this.world.iam.refusal(role, action, [resource], {}));
    }
  }

  private async bounded(deployed: Deployed, by: Invocation, event: unknown): Promise<unknown> {
    const { api, clock } = this.world;
    const deadline = clock.now + deployed.timeoutMs;
    const context = {
      functionName: deployed.name,
      awsRequestId: by.network.identifier(32),
      getRemainingTimeInMillis: () => deadline - clock.now,
    } as Context;
    const work = api.within(by, () => deployed.handler(event, context));
    let cancel = () => {};
    const timeout = new Promise<never>((_resolve, reject) => {
      cancel = clock.after(deployed.timeoutMs, () => {
        by.dead = true;
        const seconds = (deployed.timeoutMs / 1000).toFixed(2);
        reject(new LambdaFailure('Sandbox.Timedout', `Task timed out after ${seconds} seconds`));
      });
    });
    try {
      return await Promise.race([work, timeout]);
    } finally {
      cancel();
    }
  }

  private created(create: Create<unknown>, resource: Resource, name: string): Deployed['handler'] {
    const environment = resource.optional('Environment') as
      | { readonly Variables: Readonly<Record<string, string>> }
      | undefined;
    try {
      return create(
        {
          ...environment?.Variables,
          AWS_LAMBDA_FUNCTION_NAME: name,
          AWS_REGION: resource.stack.region,
          // The trace keeps what matters; a year of log lines would only cost time.
          POWERTOOLS_LOG_LEVEL: 'SILENT',
        },
        this.world.api.clients,
      );
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new NotModelled(`${resource.where}: the function does not start: ${reason}`);
    }
  }
}

function logGroupOf(resource: Resource, name: string): string {
  const config = resource.optional('LoggingConfig') as { readonly LogGroup?: string } | undefined;
  return config?.LogGroup ?? `/aws/lambda/${name}`;
}

/** The bundle's name in the function's asset says which source file it was made from. */
async function importHandler(assembly: Assembly, resource: Resource): Promise<Create<unknown>> {
  const [file, name] = resource.text('Handler').split('.');
  const code = resource.required('Code') as { readonly S3Key: string };
  const folder = assembly.assetFolder(code.S3Key, resource.where);
  if (!existsSync(path.join(folder, `${file}.mjs`)) || name !== 'handler') {
    throw new NotModelled(`${resource.where}: its asset holds no ${resource.text('Handler')}`);
  }
  const source = path.join(import.meta.dirname, '../../functions', `${file}.ts`);
  const module = await import(pathToFileURL(source).href);
  return module.create as Create<unknown>;
}
