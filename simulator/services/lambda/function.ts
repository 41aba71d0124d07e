import { existsSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Context } from 'aws-lambda';
import type { Create } from '../../../functions/shared/lambda.ts';
import { NotModelled } from '../../aws-error.ts';
import { demand } from '../../iam/demand.ts';
import type { Site } from '../../site.ts';
import type { Assembly, Resource, ResourceType } from '../../template.ts';
import type { World } from '../../world.ts';
import { type Asynchronous, asynchronousOf } from './asynchronous.ts';

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
    names: (resource) => ({ ref: resource.generatedName() }),
  },
  'AWS::Lambda::EventInvokeConfig': {
    reads: [
      'DestinationConfig',
      'FunctionName',
      'MaximumEventAgeInSeconds',
      'MaximumRetryAttempts',
    ],
    only: { Qualifier: ['"$LATEST"'] },
    names: (resource) => ({ ref: resource.generatedName() }),
  },
};

/** A function as the template describes it, with the code of this checkout behind it. */
export interface Deployed {
  readonly site: Site;
  readonly arn: string;
  readonly name: string;
  /** The handler's path, `power/act`: what people know the function by. */
  readonly label: string;
  readonly where: string;
  readonly role: string;
  /** The stream of its log group that it writes to. */
  readonly log: string;
  readonly timeoutMs: number;
  readonly handler: (event: unknown, context: Context) => Promise<unknown>;
  readonly asynchronous: Asynchronous;
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

/** The functions of a site, created and cold. */
export const functionsOf = (site: Site): Deployed[] => {
  const { assembly, sources, world } = site;
  return assembly.resources('AWS::Lambda::Function').map((resource) => {
    const { ref: name, attributes } = assembly.names(resource);
    const arn = String(attributes?.Arn);
    const role = resource.text('Role');
    world.iam.assertTrusted(role, 'lambda.amazonaws.com', resource.where, arn);
    if (resource.optional('VpcConfig') !== undefined) {
      for (const action of NETWORK_ACTIONS) {
        demand(world, resource.where, world.iam.refusal(role, action, ['*'], {}));
      }
    }
    return {
      site,
      arn,
      name,
      label: resource.text('Handler').replace(/\.handler$/, ''),
      where: resource.where,
      role,
      log: logOf(resource, name),
      timeoutMs: Number(resource.required('Timeout')) * 1000,
      handler: created(world, sources.get(arn), resource, name),
      asynchronous: asynchronousOf(assembly, name),
      idleSince: Number.NEGATIVE_INFINITY,
    };
  });
};

/**
 * Lambda writes a function's log with the function's role, a stream per environment.
 * https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs.html
 */
export const LOG_ACTIONS = ['logs:CreateLogStream', 'logs:PutLogEvents'];

/** The stream that an environment of a function writes to. */
export const logOf = (fn: Resource, name: string): string =>
  fn.arn('logs', `log-group:${logGroupOf(fn, name)}:log-stream:newest`);

/** What Lambda does for a new environment, before the function runs in it. */
export function demandLog(world: World, { where, role, log }: Deployed): void {
  for (const action of LOG_ACTIONS) {
    demand(world, where, world.iam.refusal(role, action, [log], {}));
  }
}

function created(
  world: World,
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
      world.api.clients,
    );
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new NotModelled(`${resource.where}: the function does not start: ${reason}`);
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
  const source = path.join(import.meta.dirname, '../../../functions', `${file}.ts`);
  const module = await import(pathToFileURL(source).href);
  return module.create as Create<unknown>;
}
