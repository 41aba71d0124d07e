import { describe, expect, it } from 'vitest';
import { instantAt } from '../../simulator/report/local-time.ts';
import type { World } from '../../simulator/world.ts';
import {
  edited,
  operationsTemplate,
  play,
  type Site,
  siteOf,
  type TemplateResource,
} from './support/play.ts';

const site = siteOf();
const template = operationsTemplate(site);

const ofType = (type: string): [id: string, resource: TemplateResource][] =>
  Object.entries(template.Resources).filter(([, resource]) => resource.Type === type);

const pathOf = (resource: TemplateResource): string => resource.Metadata?.['aws:cdk:path'] ?? '';

/**
 * A morning in which almost everything happens: a deployment at 06:00 stops the site, 07:00
 * starts it, the event comes twice, the run is aborted, and the tick sweeps and starts anew.
 */
const morning = (of: Site) =>
  play(of, {
    from: '2026-11-30T06:00',
    days: 0.15,
    prepare: ({ clock, stepFunctions }: World) => {
      const at = (local: string, act: () => void) =>
        clock.at(instantAt(local, site.timeZone).getTime(), act);
      at('2026-11-30T07:02', () => {
        const machine = stepFunctions.executions.at(-1)?.machine ?? '';
        stepFunctions.start(machine, JSON.stringify({ trigger: 'schedule', again: true }));
      });
      at('2026-11-30T07:03', () => {
        for (const { abort, status } of stepFunctions.executions) if (status === 'RUNNING') abort();
      });
    },
  });

const outcome = async (of: Site): Promise<string> => {
  try {
    const { failure, entries, deliveries } = await morning(of);
    return failure ? failure.message : JSON.stringify({ entries, deliveries });
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
};

it('plays the whole morning through as it is', async () => {
  const { failure, runs } = await morning(site);

  expect(failure).toBeUndefined();
  expect(runs.map(({ status }) => status)).toEqual([
    'SUCCEEDED',
    'ABORTED',
    'SUCCEEDED',
    'SUCCEEDED',
  ]);
});

describe('an environment variable that is gone fails the loading, by function and name', () => {
  const variables = ofType('AWS::Lambda::Function').flatMap(([id, resource]) =>
    Object.keys(resource.Properties.Environment.Variables).map((name) => ({
      id,
      name,
      path: pathOf(resource).replace(/\/Resource$/, ''),
    })),
  );

  it.each(variables)('$path: $name', async ({ id, name, path }) => {
    const without = edited(site, ({ Resources }) => {
      delete Resources[id]?.Properties.Environment.Variables[name];
    });

    await expect(morning(without)).rejects.toThrow(`${path} (AWS::Lambda::Function ${id})`);
    await expect(morning(without)).rejects.toThrow(`environment: ${name}:`);
  });
});

describe('a substitution that is gone fails the loading, by state machine and placeholder', () => {
  const substitutions = ofType('AWS::StepFunctions::StateMachine').flatMap(([id, resource]) =>
    Object.keys(resource.Properties.DefinitionSubstitutions).map((name) => ({ id, name })),
  );

  it.each(substitutions)('$name', async ({ id, name }) => {
    const without = edited(site, ({ Resources }) => {
      delete Resources[id]?.Properties.DefinitionSubstitutions[name];
    });

    const expected = `OrthwebOperations/Power/Workflow/StateMachine (AWS::StepFunctions::StateMachine ${id}): nothing is substituted for \${${name}}`;
    await expect(morning(without)).rejects.toThrow(expected);
  });
});

describe('a target that is gone fails the loading, by its schedule or rule', () => {
  const schedules = ofType('AWS::Scheduler::Schedule').map(([id]) => ({ id, property: 'Target' }));
  const rules = ofType('AWS::Events::Rule').map(([id]) => ({ id, property: 'Targets' }));

  it.each([...schedules, ...rules])('$id', async ({ id, property }) => {
    const without = edited(site, ({ Resources }) => {
      delete Resources[id]?.Properties[property];
    });

    await expect(morning(without)).rejects.toThrow(`${id}): ${property} is missing`);
  });
});

/** Rights that this morning does not use, and who does: whose, which, why. */
const UNUSED: readonly (readonly [path: RegExp, action: RegExp, because: string])[] = [
  [/./, /^logs:/, 'Lambda and Step Functions themselves, for their logs'],
  [/./, /^xray:/, 'Step Functions itself, for tracing'],
  [/./, /^kms:CreateGrant$/, 'EC2 on our behalf, when an instance with an encrypted volume starts'],
  [/Site\/Tick/, /^(sns:Publish|kms:|dynamodb:DeleteItem)/, 'when the publisher of an alert died'],
];

describe('a permission that is gone fails the run, by role, action and resource', () => {
  const grants = ofType('AWS::IAM::Policy').flatMap(([id, resource]) => {
    const all = resource.Properties.PolicyDocument.Statement as { Action: string | string[] }[];
    return all.flatMap(({ Action }, index) =>
      [Action].flat().map((action) => ({ id, index, action, path: pathOf(resource) })),
    );
  });
  const used = grants.filter(
    ({ path, action }) => !UNUSED.some(([whose, which]) => whose.test(path) && which.test(action)),
  );

  it('knows more than twenty that are used', () => {
    expect(used.length).toBeGreaterThan(20);
  });

  it.each(used)('$path: $action', async ({ id, index, action }) => {
    const without = edited(site, ({ Resources }) => {
      const statement = Resources[id]?.Properties.PolicyDocument.Statement[index];
      statement.Action = [statement.Action].flat().filter((one: string) => one !== action);
    });

    const { failure } = await morning(without);

    expect(failure).toMatchObject({ name: 'PermissionMissing' });
    expect(failure?.message).toContain(`has no statement that allows ${action} on `);
  });
});

describe('a resource that is gone changes or fails the run', () => {
  const types = [
    'AWS::Events::Rule',
    'AWS::IAM::Policy',
    'AWS::IAM::Role',
    'AWS::Lambda::Function',
    'AWS::Lambda::Permission',
    'AWS::Scheduler::Schedule',
    'AWS::SNS::Subscription',
    'AWS::SNS::Topic',
    'AWS::SSM::Document',
    'AWS::StepFunctions::StateMachine',
  ];
  // The evening's schedule has nothing to do in a morning.
  const resources = types
    .flatMap(ofType)
    .map(([id]) => id)
    .filter((id) => !id.startsWith('PowerTimesAt1900'));

  it.each(resources)('%s', async (id) => {
    const without = edited(site, ({ Resources }) => {
      delete Resources[id];
    });

    expect(await outcome(without)).not.toBe(await outcome(site));
  });
});
