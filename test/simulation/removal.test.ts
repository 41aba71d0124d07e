import { describe, expect, it } from 'vitest';
import { BY_HAND } from '../../simulator/host-scripts.ts';
import { morning, noon, outcome, SCENES, type Scene } from './support/morning.ts';
import { edited, siteOf, type TemplateResource, templateOf } from './support/play.ts';

const site = siteOf();
const template = templateOf(site, 'OrthwebOperations');

const ofType = (type: string): [id: string, resource: TemplateResource][] =>
  Object.entries(template.Resources).filter(([, resource]) => resource.Type === type);

const pathOf = (resource: TemplateResource): string => resource.Metadata?.['aws:cdk:path'] ?? '';

it('plays the whole morning through as it is', async () => {
  const { failure, runs } = await morning(site);

  expect(failure).toBeUndefined();
  expect(runs.map(({ status }) => status)).toEqual([
    'SUCCEEDED',
    'ABORTED',
    'SUCCEEDED',
    // Who looks after certificates was waiting for the lease.
    'ABORTED',
    'SUCCEEDED',
  ]);
});

it('plays the whole noon through as it is', async () => {
  const { failure, deliveries } = await noon(site);

  expect(failure).toBeUndefined();
  expect(deliveries.map(({ attributes }) => attributes.kind)).toEqual([
    'CERTIFICATE',
    'ALARM',
    'STARTED',
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
    Object.keys(resource.Properties.DefinitionSubstitutions).map((name) => ({
      id,
      name,
      path: pathOf(resource).replace(/\/Resource$/, ''),
    })),
  );

  it.each(substitutions)('$name', async ({ id, name, path }) => {
    const without = edited(site, ({ Resources }) => {
      delete Resources[id]?.Properties.DefinitionSubstitutions[name];
    });

    const expected = `${path} (AWS::StepFunctions::StateMachine ${id}): nothing is substituted for \${${name}}`;
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
  // The evening's schedule has nothing to do before it, nor have documents that people send. What
  // denials keep from functions no scene tries: removal-of-permissions.test.ts does.
  const resources = types
    .flatMap(ofType)
    .filter(([id]) => !id.startsWith('PowerTimesAt1900'))
    .filter(([, { Properties }]) => !BY_HAND.has(Properties.Name?.replace?.('clinic-', '')))
    .filter(([, resource]) => !pathOf(resource).includes('/Denials/'))
    .map(([id]) => id);

  const intact = new Map<Scene, Promise<string>>();
  it.each(resources)('%s', async (id) => {
    const without = edited(site, ({ Resources }) => {
      delete Resources[id];
    });

    let isSeen = false;
    for (const scene of SCENES) {
      const known = intact.get(scene) ?? outcome(site, scene);
      intact.set(scene, known);
      isSeen ||= (await outcome(without, scene)) !== (await known);
      if (isSeen) break;
    }
    expect(isSeen).toBe(true);
  });
});
