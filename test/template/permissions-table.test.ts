import path from 'node:path';
import { expect, it } from 'vitest';
import { Assembly, type Granted, statementsOf } from './support/assembly.ts';
import { clinic } from './support/sites.ts';

const page = path.join(import.meta.dirname, '../../docs/permissions.md');

/** Roles that AWS takes to call us, and the hosts' own: who, on whose behalf, why. */
const OTHERS: Readonly<Record<string, string>> = {
  'Power/Workflow/StateMachine/Role':
    'Step Functions, to call the workflow’s functions, write its log and its traces',
  'Power/Times/Role': 'EventBridge Scheduler, to start the workflow at its times',
  'Site/MinuteRole': 'EventBridge Scheduler, to call the site tick',
};

const row = (...cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
const code = (items: readonly string[]): string => items.map((item) => `\`${item}\``).join('<br>');

/** Each statement beside the reason that was given with it: they are written in the same order. */
function rowsOf({ name, statements, reasons }: Granted): string[] {
  return statements.map(({ actions, resources, conditions }, index) => {
    expect(reasons[index]?.actions).toEqual(actions);
    const only =
      Object.keys(conditions).length > 0 ? `<br>if \`${JSON.stringify(conditions)}\`` : '';
    const why = reasons[index]?.because ?? '';
    return row(`\`${name}\``, code(actions), `${code(resources)}${only}`, why);
  });
}

it('has every right of every function in docs/permissions.md, with its reason', async () => {
  const assembly = new Assembly(clinic());
  const others = assembly.of('IAM::Policy').flatMap(({ properties }) => {
    const who = OTHERS[properties.Roles[0].replace(/^<|>$/g, '')];
    return who === undefined
      ? []
      : statementsOf(properties.PolicyDocument).map(({ actions, resources }) =>
          row(who, code(actions), code(resources)),
        );
  });

  const table = [
    '# Permissions',
    '',
    'Who may do what to which resource, and why: the roles of the stack `OrthwebOperations` for a',
    'site called `clinic`. `<…>` is a resource of the templates, by its construct path. The page is',
    'written by `npx vitest run --project template --update permissions-table`, and a test holds it',
    'against the template.',
    '',
    '## Functions',
    '',
    row('function', 'may', 'on', 'because'),
    row('---', '---', '---', '---'),
    ...assembly.functions().flatMap(rowsOf),
    '',
    '## Services on our behalf',
    '',
    row('who', 'may', 'on'),
    row('---', '---', '---'),
    ...others,
    '',
  ].join('\n');

  expect(new Set(others.map((line) => line.split(' | ')[0])).size).toBe(Object.keys(OTHERS).length);
  await expect(table).toMatchFileSnapshot(page);
});
