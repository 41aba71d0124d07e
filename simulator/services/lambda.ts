import { existsSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Context } from 'aws-lambda';
import type { Create } from '../../functions/shared/lambda.ts';
import type { Invocation } from '../api.ts';
import { NotModelled } from '../aws-error.ts';
import { demand } from '../iam/demand.ts';
import type { Chance } from '../random.ts';
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
    reads: ['FunctionName', 'MaximumRetryAttempts'],
    only: { Qualifier: ['"$LATEST"'] },
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
  /** How often Lambda repeats an asynchronous invocation that failed. */
  readonly retries: number;
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

/**
 * Lambda repeats a failed asynchronous invocation twice: after one minute, and two minutes later.
 * https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
 */
const RETRIES = 2;
const RETRY_PAUSE_MS = 60_000;

/** Lambda: our own handlers, created once from the template's environment, with its time-outs. */
export class LambdaService {
  private readonly world: World;
  private readonly functions = new Map<string, Deployed>();
  private running = 0;
  private beginning = 0;

  constructor(world: World) {
    this.world = world;
  }

  /** The functions of the templates, from now on: cold, and with the environment they have there. */
  deploy(assembly: Assembly, sources: Sources): void {
    this.functions.clear();
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
      this.functions.set(arn, {
        name,
        label: resource.text('Handler').replace(/\.handler$/, ''),
        where: resource.where,
        role: resource.text('Role'),
        log: resource.arn('logs', `log-group:${logGroupOf(resource, name)}:log-stream:newest`),
        timeoutMs: Number(resource.required('Timeout')) * 1000,
        handler: this.created(sources.get(arn), resource, name),
        retries: Number(
          assembly
            .resources('AWS::Lambda::EventInvokeConfig')
            .find((config) => config.text('FunctionName') === name)
            ?.optional('MaximumRetryAttempts') ?? RETRIES,
        ),
        idleSince: Number.NEGATIVE_INFINITY,
      });
    }
  }

  get busy(): boolean {
    return this.running > 0;
  }

  /** Some function has been invoked and does not run yet. */
  get starting(): boolean {
    return this.beginning > 0;
  }

  /** The functions by their handlers: `power/act`. */
  get labels(): string[] {
    return [...this.functions.values()].map(({ label }) => label);
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

  /** Invokes as an event source does that does not wait: what fails is tried again by Lambda. */
  async invokeAsync(arn: string, event: unknown): Promise<unknown> {
    for (let attempt = 0; ; attempt++) {
      try {
        return await this.invoke(arn, event);
      } catch (error) {
        const tries = this.functions.get(arn)?.retries ?? 0;
        if (error instanceof NotModelled || attempt >= tries) throw error;
        await this.world.clock.sleep(RETRY_PAUSE_MS * (attempt + 1));
      }
    }
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
      this.beginning++;
      await clock.sleep(cold ? network.between(300, 900) : network.between(5, 30));
      this.beginning--;
      cloudwatch.count('AWS/Lambda', 'Invocations', { FunctionName: deployed.name });
      const answer = await this.bounded(deployed, execution, network, event);
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

  /** Runs the handler until it answers, its time is over, or something kills it. */
  private async bounded(
    deployed: Deployed,
    execution: string | undefined,
    network: Chance,
    event: unknown,
  ): Promise<unknown> {
    const { api, clock, faults } = this.world;
    const deadline = clock.now + deployed.timeoutMs;
    const { promise: death, reject } = Promise.withResolvers<never>();
    const by: Invocation = {
      functionName: deployed.label,
      role: deployed.role,
      execution,
      network,
      skewMs: faults.skew(deployed.label),
      die: ({ message }) => {
        by.dead = true;
        // What Lambda says of a process that is gone, and Step Functions passes on.
        reject(new LambdaFailure('Runtime.ExitError', `Runtime exited with error: ${message}`));
      },
      dead: false,
    };
    const context = {
      functionName: deployed.name,
      awsRequestId: network.identifier(32),
      getRemainingTimeInMillis: () => deadline - clock.now,
    } as Context;
    const cancel = clock.after(deployed.timeoutMs, () => {
      by.dead = true;
      const seconds = (deployed.timeoutMs / 1000).toFixed(2);
      reject(new LambdaFailure('Sandbox.Timedout', `Task timed out after ${seconds} seconds`));
    });
    const input = JSON.parse(JSON.stringify(event));
    try {
      return await Promise.race([api.within(by, () => deployed.handler(input, context)), death]);
    } finally {
      cancel();
    }
  }

  private created(
    create: Create<unknown> | undefined,
    resource: Resource,
    name: string,
  ): Deployed['handler'] {
    if (!create) throw new NotModelled(`${resource.where}: its source has not been imported`);
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

/** The source behind each function of the templates, by the function's ARN. */
export type Sources = ReadonlyMap<string, Create<unknown>>;

/** Imports them all; needs the real clock, because it reads files. */
export async function importSources(assembly: Assembly): Promise<Sources> {
  const sources = new Map<string, Create<unknown>>();
  for (const resource of assembly.resources('AWS::Lambda::Function')) {
    const arn = String(assembly.names(resource).attributes?.Arn);
    sources.set(arn, await importHandler(assembly, resource));
  }
  return sources;
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
