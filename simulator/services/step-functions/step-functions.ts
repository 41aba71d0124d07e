import type {
  DescribeExecutionCommandInput,
  DescribeExecutionCommandOutput,
  StartExecutionCommandInput,
  StartExecutionCommandOutput,
} from '@aws-sdk/client-sfn';
import { type Operations, operation } from '../../api.ts';
import { AwsError, NotModelled } from '../../aws-error.ts';
import { type Site, withdraw } from '../../site.ts';
import type { World } from '../../world.ts';
import { LambdaFailure } from '../lambda/function.ts';
import { type Machine, machinesOf } from './machine.ts';

type Output<T> = Omit<T, '$metadata'>;

export type ExecutionStatus = 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'TIMED_OUT' | 'ABORTED';

export interface Execution {
  readonly site: Site;
  readonly arn: string;
  readonly name: string;
  readonly machine: string;
  readonly input: string;
  readonly startedAt: number;
  readonly trigger: string;
  status: ExecutionStatus;
  endedAt: number | undefined;
  /** Each state entered and each retry: what AWS bills. */
  transitions: number;
  /** The last state entered. */
  state: string;
  /** What the last look or report said of itself. */
  because: string;
  output: unknown;
  abort: () => void;
}

interface TaskInput {
  readonly FunctionName: string;
  readonly Payload: unknown;
}

/** A verdict that says of itself what comes next and why, as our functions return it. */
interface Verdict {
  readonly next?: string;
  readonly because?: string;
}

/** Step Functions: Standard workflows, interpreted by `aws-local-stepfunctions`. */
export class StepFunctions {
  readonly executions: Execution[] = [];
  /** Hears each event of each execution's history, with what went into a state and came out of it. */
  heard: (event: object) => void = () => {};
  private readonly world: World;
  private readonly machines = new Map<string, Machine>();

  constructor(world: World) {
    this.world = world;
  }

  /** The state machines of a site, for executions that start from now on. */
  deploy(site: Site): void {
    withdraw(this.machines, site);
    for (const machine of machinesOf(site)) this.machines.set(machine.arn, machine);
  }

  readonly operations: Operations = {
    DescribeExecution: operation(
      ({ executionArn = '' }: DescribeExecutionCommandInput) => [
        { action: 'states:DescribeExecution', resources: [executionArn] },
      ],
      ({ executionArn = '' }): Output<DescribeExecutionCommandOutput> => {
        const found = this.executions.find(({ arn }) => arn === executionArn);
        if (!found) {
          throw new AwsError(
            'ExecutionDoesNotExist',
            `Execution Does Not Exist: '${executionArn}'`,
          );
        }
        return {
          executionArn,
          stateMachineArn: found.machine,
          name: found.name,
          status: found.status,
          startDate: new Date(found.startedAt),
          ...(found.endedAt !== undefined && { stopDate: new Date(found.endedAt) }),
          input: found.input,
          inputDetails: { included: true },
          ...(found.status === 'SUCCEEDED' && {
            output: JSON.stringify(found.output),
            outputDetails: { included: true },
          }),
        };
      },
    ),
    StartExecution: operation(
      ({ stateMachineArn = '' }: StartExecutionCommandInput) => [
        { action: 'states:StartExecution', resources: [stateMachineArn] },
      ],
      ({ stateMachineArn = '', name, input = '{}' }): Output<StartExecutionCommandOutput> => {
        const execution = this.start(stateMachineArn, input, name);
        return { executionArn: execution.arn, startDate: new Date(execution.startedAt) };
      },
    ),
  };

  get busy(): boolean {
    return this.executions.some(({ status }) => status === 'RUNNING');
  }

  has(arn: string): boolean {
    return this.machines.has(arn);
  }

  /** A name that is taken is the same execution if it runs with the same input, else an error. */
  start(machineArn: string, input: string, given?: string): Execution {
    const { clock } = this.world;
    const machine = this.machines.get(machineArn);
    if (!machine) {
      throw new AwsError(
        'StateMachineDoesNotExist',
        `State Machine Does Not Exist: '${machineArn}'`,
      );
    }
    const { site } = machine;
    const name = given ?? site.chance(`execution ${input}`).identifier(32);
    const arn = `${machine.arn.replace(':stateMachine:', ':execution:')}:${name}`;
    const known = this.executions.find((one) => one.arn === arn);
    if (known?.status === 'RUNNING' && known.input === input) return known;
    if (known) throw new AwsError('ExecutionAlreadyExists', `Execution Already Exists: '${arn}'`);
    const { trigger = 'person', reason } = JSON.parse(input) as {
      trigger?: string;
      reason?: string;
    };
    const execution: Execution = {
      site,
      arn,
      name,
      machine: machine.arn,
      input,
      startedAt: clock.now,
      trigger,
      status: 'RUNNING',
      endedAt: undefined,
      transitions: 0,
      state: '',
      because: '',
      output: undefined,
      abort: () => {},
    };
    this.executions.push(execution);
    site.judge.executionStarted(execution);
    site.say(
      'run',
      capabilityOf(machine),
      'begins',
      reason ?? `its ${trigger} says that it is time to look`,
    );
    this.announce(execution);
    // Whoever started it has a clock of its own; Step Functions has the true one.
    this.world.api.outside(() => {
      this.interpret(machine, execution).catch((error) => clock.fail(error));
    });
    return execution;
  }

  private async interpret(machine: Machine, execution: Execution): Promise<void> {
    const handlers = Object.fromEntries(
      machine.tasks.map((state) => [state, (task: unknown) => this.task(machine, execution, task)]),
    );
    const run = machine.interpreter.run(JSON.parse(execution.input), {
      overrides: { taskResourceLocalHandlers: handlers as never },
      context: { Execution: { Id: execution.arn, Name: execution.name } } as never,
    });
    execution.abort = run.abort;
    const log = this.follow(execution, run.eventLogs);
    try {
      execution.output = await run.result;
      await log;
      this.end(machine, execution, 'SUCCEEDED', execution.because || 'done');
    } catch (error) {
      await log;
      if (error instanceof NotModelled) throw error;
      const name = error instanceof Error ? error.name : '';
      const status =
        name === 'ExecutionAbortedError'
          ? 'ABORTED'
          : name === 'ExecutionTimeoutError'
            ? 'TIMED_OUT'
            : 'FAILED';
      this.end(machine, execution, status, error instanceof Error ? error.message : String(error));
    }
  }

  private async follow(execution: Execution, events: AsyncIterable<object>): Promise<void> {
    for await (const event of events as AsyncIterable<{ type: string; state?: { name: string } }>) {
      this.heard(event);
      if (event.type !== 'StateEntered' && event.type !== 'StateRetried') continue;
      execution.transitions++;
      execution.state = event.state?.name ?? '';
    }
  }

  private async task(machine: Machine, execution: Execution, task: unknown): Promise<object> {
    const { iam, judge, lambda } = this.world;
    const { FunctionName, Payload } = task as TaskInput;
    const refusal = iam.refusal(machine.role, 'lambda:InvokeFunction', [FunctionName], {});
    if (refusal !== undefined) {
      judge.permission(refusal);
      throw new LambdaFailure('Lambda.AWSLambdaException', refusal);
    }
    const answer = (await lambda.invoke(FunctionName, Payload, execution.arn)) as Verdict;
    if (answer?.because) execution.because = answer.because;
    return { Payload: answer, StatusCode: 200, ExecutedVersion: '$LATEST' };
  }

  private end(
    machine: Machine,
    execution: Execution,
    status: ExecutionStatus,
    reason: string,
  ): void {
    const { clock, cloudwatch } = this.world;
    const { site } = execution;
    execution.status = status;
    execution.endedAt = clock.now;
    const seconds = Math.round((clock.now - execution.startedAt) / 1000);
    const text = status === 'SUCCEEDED' ? execution.state : `${status}: ${execution.state}`;
    const size = `${seconds} s, ${execution.transitions} steps`;
    site.say('run', capabilityOf(machine), text, `${reason} (${size})`);
    const metrics = {
      SUCCEEDED: 'ExecutionsSucceeded',
      FAILED: 'ExecutionsFailed',
      TIMED_OUT: 'ExecutionsTimedOut',
      ABORTED: 'ExecutionsAborted',
      RUNNING: '',
    };
    cloudwatch.count('AWS/States', metrics[status], { StateMachineArn: machine.arn });
    site.judge.executionEnded(execution);
    this.announce(execution);
  }

  /**
   * The event of a new status, in which what is not there yet is null:
   * https://docs.aws.amazon.com/step-functions/latest/dg/eventbridge-integration.html
   */
  private announce(execution: Execution): void {
    const { arn, name, machine, status, startedAt, endedAt, input, output } = execution;
    const succeeded = status === 'SUCCEEDED';
    this.world.bus.emit({
      source: 'aws.states',
      'detail-type': 'Step Functions Execution Status Change',
      resources: [arn],
      detail: {
        executionArn: arn,
        stateMachineArn: machine,
        name,
        status,
        startDate: startedAt,
        stopDate: endedAt ?? null,
        input,
        inputDetails: { included: true },
        output: succeeded ? JSON.stringify(output) : null,
        outputDetails: succeeded ? { included: true } : null,
      },
    });
  }
}

/** `power`, of the site's own workflow `clinic-power`. */
const capabilityOf = ({ name, site }: Machine): string => name.replace(`${site.name}-`, '');
