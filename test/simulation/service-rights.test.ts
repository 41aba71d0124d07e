import { describe, expect, it } from 'vitest';
import { Iam } from '../../simulator/iam/iam.ts';
import { ACCOUNT, Assembly } from '../../simulator/template.ts';
import { KNOWN_TYPES, type World } from '../../simulator/world.ts';
import { edited, play, type Site, type StackId, siteOf, type Template } from './support/play.ts';

const site = siteOf();

const firstOf = ({ Resources }: Template, type: string) => {
  const found = Object.values(Resources).find((resource) => resource.Type === type);
  if (!found) throw new Error(`the template has no ${type}`);
  return found;
};

async function start(of: Site) {
  const worlds: World[] = [];
  const result = await play(of, {
    from: '2026-11-30T08:00',
    days: 0.001,
    prepare: (world) => worlds.push(world),
  });
  return { ...result, world: worlds[0] };
}

const NETWORK = [
  'ec2:CreateNetworkInterface',
  'ec2:DescribeNetworkInterfaces',
  'ec2:DescribeSubnets',
  'ec2:DeleteNetworkInterface',
  'ec2:AssignPrivateIpAddresses',
  'ec2:UnassignPrivateIpAddresses',
];

describe('a function in a VPC', () => {
  /** The one that looks at the hosts, with rights as if somebody had edited them. */
  const observed = (edit: (actions: readonly string[]) => readonly string[]) =>
    edited(site, ({ Resources }) => {
      const grants = Object.values(Resources)
        .filter(({ Type }) => Type === 'AWS::IAM::Policy')
        .filter(({ Properties }) => Properties.PolicyName.startsWith('CertificateVerify'))
        .flatMap(({ Properties }) => Properties.PolicyDocument.Statement)
        .filter(({ Effect, Action }) => Effect === 'Allow' && Action.includes(NETWORK[0]));
      expect(grants).toHaveLength(1);
      for (const statement of grants) statement.Action = edit(statement.Action);
    });

  it('loads with the rights to its network interfaces, and with no others', async () => {
    expect((await start(observed(() => NETWORK))).failure).toBeUndefined();
  });

  it.each(NETWORK)('fails the run without %s', async (missing) => {
    const { failure } = await start(
      observed((actions) => actions.filter((action) => action !== missing)),
    );

    expect(failure).toMatchObject({ name: 'PermissionMissing' });
    expect(failure?.message).toMatch(
      /Certificate\/Verify\/Function .*Certificate\/Verify\/Role .*has no statement that allows/,
    );
    expect(failure?.message).toContain(`${missing} on *`);
  });
});

it('keeps the agent of a host offline that may not report', async () => {
  const mute = edited(
    site,
    (template) => {
      const agent = Object.values(template.Resources)
        .flatMap(({ Properties }) => Properties?.PolicyDocument?.Statement ?? [])
        .find(({ Sid }) => Sid === 'SystemsManagerAgent');
      agent.Action = ['ssmmessages:CreateControlChannel', 'ssmmessages:OpenControlChannel'];
    },
    'Orthweb',
  );

  const { failure, world } = await start(mute);

  expect(world?.ec2.instances.map(({ host }) => host.online)).toEqual([false, false]);
  expect(failure?.message).toMatch(/Hosts\/A\/Instance .* ssm:UpdateInstanceInformation on arn:/);
});

it('tells of an alarm only what topic and key allow', async () => {
  const deaf = edited(
    site,
    (template) => {
      const { Statement } = firstOf(template, 'AWS::KMS::Key').Properties.KeyPolicy;
      Statement[2].Condition.StringEquals['aws:SourceAccount'] = '444455556666';
    },
    'Orthweb',
  );

  const { failure, deliveries } = await play(deaf, {
    from: '2026-11-30T08:00',
    days: 0.01,
    prepare: ({ cloudwatch, stepFunctions, clock }) => {
      clock.after(60_000, () => {
        const [StateMachineArn = ''] = stepFunctions.executions.map(({ machine }) => machine);
        cloudwatch.count('AWS/States', 'ExecutionsFailed', { StateMachineArn });
      });
    },
  });

  expect(failure?.message).toMatch(
    /:alarm:.*Key .* does not let cloudwatch.amazonaws.com for arn:/,
  );
  expect(deliveries.filter(({ attributes }) => attributes.kind === 'ALARM')).toEqual([]);
});

describe('a policy of AWS’s language that does not do what it says fails the loading', () => {
  const mistakes: readonly (readonly [
    what: string,
    stack: StackId,
    edit: (template: Template) => void,
    says: RegExp,
  ])[] = [
    [
      'a condition that never holds for one of its actions',
      'Orthweb',
      (template) => {
        const { Statement } = firstOf(template, 'AWS::KMS::Key').Properties.KeyPolicy;
        Statement[1].Action.push('kms:DescribeKey');
      },
      /Orthweb\/Key \(AWS::KMS::Key \w+\): statement LogsOfThisSite: AWS never supplies kms:EncryptionContext:aws:logs:arn for kms:DescribeKey/,
    ],
    [
      'an action that AWS does not have',
      'OrthwebOperations',
      (template) => {
        const { Statement } = firstOf(template, 'AWS::IAM::Policy').Properties.PolicyDocument;
        Statement[0].Action.push('logs:PutLogEvent');
      },
      /Power\/Begin\/Grants .*: statement #1: AWS has no action logs:PutLogEvent:/,
    ],
    [
      'a resource for an action that has none',
      'OrthwebOperations',
      (template) => {
        const { Statement } = firstOf(template, 'AWS::IAM::Policy').Properties.PolicyDocument;
        Statement[1].Action = 'ec2:DescribeInstances';
      },
      /statement #2: ec2:DescribeInstances acts on none of arn:.*: it is granted on \* alone/,
    ],
  ];

  it.each(mistakes)('%s', async (_what, stack, edit, says) => {
    const of = edited(site, edit, stack);

    await expect(start(of)).rejects.toThrow(says);
    await expect(start(of)).rejects.toMatchObject({ name: 'PolicyMistake' });
  });
});

it('judges a queue by its own policy', async () => {
  const of = edited(site, ({ Resources }) => {
    Resources.QueuePolicy = {
      Type: 'AWS::SQS::QueuePolicy',
      Properties: {
        Queues: [`https://sqs.ca-central-1.amazonaws.com/${ACCOUNT}/dead-letters`],
        PolicyDocument: {
          Statement: {
            Effect: 'Allow',
            Principal: { Service: 'events.amazonaws.com' },
            Action: 'sqs:SendMessage',
            Resource: '*',
          },
        },
      },
    };
  });
  const iam = await Iam.load(new Assembly(of.directory, KNOWN_TYPES));
  const queue = `arn:aws:sqs:ca-central-1:${ACCOUNT}:dead-letters`;

  expect(iam.judge(iam.service('events.amazonaws.com'), 'sqs:SendMessage', queue)).toBeUndefined();
  expect(iam.judge(iam.service('sns.amazonaws.com'), 'sqs:SendMessage', queue)).toMatch(
    /QueuePolicy/,
  );
});
