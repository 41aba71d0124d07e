import type { Context } from 'aws-lambda';
import type { Answer } from '../functions/shared/answer.ts';
import type { Clients } from '../functions/shared/clients.ts';
import type { Permission } from './api.ts';
import { NotModelled } from './aws-error.ts';
import { checkedError, checkInput, checkOutput } from './sdk-model/model.ts';
import { Kms, keysOf } from './services/kms.ts';
import { LOG_ACTIONS, logOf, type Sources } from './services/lambda/function.ts';
import type { Assembly, Resource, ResourceNames } from './template.ts';

/** What functions make for CloudFormation, and the rights that they took for it. */
export interface Made {
  /** By where the resource stands. */
  readonly resources: ReadonlyMap<string, ResourceNames>;
  readonly demands: readonly Demand[];
}

/** A right that a function needed: its role, what for. */
export interface Demand extends Permission {
  readonly where: string;
  readonly role: string;
}

/** A deployment that CloudFormation would roll back. */
export class DeploymentFailed extends Error {
  override readonly name = 'DeploymentFailed';
}

/** Resources that functions of ours make. */
const OF_FUNCTIONS = 'Custom::';

/**
 * Has functions make the custom resources of a site, as CloudFormation does when it creates them.
 * Time stands still at the instant of the deployment. Rights that are missing are found later, by the
 * world (`demands`): here each call is carried out.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/template-custom-resources.html
 */
export async function make(assembly: Assembly, sources: Sources, at: Date): Promise<Made> {
  const resources = new Map<string, ResourceNames>();
  const demands: Demand[] = [];
  const kms = new Kms();
  kms.add(keysOf(assembly, at));
  for (const resource of assembly.resources()) {
    if (!resource.type.startsWith(OF_FUNCTIONS)) continue;
    const fn = makerOf(assembly, resource);
    const role = fn.text('Role');
    const ask = (permission: Permission) => demands.push({ ...permission, where: fn.where, role });
    const log = logOf(fn, assembly.names(fn).ref);
    for (const action of LOG_ACTIONS) ask({ action, resources: [log] });
    const answer = await answerOf(assembly, resource, { fn, sources, kms, ask });
    if (answer.Status !== 'SUCCESS') {
      throw new DeploymentFailed(`${resource.where}: ${answer.Reason ?? 'no reason given'}`);
    }
    resources.set(resource.where, {
      ref: answer.PhysicalResourceId,
      ...(answer.Data && { attributes: answer.Data }),
    });
  }
  return { resources, demands };
}

function makerOf(assembly: Assembly, resource: Resource): Resource {
  const token = resource.text('ServiceToken');
  const fn = assembly
    .resources('AWS::Lambda::Function')
    .find((one) => assembly.names(one).attributes?.Arn === token);
  if (!fn) throw new NotModelled(`${resource.where}: ServiceToken ${token} is no function here`);
  return fn;
}

interface Maker {
  readonly fn: Resource;
  readonly sources: Sources;
  readonly kms: Kms;
  readonly ask: (permission: Permission) => void;
}

/** What the function brings to the address that it was given. */
async function answerOf(
  assembly: Assembly,
  resource: Resource,
  { fn, sources, kms, ask }: Maker,
): Promise<Answer> {
  const names = assembly.names(fn);
  const create = sources.get(String(names.attributes?.Arn));
  if (!create) throw new NotModelled(`${fn.where}: its source has not been imported`);
  const url = `https://cloudformation-custom-resource-response/${resource.id}`;
  let brought: Answer | undefined;
  const clients = {
    kms: { send: (command: Command) => send(kms, command, ask) },
    answers: {
      put: async (to: string, answer: Answer) => {
        if (to === url) brought = answer;
      },
    },
  } as unknown as Clients;
  const environment = fn.optional('Environment') as
    | { readonly Variables?: Readonly<Record<string, string>> }
    | undefined;
  const handler = create(
    {
      ...environment?.Variables,
      AWS_LAMBDA_FUNCTION_NAME: names.ref,
      AWS_REGION: fn.stack.region,
      POWERTOOLS_LOG_LEVEL: 'SILENT',
    },
    clients,
  );
  const properties = resource.propertyNames.filter((name) => name !== 'ServiceTimeout');
  const event = {
    RequestType: 'Create',
    ResponseURL: url,
    StackId: resource.arn('cloudformation', `stack/${resource.stack.name}/${resource.stack.id}`),
    RequestId: resource.fingerprint(32),
    LogicalResourceId: resource.id,
    ResourceType: resource.type,
    // CloudFormation hands numbers and truths over as text.
    ResourceProperties: Object.fromEntries(
      properties.map((name) => [name, asText(resource.required(name))]),
    ),
  };
  await handler(event, { functionName: names.ref } as Context);
  if (!brought) throw new DeploymentFailed(`${resource.where}: ${fn.where} brought no answer`);
  const bytes = Buffer.byteLength(JSON.stringify(brought));
  if (bytes > LONGEST_ANSWER) {
    throw new DeploymentFailed(`${resource.where}: an answer of ${bytes} bytes is too long`);
  }
  return brought;
}

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/crpg-ref-responses.html */
const LONGEST_ANSWER = 4096;

const asText = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(asText);
  if (value === null || typeof value !== 'object') return String(value);
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, asText(part)]));
};

interface Command {
  readonly constructor: { name: string };
  readonly input: object;
}

/** A call of the function, on no network and at once. */
async function send(kms: Kms, command: Command, ask: Maker['ask']): Promise<object> {
  const name = command.constructor.name.replace(/Command$/, '');
  const operation = kms.operations[name];
  if (!operation) throw new NotModelled(`the simulator does not know kms:${name}`);
  checkInput('kms', name, command.input);
  try {
    operation.permissions(command.input as never).forEach(ask);
    const answer = operation.run(command.input as never, undefined as never);
    checkOutput('kms', name, answer);
    return answer;
  } catch (error) {
    throw checkedError('kms', name, error);
  }
}
