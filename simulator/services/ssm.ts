import type {
  DescribeInstanceInformationCommandInput,
  DescribeInstanceInformationCommandOutput,
  GetCommandInvocationCommandInput,
  GetCommandInvocationCommandOutput,
  GetParameterCommandInput,
  GetParameterCommandOutput,
  ListCommandInvocationsCommandInput,
  ListCommandInvocationsCommandOutput,
  SendCommandCommandInput,
  SendCommandCommandOutput,
} from '@aws-sdk/client-ssm';
import { type Operations, operation } from '../api.ts';
import { AwsError, NotModelled } from '../aws-error.ts';
import type { ScriptResult } from '../host.ts';
import { BY_HAND, SCRIPTS } from '../host-scripts.ts';
import { type Site, withdraw } from '../site.ts';
import type { ResourceType } from '../template.ts';
import type { World } from '../world.ts';
import { CommandDocument } from './command-document.ts';
import { type Instance, nodeOf, resourceTags } from './ec2/instance.ts';

type Output<T> = Omit<T, '$metadata'>;

export const ssmTypes: Readonly<Record<string, ResourceType>> = {
  'AWS::SSM::Document': {
    reads: ['Content', 'Name'],
    ignores: ['TargetType', 'UpdateMethod'],
    only: { DocumentType: ['"Command"'] },
    names: (resource) => ({ ref: String(resource.optional('Name') ?? resource.generatedName()) }),
  },
  'AWS::SSM::Parameter': {
    reads: ['Name', 'Value'],
    ignores: ['AllowedPattern', 'Description'],
    // The advanced tier costs and takes more.
    only: { DataType: ['"text"'], Tier: ['"Standard"'], Type: ['"String"'] },
    names: (resource) => ({ ref: String(resource.optional('Name') ?? resource.generatedName()) }),
  },
};

/** https://docs.aws.amazon.com/systems-manager/latest/userguide/parameter-store-advanced-parameters.html */
const LONGEST_PARAMETER = 4096;

interface Parameter {
  readonly site: Site;
  readonly arn: string;
  readonly value: string;
  readonly writtenAt: Date;
}

interface Command {
  readonly id: string;
  readonly instance: string;
  readonly document: string;
  readonly requestedAt: number;
  /** Right after SendCommand the invocation is not listed yet. */
  readonly listedFrom: number;
  result: (ScriptResult & { readonly at: string }) | undefined;
  started: string;
}

interface Document {
  readonly site: Site;
  readonly arn: string;
  readonly command: CommandDocument;
}

/** Systems Manager: agents that are online or not, and scripts that run on hosts. */
export class Ssm {
  private readonly world: World;
  private readonly documents = new Map<string, Document>();
  private readonly parameters = new Map<string, Parameter>();
  private readonly commands = new Map<string, Command>();

  constructor(world: World) {
    this.world = world;
  }

  /** The documents of a site, for commands that are sent from now on. */
  deploy(site: Site): void {
    const { assembly } = site;
    withdraw(this.documents, site);
    for (const resource of assembly.resources('AWS::SSM::Document')) {
      const command = new CommandDocument(resource);
      const { script } = command;
      if (!(script in SCRIPTS) && !BY_HAND.has(script)) {
        throw new NotModelled(
          `${resource.where}: the host model does not know the script ${script}`,
        );
      }
      const name = assembly.names(resource).ref;
      const arn = resource.arn('ssm', `document/${name}`);
      this.documents.set(name, { site, command, arn });
    }
    withdraw(this.parameters, site);
    for (const resource of assembly.resources('AWS::SSM::Parameter')) {
      const name = assembly.names(resource).ref;
      const value = resource.text('Value');
      if (Buffer.byteLength(value) > LONGEST_PARAMETER) {
        throw new NotModelled(`${resource.where}: Value is longer than ${LONGEST_PARAMETER} bytes`);
      }
      // A name that begins with a slash has no second one in its ARN.
      const arn = resource.arn('ssm', `parameter/${name.replace(/^\//, '')}`);
      this.parameters.set(name, { site, arn, value, writtenAt: new Date(this.world.clock.now) });
    }
  }

  /** What the document of a site that runs this script says. */
  contentOf(site: Site, script: string): unknown {
    const documents = [...this.documents.values()];
    return documents.find((one) => one.site === site && one.command.script === script)?.command
      .content;
  }

  readonly operations: Operations = {
    DescribeInstanceInformation: operation(
      (_input: DescribeInstanceInformationCommandInput) => [
        { action: 'ssm:DescribeInstanceInformation', resources: ['*'] },
      ],
      ({ Filters = [] }): Output<DescribeInstanceInformationCommandOutput> => {
        const [filter] = Filters;
        if (Filters.length !== 1 || filter?.Key !== 'InstanceIds') {
          throw new NotModelled(
            'ssm:DescribeInstanceInformation takes the filter InstanceIds here',
          );
        }
        return {
          InstanceInformationList: this.world.ec2.instances
            .filter(({ id }) => filter.Values?.includes(id))
            .map(({ id, host }) => ({
              InstanceId: id,
              PingStatus: host.online ? 'Online' : 'ConnectionLost',
            })),
        };
      },
    ),
    SendCommand: operation(
      ({ DocumentName = '', InstanceIds = [] }: SendCommandCommandInput) => [
        { action: 'ssm:SendCommand', resources: [this.document(DocumentName).arn] },
        ...InstanceIds.map((id) => this.target(id)).map((instance) => ({
          action: 'ssm:SendCommand',
          resources: [instance.arn],
          context: resourceTags('ssm:resourceTag', instance),
        })),
      ],
      (
        { DocumentName = '', InstanceIds = [], Parameters = {} },
        by,
      ): Output<SendCommandCommandOutput> => {
        const { clock } = this.world;
        const document = this.document(DocumentName).command;
        const { script } = document;
        document.check(Parameters);
        const known = SCRIPTS[script];
        if (!known) {
          throw new NotModelled(
            `${DocumentName}: what ${script}.sh does to a host is not modelled`,
          );
        }
        const chance = this.world.chance(`command ${DocumentName} ${InstanceIds}`);
        const id = chance.uuid();
        for (const instance of InstanceIds.map((one) => this.target(one))) {
          if (!instance.host.online) throw noTarget(instance.id);
          const node = nodeOf(instance);
          if (known.changes) {
            const towards = script === 'drain' ? 'stopped' : 'running';
            instance.site.judge.disruptive({ call: script, towards, resource: node }, by);
            const what = `${script} ${instance.site.thing(`node ${node}`, by)}`;
            by.site.say('call', by.functionName, what, this.world.because(by));
          }
          const command: Command = {
            id,
            instance: instance.id,
            document: DocumentName,
            requestedAt: clock.now,
            listedFrom: clock.now + chance.between(0, 1500),
            result: undefined,
            started: '',
          };
          this.commands.set(`${id} ${instance.id}`, command);
          clock.after(chance.between(300, 2000), () => {
            command.started = clock.iso();
            const end = (result: ScriptResult) => {
              command.result = { ...result, at: clock.iso() };
            };
            instance.host.run(script, end, valuesOf(Parameters));
          });
        }
        return {
          Command: {
            CommandId: id,
            DocumentName,
            InstanceIds,
            RequestedDateTime: new Date(clock.now),
            Status: 'Pending',
            StatusDetails: 'Pending',
            TargetCount: InstanceIds.length,
            CompletedCount: 0,
            ErrorCount: 0,
          },
        };
      },
    ),
    GetCommandInvocation: operation(
      (_input: GetCommandInvocationCommandInput) => [
        { action: 'ssm:GetCommandInvocation', resources: ['*'] },
      ],
      ({ CommandId, InstanceId }): Output<GetCommandInvocationCommandOutput> => {
        const command = this.commands.get(`${CommandId} ${InstanceId}`);
        if (!command || this.world.clock.now < command.listedFrom) {
          throw new AwsError('InvocationDoesNotExist', '');
        }
        const { result, started } = command;
        const Status = statusOf(command);
        return {
          CommandId,
          InstanceId,
          DocumentName: command.document,
          Status,
          StatusDetails: Status,
          ResponseCode: result ? (result.code ?? Number(!result.ok)) : -1,
          ExecutionStartDateTime: started,
          ExecutionEndDateTime: result?.at ?? '',
          StandardOutputContent: result?.output ?? '',
          StandardErrorContent: '',
        };
      },
    ),
    ListCommandInvocations: operation(
      (_input: ListCommandInvocationsCommandInput) => [
        { action: 'ssm:ListCommandInvocations', resources: ['*'] },
      ],
      (input): Output<ListCommandInvocationsCommandOutput> => ({
        CommandInvocations: this.listed(input).map((command) => {
          const Status = statusOf(command);
          return {
            CommandId: command.id,
            InstanceId: command.instance,
            DocumentName: command.document,
            RequestedDateTime: new Date(command.requestedAt),
            Status,
            StatusDetails: Status,
          };
        }),
      }),
    ),
    GetParameter: operation(
      ({ Name = '' }: GetParameterCommandInput) => [
        { action: 'ssm:GetParameter', resources: [this.parameter(Name).arn] },
      ],
      ({ Name = '' }): Output<GetParameterCommandOutput> => {
        const { arn, value, writtenAt } = this.parameter(Name);
        return {
          Parameter: {
            ARN: arn,
            DataType: 'text',
            LastModifiedDate: writtenAt,
            Name,
            Type: 'String',
            Value: value,
            Version: 1,
          },
        };
      },
    ),
  };

  /**
   * A person sends the document that runs this script from the console: no call of ours. It is under
   * way from now on, until what is returned is called. Undefined where the agent does not answer.
   */
  byHand(instance: Instance, script: string): (() => void) | undefined {
    const { clock } = this.world;
    const [name] =
      [...this.documents].find(
        ([, one]) => one.site === instance.site && one.command.script === script,
      ) ?? [];
    if (name === undefined) throw new NotModelled(`no template has a document for ${script}.sh`);
    if (!instance.host.online) return undefined;
    const command: Command = {
      id: this.world.chance(`${script} of ${instance.id} by hand`).uuid(),
      instance: instance.id,
      document: name,
      requestedAt: clock.now,
      listedFrom: clock.now,
      result: undefined,
      started: clock.iso(),
    };
    this.commands.set(`${command.id} ${instance.id}`, command);
    return () => {
      command.result = { ok: true, output: '{}', at: clock.iso() };
    };
  }

  /** https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_CommandFilter.html */
  private listed({ InstanceId, Filters = [], ...rest }: ListCommandInvocationsCommandInput) {
    const [unknown] = Object.entries(rest).filter(([, value]) => value !== undefined);
    if (unknown) {
      throw new NotModelled(`ssm:ListCommandInvocations: ${unknown[0]} is not modelled`);
    }
    return [...this.commands.values()].filter(
      (command) =>
        (InstanceId === undefined || command.instance === InstanceId) &&
        command.listedFrom <= this.world.clock.now &&
        Filters.every(({ key, value = '' }) => fits(command, key, value)),
    );
  }

  private parameter(name: string): Parameter {
    const parameter = this.parameters.get(name);
    if (!parameter) throw new AwsError('ParameterNotFound', '');
    return parameter;
  }

  /** An instance that EC2 does not have is to Systems Manager just one more that it cannot reach. */
  private target(id: string): Instance {
    const instance = this.world.ec2.instances.find((one) => one.id === id);
    if (!instance) throw noTarget(id);
    return instance;
  }

  private document(name: string) {
    const document = this.documents.get(name);
    if (!document)
      throw new AwsError('InvalidDocument', `Document with name ${name} does not exist.`);
    return document;
  }
}

/** Each parameter has one value. */
const valuesOf = (parameters: Readonly<Record<string, readonly string[]>>) =>
  Object.fromEntries(Object.entries(parameters).map(([name, [value = '']]) => [name, value]));

const noTarget = (id: string): AwsError =>
  new AwsError('InvalidInstanceId', `Instances [[${id}]] not in a valid state for account`);

const statusOf = ({ result, started }: Command) => {
  if (result) return result.ok ? 'Success' : 'Failed';
  return started ? 'InProgress' : 'Pending';
};

function fits(command: Command, key: string | undefined, value: string): boolean {
  switch (key) {
    case 'DocumentName':
      return command.document === value;
    case 'InvokedAfter':
      return command.requestedAt >= Date.parse(value);
    case 'InvokedBefore':
      return command.requestedAt < Date.parse(value);
    case 'Status':
      return statusOf(command) === value;
    default:
      throw new AwsError('InvalidFilterKey', `${key} is no filter of this operation`);
  }
}
