import type { RequestContext } from '../../../simulator/iam/conditions.ts';
import { accountOf, type Caller } from '../../../simulator/iam/evaluation.ts';
import { Iam } from '../../../simulator/iam/iam.ts';
import { statementsOf } from '../../../simulator/iam/statement.ts';
import { ACCOUNT, Assembly } from '../../../simulator/template.ts';
import { KNOWN_TYPES } from '../../../simulator/world.ts';
import type { Site } from './play.ts';

/** One request, and what of the templates decides it: pattern of a guard in `policies.ts`. */
export interface Attempt {
  readonly what: string;
  readonly guards: readonly RegExp[];
  readonly by: (of: Names) => Caller;
  readonly action: string;
  readonly on: (of: Names) => string;
  readonly saying?: (of: Names) => RequestContext;
}

/** What resources of the templates are called, by their construct path. */
export interface Names {
  readonly ref: (path: string) => string;
  readonly arn: (path: string) => string;
  readonly region: string;
}

type Capability = 'Power' | 'Certificate';

const STRANGER = '444455556666';

const theirs = (arn: string): string => arn.replace(ACCOUNT, STRANGER);

const service = (name: string, source: string, account = accountOf(source) || ACCOUNT): Caller => ({
  kind: 'service',
  name,
  source: { arn: source, account },
});

/** A person of the operator who may do everything that IAM alone decides. */
const administrator: Caller = {
  kind: 'role',
  arn: `arn:aws:iam::${ACCOUNT}:role/administrator`,
  label: 'the administrator',
  statements: statementsOf(
    { Statement: { Effect: 'Allow', Action: '*', Resource: '*' } },
    'AdministratorAccess',
  ),
};

const as =
  (role: string): Attempt['by'] =>
  ({ arn }) => ({ kind: 'role', arn: arn(role), label: '', statements: [] });
const act = as('Power/Act/Role');
/** Orthanc, with the credentials that the host feeds it. */
const container = as('Hosts/Images/Role');
const host = as('Hosts/Role');
const key: Attempt['on'] = ({ arn }) => arn('Key');
const anInstance: Attempt['on'] = ({ region }) => `arn:aws:ec2:${region}:${ACCOUNT}:instance/i-0`;
const observer = as('Certificate/Verify/Role');
const image: Attempt['on'] = ({ arn }) => `${arn('Storage/Data')}/images/0`;
/** From a host, whose route to S3 is the gateway endpoint. */
const fromHost = ({ ref }: Names) => ({ 'aws:SourceVpce': ref('Network/Vpc/S3') });
const monitoring: Attempt['on'] = ({ arn }) => arn('Database/Monitoring');
const database = ({ region, ref }: Names) =>
  `arn:aws:rds:${region}:${ACCOUNT}:db:${ref('Database/Instance')}`;
const keyOfImages = ({ arn, region }: Names) => ({
  'kms:ViaService': `s3.${region}.amazonaws.com`,
  'kms:EncryptionContext:aws:s3:arn': arn('Storage/Data'),
});
const keyOfSecrets = ({ ref, region }: Names) => ({
  'kms:ViaService': `secretsmanager.${region}.amazonaws.com`,
  'kms:EncryptionContext:SecretARN': ref('Database/User'),
});
const accessLog: Attempt['on'] = ({ arn }) => `${arn('Storage/Logs')}/access/data/log`;
const flowLog: Attempt['on'] = ({ arn }) =>
  `${arn('Storage/Logs')}/flow/AWSLogs/${ACCOUNT}/vpcflowlogs/log`;
const delivery = ({ region }: Names) => `arn:aws:logs:${region}:${ACCOUNT}:delivery-source:x`;
const groupOf = ({ region, ref }: Names, capability: Capability) =>
  `arn:aws:scheduler:${region}:${ACCOUNT}:schedule-group/${ref(`${capability}/Times/Group`)}`;
const alarm = ({ arn }: Names) => arn('Site/EachMinute/Missing/Alarm');
const topic: Attempt['on'] = ({ ref }) => ref('Alerts/Topic');
const deadLetters: Attempt['on'] = ({ arn }) => arn('Health/DeadLetters');
/** Rules that hint at trouble. */
const HINTS = ['Instance', 'Alarm', 'AwsHealth', 'Database', 'Run'];
const owned = () => ({ 's3:x-amz-acl': 'bucket-owner-full-control' });
const plain = () => ({ 'aws:SecureTransport': 'false' });
const grant = (of: Names) => ({
  'kms:ViaService': `ec2.${of.region}.amazonaws.com`,
  'kms:GrantIsForAWSResource': 'true',
});

/** Who comes as a service of AWS to the roles of a workflow, and is another's. */
function intoWorkflow(capability: Capability): Attempt[] {
  const machine = ({ ref }: Names) => ref(`${capability}/Workflow/StateMachine`);
  const guard = (role: string, of: string) => [new RegExp(`/${capability}/${role} .*: ${of}$`)];
  const states: Pick<Attempt, 'action' | 'on'> = {
    action: 'sts:AssumeRole',
    on: ({ arn }) => arn(`${capability}/Workflow/StateMachine/Role`),
  };
  const times: Pick<Attempt, 'action' | 'on'> = {
    action: 'sts:AssumeRole',
    on: ({ arn }) => arn(`${capability}/Times/Role`),
  };
  return [
    {
      what: `Step Functions takes the role of ${capability} for another account`,
      guards: guard('Workflow/StateMachine/Role', 'StringEquals aws:SourceAccount'),
      by: (of) => service('states.amazonaws.com', machine(of), STRANGER),
      ...states,
    },
    {
      what: `Step Functions takes the role of ${capability} for something that is no state machine`,
      guards: guard('Workflow/StateMachine/Role', 'ArnLike aws:SourceArn'),
      by: (of) => service('states.amazonaws.com', machine(of).replace('stateMachine', 'activity')),
      ...states,
    },
    {
      what: `a schedule of another account takes the role that starts ${capability}`,
      guards: guard('Times/Role', 'StringEquals aws:SourceAccount'),
      by: (of) => service('scheduler.amazonaws.com', groupOf(of, capability), STRANGER),
      ...times,
    },
    {
      what: `a schedule of another group takes the role that starts ${capability}`,
      guards: guard('Times/Role', 'StringEquals aws:SourceArn'),
      by: (of) =>
        service('scheduler.amazonaws.com', groupOf(of, capability).replace(/[^/]+$/, 'default')),
      ...times,
    },
  ];
}

/** What must be refused, and lets somebody in if its guard is lost. */
export const INTRUSIONS: readonly Attempt[] = [
  {
    what: 'an instance of another site is stopped',
    guards: [/Power\/Act\/Grants .*#3: StringEquals aws:ResourceTag\/orthweb:site$/],
    by: act,
    action: 'ec2:StopInstances',
    on: anInstance,
    saying: () => ({ 'aws:ResourceTag/orthweb:site': 'hospital' }),
  },
  {
    what: 'a script runs on a host of another site',
    guards: [/Power\/Act\/Grants .*#7: StringEquals ssm:resourceTag\/orthweb:site$/],
    by: act,
    action: 'ssm:SendCommand',
    on: anInstance,
    saying: () => ({ 'ssm:resourceTag/orthweb:site': 'hospital' }),
  },
  {
    what: 'a certificate is installed on a host of another site',
    guards: [/Certificate\/Act\/Grants .*#5: StringEquals ssm:resourceTag\/orthweb:site$/],
    by: as('Certificate/Act/Role'),
    action: 'ssm:SendCommand',
    on: anInstance,
    saying: () => ({ 'ssm:resourceTag/orthweb:site': 'hospital' }),
  },
  {
    what: 'the code of a function in the network makes itself another way into it',
    guards: [/Certificate\/Verify\/Denials .*: Deny$/],
    by: observer,
    action: 'ec2:CreateNetworkInterface',
    on: () => '*',
    saying: ({ arn }) => ({ 'lambda:SourceFunctionArn': arn('Certificate/Verify/Function') }),
  },
  {
    what: 'the key is granted by way of another service than EC2',
    guards: [/Power\/Act\/Grants .*: StringEquals kms:ViaService$/],
    by: act,
    action: 'kms:CreateGrant',
    on: key,
    saying: (of) => ({ ...grant(of), 'kms:ViaService': `rds.${of.region}.amazonaws.com` }),
  },
  {
    what: 'the key is granted to somebody who is no AWS resource',
    guards: [/Power\/Act\/Grants .*: Bool kms:GrantIsForAWSResource$/],
    by: act,
    action: 'kms:CreateGrant',
    on: key,
    saying: (of) => ({ ...grant(of), 'kms:GrantIsForAWSResource': 'false' }),
  },
  {
    what: 'CloudWatch Logs decrypts for a log group that is not of this site',
    guards: [/LogsOfThisSite: ArnLike kms:EncryptionContext:aws:logs:arn$/],
    by: ({ region }) => ({ kind: 'service', name: `logs.${region}.amazonaws.com` }),
    action: 'kms:Decrypt',
    on: key,
    saying: ({ region }) => ({
      'kms:EncryptionContext:aws:logs:arn': `arn:aws:logs:${region}:${ACCOUNT}:log-group:/aws/rds/instance/hospital/postgresql`,
    }),
  },
  {
    what: 'an alarm of another account uses the key',
    guards: [/AWS::KMS::Key .*AlarmsOfThisAccount: StringEquals aws:SourceAccount$/],
    by: (of) => service('cloudwatch.amazonaws.com', theirs(alarm(of))),
    action: 'kms:Decrypt',
    on: key,
  },
  {
    what: 'an alarm of another account tells our operator',
    guards: [/TopicPolicy .*AlarmsOfThisAccount: StringEquals aws:SourceAccount$/],
    by: (of) => service('cloudwatch.amazonaws.com', theirs(alarm(of))),
    action: 'sns:Publish',
    on: topic,
  },
  {
    what: 'an alert travels in the clear',
    guards: [/AllowPublishThroughSSLOnly: Deny$/],
    by: (of) => service('cloudwatch.amazonaws.com', alarm(of)),
    action: 'sns:Publish',
    on: topic,
    saying: plain,
  },
  {
    what: 'a log travels in the clear',
    guards: [/Storage\/Logs\/Policy .*#1: Deny$/],
    by: () => administrator,
    action: 's3:GetObject',
    on: accessLog,
    saying: plain,
  },
  {
    what: 'an image travels in the clear',
    guards: [/Storage\/Data\/Policy .*#1: Deny$/],
    by: container,
    action: 's3:GetObject',
    on: image,
    saying: (of) => ({ ...fromHost(of), ...plain() }),
  },
  {
    what: 'an image travels over TLS 1.1',
    guards: [/Storage\/Data\/Policy .*#2: Deny$/],
    by: container,
    action: 's3:GetObject',
    on: image,
    saying: (of) => ({ ...fromHost(of), 's3:TlsVersion': '1.1' }),
  },
  {
    what: 'an administrator reads an image, even from a host',
    guards: [/Storage\/Data\/Policy .*ContainersOnly: Deny$/],
    by: () => administrator,
    action: 's3:GetObject',
    on: image,
    saying: fromHost,
  },
  {
    what: 'credentials of a container read an image from elsewhere',
    guards: [/Storage\/Data\/Policy .*ThisNetworkOnly: Deny$/],
    by: container,
    action: 's3:GetObject',
    on: image,
  },
  {
    what: 'a container decrypts what does not come from S3',
    guards: [/Hosts\/Images\/Role\/.*KeyOfImages: StringEquals kms:ViaService$/],
    by: container,
    action: 'kms:Decrypt',
    on: key,
    saying: (of) => ({
      ...keyOfImages(of),
      'kms:ViaService': `secretsmanager.${of.region}.amazonaws.com`,
    }),
  },
  {
    what: 'a container decrypts what lies in another bucket',
    guards: [/Hosts\/Images\/Role\/.*KeyOfImages: StringEquals kms:EncryptionContext:aws:s3:arn$/],
    by: container,
    action: 'kms:Decrypt',
    on: key,
    saying: (of) => ({
      ...keyOfImages(of),
      'kms:EncryptionContext:aws:s3:arn': 'arn:aws:s3:::another',
    }),
  },
  {
    what: 'a host decrypts what does not come from Secrets Manager',
    guards: [/Hosts\/Role\/.*KeyOfSecrets: StringEquals kms:ViaService$/],
    by: host,
    action: 'kms:Decrypt',
    on: key,
    saying: (of) => ({ ...keyOfSecrets(of), 'kms:ViaService': `s3.${of.region}.amazonaws.com` }),
  },
  {
    what: 'a host decrypts what another secret holds',
    guards: [/Hosts\/Role\/.*KeyOfSecrets: StringEquals kms:EncryptionContext:SecretARN$/],
    by: host,
    action: 'kms:Decrypt',
    on: key,
    saying: (of) => ({
      ...keyOfSecrets(of),
      'kms:EncryptionContext:SecretARN': `${of.ref('Database/User')}-of-another`,
    }),
  },
  {
    what: 'RDS takes the role of the monitoring for another account',
    guards: [/Database\/Monitoring .*: StringEquals aws:SourceAccount$/],
    by: (of) => service('monitoring.rds.amazonaws.com', database(of), STRANGER),
    action: 'sts:AssumeRole',
    on: monitoring,
  },
  {
    what: 'RDS takes the role of the monitoring for another database',
    guards: [/Database\/Monitoring .*: StringEquals aws:SourceArn$/],
    by: (of) => service('monitoring.rds.amazonaws.com', `${database(of)}-2`),
    action: 'sts:AssumeRole',
    on: monitoring,
  },
  {
    what: 'a bucket of our name in another account writes access logs',
    guards: [/Storage\/Logs\/Policy .*#2: StringEquals aws:SourceAccount$/],
    by: ({ arn }) => service('logging.s3.amazonaws.com', arn('Storage/Data'), STRANGER),
    action: 's3:PutObject',
    on: accessLog,
  },
  {
    what: 'another bucket of ours writes access logs among those of the images',
    guards: [/Storage\/Logs\/Policy .*#2: ArnLike aws:SourceArn$/],
    by: () => service('logging.s3.amazonaws.com', 'arn:aws:s3:::another'),
    action: 's3:PutObject',
    on: accessLog,
  },
  {
    what: 'a flow log comes that its deliverer keeps for itself',
    guards: [/Storage\/Logs\/Policy .*#3: StringEquals s3:x-amz-acl$/],
    by: (of) => service('delivery.logs.amazonaws.com', delivery(of)),
    action: 's3:PutObject',
    on: flowLog,
    saying: () => ({ 's3:x-amz-acl': 'private' }),
  },
  {
    what: 'a delivery for another account writes flow logs',
    guards: [/Storage\/Logs\/Policy .*#3: StringEquals aws:SourceAccount$/],
    by: (of) => service('delivery.logs.amazonaws.com', delivery(of), STRANGER),
    action: 's3:PutObject',
    on: flowLog,
    saying: owned,
  },
  {
    what: 'a delivery from another region writes flow logs',
    guards: [/Storage\/Logs\/Policy .*#3: ArnLike aws:SourceArn$/],
    by: (of) =>
      service('delivery.logs.amazonaws.com', delivery(of).replace(of.region, 'eu-west-1')),
    action: 's3:PutObject',
    on: flowLog,
    saying: owned,
  },
  {
    what: 'a delivery for another account asks who may read the logs',
    guards: [/Storage\/Logs\/Policy .*#4: StringEquals aws:SourceAccount$/],
    by: (of) => service('delivery.logs.amazonaws.com', delivery(of), STRANGER),
    action: 's3:GetBucketAcl',
    on: ({ arn }) => arn('Storage/Logs'),
  },
  {
    what: 'a delivery from another region asks who may read the logs',
    guards: [/Storage\/Logs\/Policy .*#4: ArnLike aws:SourceArn$/],
    by: (of) =>
      service('delivery.logs.amazonaws.com', delivery(of).replace(of.region, 'eu-west-1')),
    action: 's3:GetBucketAcl',
    on: ({ arn }) => arn('Storage/Logs'),
  },
  ...intoWorkflow('Power'),
  ...intoWorkflow('Certificate'),
  {
    what: 'a schedule of another account takes the role that calls the tick',
    guards: [/Site\/EachMinute\/Role .*: StringEquals aws:SourceAccount$/],
    by: (of) => service('scheduler.amazonaws.com', theirs(groupOf(of, 'Power'))),
    action: 'sts:AssumeRole',
    on: ({ arn }) => arn('Site/EachMinute/Role'),
  },
  {
    what: 'a rule of another account calls the tick',
    guards: [/AWS::Lambda::Permission SiteRunEnded.*: SourceArn$/],
    by: ({ arn }) => service('events.amazonaws.com', theirs(arn('Site/RunEnded'))),
    action: 'lambda:InvokeFunction',
    on: ({ arn }) => arn('Site/Tick/Function'),
  },
  {
    what: 'a schedule of another account takes the role that has the site looked at',
    guards: [/Health\/EachMinute\/Role .*: StringEquals aws:SourceAccount$/],
    by: (of) => service('scheduler.amazonaws.com', theirs(groupOf(of, 'Power'))),
    action: 'sts:AssumeRole',
    on: ({ arn }) => arn('Health/EachMinute/Role'),
  },
  {
    what: 'a rule of another account has the site looked at',
    guards: HINTS.map((hint) => new RegExp(`Permission HealthHints${hint}Allow.*: SourceArn$`)),
    by: ({ arn }) => service('events.amazonaws.com', theirs(arn('Health/Hints/Instance'))),
    action: 'lambda:InvokeFunction',
    on: ({ arn }) => arn('Health/Observe/Function'),
  },
  {
    what: 'a rule of another account puts something among the dead letters',
    guards: HINTS.map(
      (hint) =>
        new RegExp(`DeadLetters/Policy .*HealthHints${hint}\\w{8}: ArnEquals aws:SourceArn$`),
    ),
    by: ({ arn }) => service('events.amazonaws.com', theirs(arn('Health/Hints/Instance'))),
    action: 'sqs:SendMessage',
    on: deadLetters,
  },
  {
    what: 'a dead letter travels in the clear',
    guards: [/DeadLetters\/Policy .*: Deny$/],
    by: ({ arn }) => service('events.amazonaws.com', arn('Health/Hints/Instance')),
    action: 'sqs:SendMessage',
    on: deadLetters,
    saying: plain,
  },
  {
    what: 'a host of another site is asked how it is',
    guards: [/Health\/Observe\/Grants .*: StringEquals ssm:resourceTag\/orthweb:site$/],
    by: as('Health/Observe/Role'),
    action: 'ssm:SendCommand',
    on: anInstance,
    saying: () => ({ 'ssm:resourceTag/orthweb:site': 'hospital' }),
  },
  {
    what: 'who watches speaks as another source of events',
    guards: [/Health\/Observe\/Grants .*: StringEquals events:source$/],
    by: as('Health/Observe/Role'),
    action: 'events:PutEvents',
    on: ({ region }) => `arn:aws:events:${region}:${ACCOUNT}:event-bus/default`,
    saying: () => ({ 'events:source': 'another' }),
  },
  {
    what: 'the code that looks from within makes itself another way into the network',
    guards: [/Health\/Probe\/Denials .*: Deny$/],
    by: as('Health/Probe/Role'),
    action: 'ec2:CreateNetworkInterface',
    on: () => '*',
    saying: ({ arn }) => ({ 'lambda:SourceFunctionArn': arn('Health/Probe/Function') }),
  },
];

/** What must be allowed: a Deny that lost its condition would refuse it. */
export const ERRANDS: readonly Attempt[] = [
  {
    what: 'Lambda connects a function to the network',
    guards: [/Certificate\/Verify\/Denials .*: ArnEquals lambda:SourceFunctionArn$/],
    by: observer,
    action: 'ec2:CreateNetworkInterface',
    on: () => '*',
  },
  {
    what: 'Lambda connects the function that looks from within',
    guards: [/Health\/Probe\/Denials .*: ArnEquals lambda:SourceFunctionArn$/],
    by: as('Health/Probe/Role'),
    action: 'ec2:CreateNetworkInterface',
    on: () => '*',
  },
  {
    what: 'a dead letter travels over TLS',
    guards: [/DeadLetters\/Policy .*: Bool aws:SecureTransport$/],
    by: ({ arn }) => service('events.amazonaws.com', arn('Health/Hints/Instance')),
    action: 'sqs:SendMessage',
    on: deadLetters,
  },
  {
    what: 'an alert travels over TLS',
    guards: [/AllowPublishThroughSSLOnly: Bool aws:SecureTransport$/],
    by: (of) => service('cloudwatch.amazonaws.com', alarm(of)),
    action: 'sns:Publish',
    on: topic,
  },
  {
    what: 'a person reads a log',
    guards: [/Storage\/Logs\/Policy .*#1: Bool aws:SecureTransport$/],
    by: () => administrator,
    action: 's3:GetObject',
    on: accessLog,
  },
  {
    what: 'Orthanc reads an image over TLS 1.2',
    guards: [
      /Storage\/Data\/Policy .*#1: Bool aws:SecureTransport$/,
      /Storage\/Data\/Policy .*#2: NumericLessThan s3:TlsVersion$/,
      /Storage\/Data\/Policy .*ContainersOnly: ArnNotEquals aws:PrincipalArn$/,
      /Storage\/Data\/Policy .*ThisNetworkOnly: StringNotEquals aws:SourceVpce$/,
    ],
    by: container,
    action: 's3:GetObject',
    on: image,
    saying: (of) => ({ ...fromHost(of), 's3:TlsVersion': '1.2' }),
  },
];

/** The attempts that the site's policies let through. */
export async function letThrough(site: Site, attempts: readonly Attempt[]): Promise<Attempt[]> {
  const assembly = new Assembly(site.directory, KNOWN_TYPES);
  const iam = await Iam.load(assembly);
  const named = (path: string) => {
    const found = assembly
      .resources()
      .find(({ where }) => where.split(' ')[0]?.endsWith(`/${path}`));
    if (!found) throw new Error(`the templates have no ${path}`);
    return assembly.names(found);
  };
  const names: Names = {
    ref: (path) => named(path).ref,
    arn: (path) => named(path).attributes?.Arn ?? '',
    region: assembly.stacks[0]?.region ?? '',
  };
  return attempts.filter(({ by, action, on, saying }) => {
    const caller = by(names);
    const asked = saying?.(names) ?? {};
    const known = caller.kind === 'role' && caller !== administrator;
    const refusal = known
      ? iam.refusal(caller.arn, action, [on(names)], asked)
      : iam.judge(caller, action, on(names), asked);
    return refusal === undefined;
  });
}
