import path from 'node:path';
import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import { type ISecurityGroup, type IVpc, SubnetType } from 'aws-cdk-lib/aws-ec2';
import {
  type CfnPolicy,
  Effect,
  Policy,
  PolicyDocument,
  PolicyStatement,
  Role,
  ServicePrincipal,
} from 'aws-cdk-lib/aws-iam';
import { Architecture, Code, Function as Lambda, Runtime } from 'aws-cdk-lib/aws-lambda';
import { LogGroup, type RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { BUNDLES } from './bundle.ts';

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
  /**
   * Set where it connects to something in the network: it then stands in the private subnets, wears
   * this group, and reaches no API of AWS.
   */
  readonly inside?: { readonly vpc: IVpc; readonly group: ISecurityGroup };
}

/**
 * What Lambda calls with the role of a function that stands in a network.
 * https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html#configuration-vpc-permissions
 */
const NETWORK_INTERFACES = [
  'ec2:AssignPrivateIpAddresses',
  'ec2:CreateNetworkInterface',
  'ec2:DeleteNetworkInterface',
  'ec2:DescribeNetworkInterfaces',
  'ec2:DescribeSubnets',
  'ec2:UnassignPrivateIpAddresses',
];

/**
 * A Lambda function that acts for the operator: Node 24 on arm64, its own role, its own log
 * group, and exactly the grants that stand below it, each with its reason.
 */
export class OperatorFunction<S extends Record<keyof S, string>> extends Construct {
  readonly lambda: Lambda;
  /** Where it writes. */
  readonly log: LogGroup;
  private readonly policy: Policy;
  private readonly reasons: { readonly actions: readonly string[]; readonly because: string }[] =
    [];

  constructor(scope: Construct, id: string, props: OperatorFunctionProps<S>) {
    super(scope, id);
    this.log = new LogGroup(this, 'Log', {
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
      logGroup: this.log,
      ...(props.inside && {
        vpc: props.inside.vpc,
        vpcSubnets: { subnetType: SubnetType.PRIVATE_ISOLATED },
        securityGroups: [props.inside.group],
      }),
    });
    this.allow(
      'write its own log',
      ['logs:CreateLogStream', 'logs:PutLogEvents'],
      [this.log.logGroupArn],
    );
    if (props.inside) this.letLambdaConnect(role);
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

  /**
   * Lambda makes the network interfaces with the function's own role. Its code has the same role and
   * no business with them, and only its calls carry the ARN of the function.
   * https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html#configuration-vpc-best-practice
   */
  private letLambdaConnect(role: Role): void {
    this.allowOnAll('Lambda connects the function to the network', NETWORK_INTERFACES);
    // It names the function, which has to wait for its grants: so it is a policy of its own.
    const denials = new Policy(this, 'Denials', {
      roles: [role],
      statements: [
        new PolicyStatement({
          effect: Effect.DENY,
          actions: NETWORK_INTERFACES,
          resources: ['*'],
          conditions: { ArnEquals: { 'lambda:SourceFunctionArn': this.lambda.functionArn } },
        }),
      ],
    });
    (denials.node.defaultChild as CfnPolicy).addMetadata('Because', [
      { actions: NETWORK_INTERFACES, because: 'that is for Lambda, never for the function’s code' },
    ]);
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
