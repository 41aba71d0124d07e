import type { Context } from 'aws-lambda';
import type { Invocation } from '../../api.ts';
import { NotModelled } from '../../aws-error.ts';
import { demand } from '../../iam/demand.ts';
import type { Chance } from '../../random.ts';
import { type Site, withdraw } from '../../site.ts';
import type { World } from '../../world.ts';
import { type GivenUp, recordOf } from './asynchronous.ts';
import { type Deployed, demandLog, functionsOf, LambdaFailure } from './function.ts';

/** An environment that has not been used for this long is gone, and the next call starts cold. */
const WARM_MS = 10 * 60_000;

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

  /** The functions of a site, from now on: cold, and with the environment they have there. */
  deploy(site: Site): void {
    withdraw(this.functions, site);
    for (const fn of functionsOf(site)) this.functions.set(fn.arn, fn);
  }

  get busy(): boolean {
    return this.running > 0;
  }

  /** Some function has been invoked and does not run yet. */
  get starting(): boolean {
    return this.beginning > 0;
  }

  /** The functions of a site by their handlers: `power/act`. */
  labels(of: Site): string[] {
    return [...this.functions.values()].filter(({ site }) => site === of).map(({ label }) => label);
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
    const { clock } = this.world;
    const since = clock.now;
    for (let attempts = 1; ; attempts++) {
      try {
        return await this.invoke(arn, event);
      } catch (error) {
        const fn = this.functions.get(arn);
        if (error instanceof NotModelled || !fn) throw error;
        const { longestAgeMs, retries } = fn.asynchronous;
        const pause = RETRY_PAUSE_MS * attempts;
        const over = attempts > retries;
        if (over || clock.now + pause - since > longestAgeMs) {
          const condition = over ? 'RetriesExhausted' : 'EventAgeExceeded';
          const said = error instanceof Error ? error.message : '{}';
          this.giveUp(fn, { functionArn: arn, event, condition, attempts, error: said });
          throw error;
        }
        await clock.sleep(pause);
      }
    }
  }

  /** What no attempt could do is recorded where the function wants it, or lost. */
  private giveUp({ asynchronous, role, where }: Deployed, givenUp: GivenUp): void {
    const { clock, iam, sqs } = this.world;
    const queue = asynchronous.onFailure;
    if (queue === undefined) return;
    const refusals = sqs.refusals(queue, iam.role(role));
    if (refusals.some((refusal) => !demand(this.world, where, refusal))) return;
    const id = this.world.chance(`given up ${givenUp.functionArn}`).uuid();
    sqs.send(queue, JSON.stringify(recordOf(givenUp, id, clock.iso())));
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
      if (cold) demandLog(this.world, deployed);
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

  /** Runs the handler until it answers, its time is over, or something kills it. */
  private async bounded(
    deployed: Deployed,
    execution: string | undefined,
    network: Chance,
    event: unknown,
  ): Promise<unknown> {
    const { api, clock } = this.world;
    const deadline = clock.now + deployed.timeoutMs;
    const { promise: death, reject } = Promise.withResolvers<never>();
    const by: Invocation = {
      site: deployed.site,
      functionName: deployed.label,
      functionArn: deployed.arn,
      role: deployed.role,
      execution,
      network,
      skewMs: deployed.site.faults.skew(deployed.label),
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
}
