import { AsyncLocalStorage } from 'node:async_hooks';
import type { Clients } from '../functions/shared/clients.ts';
import { AwsError, NotModelled } from './aws-error.ts';
import type { RequestContext } from './iam/conditions.ts';
import type { Chance } from './random.ts';
import type { World } from './world.ts';

/** One Lambda invocation: in whose name calls are made, and on whose behalf. */
export interface Invocation {
  readonly functionName: string;
  readonly role: string;
  /** The execution that invoked the function; absent for the tick and other events. */
  readonly execution: string | undefined;
  /** How long each of its calls takes on the way. */
  readonly network: Chance;
  /** Timed out: the process is gone, and what it still awaits never comes. */
  dead: boolean;
}

export interface Permission {
  readonly action: string;
  readonly resources: readonly string[];
  readonly context?: RequestContext;
}

/** One API operation: what the caller must be allowed to do, and what it does at one instant. */
export interface Operation {
  readonly permissions: (input: never) => readonly Permission[];
  readonly run: (input: never, invocation: Invocation) => object;
}

export type Operations = Readonly<Record<string, Operation>>;

/** Declares an operation with its SDK types. */
export const operation = <I, O extends object>(
  permissions: (input: I) => readonly Permission[],
  run: (input: I, invocation: Invocation) => O,
): Operation => ({ permissions, run }) as unknown as Operation;

/** How each service words a refusal. */
const ACCESS_DENIED: Readonly<Record<keyof Clients, string>> = {
  dynamodb: 'AccessDeniedException',
  ec2: 'UnauthorizedOperation',
  rds: 'AccessDenied',
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
  private readonly services: Readonly<Record<keyof Clients, Operations>>;
  private readonly current = new AsyncLocalStorage<Invocation>();

  constructor(world: World, services: Readonly<Record<keyof Clients, Operations>>) {
    this.world = world;
    this.services = services;
  }

  readonly clients: Clients = Object.fromEntries(
    Object.keys(ACCESS_DENIED).map((service) => [
      service,
      {
        send: (command: { readonly constructor: { name: string }; readonly input: object }) =>
          this.send(service as keyof Clients, command),
      },
    ]),
  ) as unknown as Clients;

  within<T>(invocation: Invocation, run: () => Promise<T>): Promise<T> {
    return this.current.run(invocation, run);
  }

  private async send(
    service: keyof Clients,
    command: { readonly constructor: { name: string }; readonly input: object },
  ): Promise<object> {
    const { clock } = this.world;
    const name = command.constructor.name.replace(/Command$/, '');
    const operation = this.services[service][name];
    const invocation = this.current.getStore();
    if (!operation || !invocation) {
      throw this.world.broken(new NotModelled(`the simulator does not know ${service}:${name}`));
    }
    const { network } = invocation;
    await clock.sleep(network.between(4, 40));
    if (invocation.dead) return never();
    try {
      for (const permission of operation.permissions(command.input as never)) {
        this.authorize(service, permission, invocation);
      }
      return operation.run(command.input as never, invocation);
    } catch (error) {
      throw error instanceof NotModelled ? this.world.broken(error) : error;
    } finally {
      await clock.sleep(network.between(2, 20));
      if (invocation.dead) await never();
    }
  }

  /** A refused call fails as on AWS, and fails the run: a deployment would lack that right. */
  private authorize(service: keyof Clients, permission: Permission, by: Invocation): void {
    const { action, resources, context = {} } = permission;
    const refusal = this.world.iam.refusal(by.role, action, resources, context);
    if (refusal === undefined) return;
    this.world.judge.permission(refusal);
    throw new AwsError(ACCESS_DENIED[service], refusal);
  }
}

const never = (): Promise<never> => new Promise(() => {});
