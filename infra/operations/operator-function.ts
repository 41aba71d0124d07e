import path from 'node:path';
import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import {
  type CfnPolicy,
  Policy,
  PolicyDocument,
  PolicyStatement,
  Role,
  ServicePrincipal,
} from 'aws-cdk-lib/aws-iam';
import { Architecture, Code, Function as Lambda, Runtime } from 'aws-cdk-lib/aws-lambda';
import { LogGroup, type RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { BUNDLES } from '../bundle.ts';

export interface OperatorFunctionProps<S> {
  /** The handler's file below `functions/`, without its ending: `power/look`. */
  readonly handler: string;
  /** One sentence, shown in the console. */
  readonly description: string;
  /** Every environment variable the handler's `Settings` asks for: no more, no fewer. */
  readonly settings: S;
  /** Lambda ends the function after this many seconds; at most the longest of `CLOCKS`. */
  readonly timeoutSeconds: number;
  /** How long CloudWatch keeps its log, in days. */
  readonly retentionDays: RetentionDays;
}

/**
 * A Lambda function that acts for the operator: Node 24 on arm64, its own role, its own log
 * group, and exactly the grants that stand below it, each with its reason.
 */
export class OperatorFunction<S extends Record<keyof S, string>> extends Construct {
  readonly lambda: Lambda;
  private readonly policy: Policy;
  private readonly reasons: { readonly actions: readonly string[]; readonly because: string }[] =
    [];

  constructor(scope: Construct, id: string, props: OperatorFunctionProps<S>) {
    super(scope, id);
    const logGroup = new LogGroup(this, 'Log', {
      retention: props.retentionDays,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const role = new Role(this, 'Role', {
      assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
    });
    // Not minimized: each statement stays beside its reason.
    const document = new PolicyDocument({ minimize: false });
    this.policy = new Policy(this, 'Grants', { roles: [role], document });
    this.lambda = new Lambda(this, 'Function', {
      description: props.description,
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      memorySize: 256,
      timeout: Duration.seconds(props.timeoutSeconds),
      code: Code.fromAsset(path.join(BUNDLES, props.handler)),
      handler: `${props.handler}.handler`,
      environment: props.settings,
      role,
      logGroup,
    });
    this.allow(
      'write its own log',
      ['logs:CreateLogStream', 'logs:PutLogEvents'],
      [`${logGroup.logGroupArn}`],
    );
    this.lambda.node.addDependency(this.policy);
  }

  /** Grants actions on named resources, with the reason that `docs/permissions.md` repeats. */
  allow(
    because: string,
    actions: readonly string[],
    resources: readonly string[],
    conditions?: Record<string, Record<string, string | string[]>>,
  ): void {
    const every = resources.filter((resource) => resource === '*');
    if (every.length > 0) {
      throw new Error(`${this.node.path}: ${actions}: name the resources, or use allowOnAll`);
    }
    this.grant(because, actions, resources, conditions);
  }

  /** For actions that AWS offers on `*` alone; the reason says so. */
  allowOnAll(because: string, actions: readonly string[]): void {
    this.grant(because, actions, ['*']);
  }

  private grant(
    because: string,
    actions: readonly string[],
    resources: readonly string[],
    conditions?: Record<string, Record<string, string | string[]>>,
  ): void {
    this.policy.addStatements(
      new PolicyStatement({
        actions: [...actions],
        resources: [...resources],
        ...(conditions && { conditions }),
      }),
    );
    this.reasons.push({ actions, because });
    (this.policy.node.defaultChild as CfnPolicy).addMetadata('Because', this.reasons);
  }
}
