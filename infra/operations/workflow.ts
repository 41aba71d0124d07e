import { readFileSync } from 'node:fs';
import path from 'node:path';
import { RemovalPolicy, Stack } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { LogGroup, type RetentionDays } from 'aws-cdk-lib/aws-logs';
import { DefinitionBody, LogLevel, StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import type { OperatorFunction } from '../operator-function.ts';

export interface WorkflowProps {
  /** The capability: names `statemachines/<capability>.asl.json`. */
  readonly capability: string;
  /** The state machine's name, which operators see in the console. */
  readonly name: string;
  /** The function for every `${Placeholder}` in the file: no more, no fewer. */
  readonly functions: Readonly<Record<string, OperatorFunction<never>>>;
  /** How long CloudWatch keeps the execution log, in days. */
  readonly retentionDays: RetentionDays;
}

/** A state machine whose whole behaviour is one ASL file, and the right to call its functions. */
export class Workflow extends Construct {
  readonly stateMachine: StateMachine;
  /** Step Functions ends a run that takes longer. */
  readonly timeoutMinutes: number;

  constructor(scope: Construct, id: string, props: WorkflowProps) {
    super(scope, id);
    const file = `statemachines/${props.capability}.asl.json`;
    const source = readFileSync(path.join(import.meta.dirname, '../..', file), 'utf8');
    const definition = JSON.parse(source) as { readonly TimeoutSeconds: number };
    assertSupported(file, definition);
    assertFilled(file, source, props.functions);
    this.timeoutMinutes = definition.TimeoutSeconds / 60;
    this.stateMachine = new StateMachine(this, 'StateMachine', {
      stateMachineName: props.name,
      definitionBody: DefinitionBody.fromString(source),
      definitionSubstitutions: Object.fromEntries(
        Object.entries(props.functions).map(([name, fn]) => [name, fn.lambda.functionArn]),
      ),
      logs: {
        destination: new LogGroup(this, 'Log', {
          // Step Functions writes only where the name begins so.
          logGroupName: `/aws/vendedlogs/states/${props.name}`,
          retention: props.retentionDays,
          removalPolicy: RemovalPolicy.DESTROY,
        }),
        level: LogLevel.ALL,
        includeExecutionData: false,
      },
      tracingEnabled: true,
    });
    // A definition from a file grants nothing by itself. `grantInvoke` would add every version and
    // alias of each function; the file calls none of them.
    this.stateMachine.addToRolePolicy(
      new PolicyStatement({
        actions: ['lambda:InvokeFunction'],
        resources: Object.values(props.functions).map(({ lambda }) => lambda.functionArn),
      }),
    );
  }
}

/**
 * The runs of all workflows of a site, as a policy names them: who finds the lease held asks whether
 * its holder is still running, whichever workflow that is.
 */
export function runsOf(scope: Construct, { site }: { readonly site: string }): string[] {
  const { partition, region, account } = Stack.of(scope);
  return ['certificate', 'power'].map(
    (capability) =>
      `arn:${partition}:states:${region}:${account}:execution:${site}-${capability}:*`,
  );
}

/** Throws at synth on a placeholder nobody fills, or a value nobody asked for. */
export function assertFilled(
  file: string,
  source: string,
  values: Readonly<Record<string, unknown>>,
): void {
  const wanted = new Set(Array.from(source.matchAll(/\$\{(\w+)\}/g), ([, name]) => name as string));
  const missing = [...wanted].filter((name) => !(name in values));
  const surplus = Object.keys(values).filter((name) => !wanted.has(name));
  if (missing.length + surplus.length > 0) {
    throw new Error(`${file}: missing [${missing}], surplus [${surplus}]`);
  }
}

/**
 * Throws at synth on constructs that the offline interpreter gets wrong, so that what is
 * rehearsed is what runs (docs/decisions/0005).
 */
export function assertSupported(file: string, definition: object): void {
  const text = JSON.stringify(definition);
  const refused = [
    [/"QueryLanguage":"JSONata"/, 'JSONata'],
    [/"Assign":/, 'Assign'],
    [/\$\$\.State\b/, '$$.State'],
    [/\$\$\.Task\b/, '$$.Task'],
    [/"HeartbeatSeconds(Path)?":/, 'HeartbeatSeconds'],
    [/"Result":false/, 'Pass with "Result": false'],
  ] as const;
  for (const [pattern, name] of refused) {
    if (pattern.test(text)) throw new Error(`${file}: ${name} cannot be rehearsed offline`);
  }
}
