import { StateMachine, type StateMachineDefinition } from 'aws-local-stepfunctions';
import { NotModelled } from '../../aws-error.ts';
import { demand } from '../../iam/demand.ts';
import type { Site } from '../../site.ts';
import type { Resource, ResourceType } from '../../template.ts';

export const stepFunctionsTypes: Readonly<Record<string, ResourceType>> = {
  'AWS::StepFunctions::StateMachine': {
    reads: [
      'DefinitionString',
      'DefinitionSubstitutions',
      'LoggingConfiguration',
      'RoleArn',
      'StateMachineName',
      'TracingConfiguration',
    ],
    only: { StateMachineType: ['"STANDARD"'] },
    names: (resource) => {
      const name = String(resource.optional('StateMachineName') ?? resource.generatedName());
      const arn = resource.arn('states', `stateMachine:${name}`);
      return { ref: arn, attributes: { Arn: arn, Name: name } };
    },
  },
};

/** A state machine of the templates, ready to run. */
export interface Machine {
  readonly site: Site;
  readonly arn: string;
  readonly name: string;
  readonly role: string;
  readonly tasks: readonly string[];
  readonly interpreter: StateMachine;
}

/** The state machines of a site, each with a role that can do what it must. */
export const machinesOf = (site: Site): Machine[] => {
  const { assembly, world } = site;
  return assembly.resources('AWS::StepFunctions::StateMachine').map((resource) => {
    const { ref: arn, attributes } = assembly.names(resource);
    const role = resource.text('RoleArn');
    const definition = definitionOf(resource);
    world.iam.assertTrusted(role, 'states.amazonaws.com', resource.where, arn);
    for (const action of recordingActions(resource)) {
      demand(world, resource.where, world.iam.refusal(role, action, ['*'], {}));
    }
    return {
      site,
      arn,
      name: attributes?.Name ?? '',
      role,
      tasks: tasksOf(definition, resource),
      interpreter: interpreterOf(definition),
    };
  });
};

/**
 * Checking a definition takes the interpreter longer than a day's play, and it keeps nothing of a
 * run: plays of the same definition share one.
 */
const interpreters = new Map<string, StateMachine>();

function interpreterOf(definition: StateMachineDefinition): StateMachine {
  const text = JSON.stringify(definition);
  const interpreter = interpreters.get(text) ?? new StateMachine(definition);
  interpreters.set(text, interpreter);
  return interpreter;
}

/**
 * What Step Functions does with the role of a state machine to record its runs.
 * https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html
 * https://docs.aws.amazon.com/step-functions/latest/dg/xray-iam.html
 */
function recordingActions(resource: Resource): string[] {
  const tracing = resource.optional('TracingConfiguration') as { Enabled?: boolean } | undefined;
  return [
    ...(resource.optional('LoggingConfiguration') === undefined
      ? []
      : [
          'logs:CreateLogDelivery',
          'logs:GetLogDelivery',
          'logs:UpdateLogDelivery',
          'logs:DeleteLogDelivery',
          'logs:ListLogDeliveries',
          'logs:PutResourcePolicy',
          'logs:DescribeResourcePolicies',
          'logs:DescribeLogGroups',
        ]),
    ...(tracing?.Enabled
      ? [
          'xray:PutTraceSegments',
          'xray:PutTelemetryRecords',
          'xray:GetSamplingRules',
          'xray:GetSamplingTargets',
        ]
      : []),
  ];
}

function definitionOf(resource: Resource): StateMachineDefinition {
  const given = (resource.optional('DefinitionSubstitutions') ?? {}) as Record<string, string>;
  const text = resource.text('DefinitionString').replace(/\$\{(\w+)\}/g, (placeholder, name) => {
    const value = given[name];
    if (value === undefined) {
      throw new NotModelled(`${resource.where}: nothing is substituted for ${placeholder}`);
    }
    return value;
  });
  return JSON.parse(text) as StateMachineDefinition;
}

/** The names of all Task states, also inside Map and Parallel; each must be one we can run. */
function tasksOf(definition: StateMachineDefinition, resource: Resource): string[] {
  return Object.entries(definition.States).flatMap(([name, state]) => {
    const nested = state as {
      Branches?: StateMachineDefinition[];
      ItemProcessor?: StateMachineDefinition;
      Resource?: string;
    };
    const inner = [
      ...(nested.Branches ?? []),
      ...(nested.ItemProcessor ? [nested.ItemProcessor] : []),
    ];
    if (state.Type === 'Task' && nested.Resource !== 'arn:aws:states:::lambda:invoke') {
      throw new NotModelled(`${resource.where}: ${name}: ${nested.Resource} is not modelled`);
    }
    return [
      ...(state.Type === 'Task' ? [name] : []),
      ...inner.flatMap((machine) => tasksOf(machine, resource)),
    ];
  });
}
