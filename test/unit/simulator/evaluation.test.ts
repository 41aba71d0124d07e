import { expect, it } from 'vitest';
import { type Caller, decide } from '../../../simulator/iam/evaluation.ts';
import { statementsOf } from '../../../simulator/iam/statement.ts';

const ours = '111122223333';
const topic = `arn:aws:sns:ca-central-1:${ours}:alerts`;

type Raw = Readonly<Record<string, unknown>>;
const allow = (more: Raw = {}): Raw => ({
  Effect: 'Allow',
  Action: 'sns:Publish',
  Resource: topic,
  ...more,
});
const deny = (more: Raw = {}): Raw => ({ ...allow(more), Effect: 'Deny' });

const role = (account: string, statements: readonly Raw[]): Caller => ({
  kind: 'role',
  arn: `arn:aws:iam::${account}:role/reporter`,
  label: 'Reporter',
  statements: statementsOf({ Statement: statements }, 'Grants'),
});
const mine = (...statements: readonly Raw[]) => role(ours, statements);
const foreign = (...statements: readonly Raw[]) => role('444455556666', statements);
const cloudwatch: Caller = { kind: 'service', name: 'cloudwatch.amazonaws.com' };

const reporter = { Principal: { AWS: `arn:aws:iam::${ours}:role/reporter` } };
const stranger = { Principal: { AWS: 'arn:aws:iam::444455556666:root' } };
const account = { Principal: { AWS: `arn:aws:iam::${ours}:root` } };
const accountId = { Principal: { AWS: ours } };
const anybody = { Principal: '*' };
const alarms = { Principal: { Service: 'cloudwatch.amazonaws.com' } };

const rows: readonly (readonly [
  what: string,
  caller: Caller,
  policy: readonly Raw[] | undefined,
  rules: boolean,
  allowed: boolean,
])[] = [
  ['nothing said is refused', mine(), undefined, false, false],
  ['the identity policy is enough', mine(allow()), undefined, false, true],
  ['also beside a resource policy that says nothing of it', mine(allow()), [], false, true],
  ['the resource policy is enough', mine(), [allow(reporter)], false, true],
  ['and so it is for anybody in the account', mine(), [allow(anybody)], false, true],
  ['but not where it names the account', mine(), [allow(account)], false, false],
  ['a Deny in the identity policy wins', mine(deny()), [allow(reporter)], false, false],
  ['a Deny in the resource policy wins', mine(allow()), [deny(anybody)], false, false],
  ['a Deny for the account wins', mine(allow()), [deny(account)], false, false],
  ['a Deny for somebody else does not', mine(allow()), [deny(stranger)], false, true],
  ['an action fits without its case', mine(allow({ Action: 'SNS:publish' })), [], false, true],
  ['another action does not', mine(allow({ Action: 'sns:Subscribe' })), [], false, false],
  ['another resource does not', mine(allow({ Resource: `${topic}x` })), [], false, false],
  ['a wildcard does', mine(allow({ Action: 'sns:*', Resource: '*' })), [], false, true],
  ['a key refuses what its policy does not say', mine(allow()), [], true, false],
  ['a key may leave it to the account', mine(allow()), [allow(account)], true, true],
  ['by its number as well', mine(allow()), [allow(accountId)], true, true],
  ['and then the identity policy decides', mine(), [allow(account)], true, false],
  ['a key may name the role itself', mine(), [allow(reporter)], true, true],
  ['a service needs the resource policy', cloudwatch, [], false, false],
  ['which names it', cloudwatch, [allow(alarms)], false, true],
  ['and not only the account', cloudwatch, [allow(account)], false, false],
  ['a Deny for anybody meets services', cloudwatch, [allow(alarms), deny(anybody)], false, false],
  ['a stranger needs both: identity alone', foreign(allow()), [], false, false],
  ['a stranger needs both: resource alone', foreign(), [allow(stranger)], false, false],
  ['a stranger with both', foreign(allow()), [allow(stranger)], false, true],
];

it.each(rows)('%s', (_what, caller, policy, rules, allowed) => {
  const request = { caller, action: 'sns:Publish', resource: topic, account: ours, context: {} };
  const statements = policy && statementsOf({ Statement: policy }, 'Policy');

  const decision = decide(request, statements && { label: 'Topic', statements, rules });

  expect(decision.allowed).toBe(allowed);
});

it.each([
  ['NotAction', { NotAction: 'sns:Publish' }],
  ['NotResource', { NotResource: topic }],
  ['NotPrincipal', { NotPrincipal: '*' }],
  ['IpAddress', { Condition: { IpAddress: { 'aws:SourceIp': '203.0.113.0/24' } } }],
  ['ForAllValues:StringEquals', { Condition: { 'ForAllValues:StringEquals': {} } }],
  ['${aws:username}', { Resource: 'arn:aws:s3:::images/${aws:username}/*' }],
  ['Federated', { Principal: { Federated: 'accounts.google.com' } }],
])('does not guess what %s means', (name, more) => {
  const read = () => statementsOf({ Statement: [allow(more)] }, 'Grants');

  expect(read).toThrow(`Grants: `);
  expect(read).toThrow(name);
});
