import path from 'node:path';
import { expect, it } from 'vitest';
import { Assembly, type Granted, type Properties, statementsOf } from './support/assembly.ts';
import { clinic } from './support/sites.ts';

const page = path.join(import.meta.dirname, '../../docs/permissions.md');

/** The other roles: who takes each, and for what. */
const OTHERS: Readonly<Record<string, string>> = {
  'Database/Monitoring': 'RDS, to write what the operating system of the database measures',
  'Hosts/Images/Role': 'containers on the hosts, to use the images',
  'Hosts/Role': 'the hosts: their agent, their boots, Docker for the logs of containers',
  'Power/Workflow/StateMachine/Role':
    'Step Functions, to call the workflow’s functions, write its log and its traces',
  'Certificate/Workflow/StateMachine/Role':
    'Step Functions, to call the functions of the certificates’ workflow, likewise',
  'Power/Times/Role': 'EventBridge Scheduler, to start the workflow at its times',
  'Certificate/Times/Role': 'EventBridge Scheduler, to have the certificates looked at daily',
  'Site/EachMinute/Role': 'EventBridge Scheduler, to call the site tick',
  'Health/EachMinute/Role': 'EventBridge Scheduler, to have the site’s health looked at',
};

const row = (...cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
/** The hash of the host bundle changes with each line of it. */
const code = (items: readonly string[]): string =>
  items.map((item) => `\`${item.replace(/[0-9a-f]{64}/, '<hash>')}\``).join('<br>');

const onlyIf = (conditions: Properties): string =>
  Object.keys(conditions).length > 0 ? `<br>if \`${JSON.stringify(conditions)}\`` : '';

/** Each statement beside the reason that was given with it: they are written in the same order. */
function rowsOf({ name, statements, reasons }: Granted): string[] {
  return statements.map(({ effect, actions, resources, conditions }, index) => {
    expect(reasons[index]?.actions).toEqual(actions);
    const why = reasons[index]?.because ?? '';
    const may = `${effect === 'Deny' ? 'never ' : ''}${code(actions)}`;
    return row(`\`${name}\``, may, `${code(resources)}${onlyIf(conditions)}`, why);
  });
}

it('has every right of every role in docs/permissions.md, and a reason for each function’s', async () => {
  const assembly = new Assembly(clinic());
  const policies = [...assembly.site, ...assembly.operations].filter(
    ({ type }) => type === 'AWS::IAM::Policy',
  );
  const others = policies.flatMap(({ properties }) => {
    const who = OTHERS[properties.Roles[0].replace(/^<|>$/g, '')];
    return who === undefined
      ? []
      : statementsOf(properties.PolicyDocument).map(({ actions, resources, conditions }) =>
          row(who, code(actions), `${code(resources)}${onlyIf(conditions)}`),
        );
  });

  const table = [
    '# Permissions',
    '',
    'Who may do what to which resource, and why: the roles of both stacks for a site called',
    '`clinic`. `<…>` is a resource of the templates, by its construct path. The page is written by',
    '`npx vitest run --project template --update permissions-table`, and a test holds it against the',
    'templates. Each right is granted to a role; what resources themselves refuse, whoever has the',
    'right, stands in their own policies: images to all but the containers of the hosts, and from',
    'anywhere but the network of the site; both buckets without TLS.',
    '',
    '## Functions',
    '',
    row('function', 'may', 'on', 'because'),
    row('---', '---', '---', '---'),
    ...assembly.functions().flatMap(rowsOf),
    '',
    '## Hosts, and services on our behalf',
    '',
    row('who', 'may', 'on'),
    row('---', '---', '---'),
    ...others,
    '',
  ].join('\n');

  expect(new Set(others.map((line) => line.split(' | ')[0])).size).toBe(Object.keys(OTHERS).length);
  await expect(table).toMatchFileSnapshot(page);
});
