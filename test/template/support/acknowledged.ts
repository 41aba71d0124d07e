/** Findings of cdk-nag that stay, and why. */
export interface Acknowledged {
  /** Construct paths, each of one resource or, with `*` for one name, of one kind of resource. */
  readonly on: readonly string[];
  /** `<site>` and `<region>` stand for those of the configuration, `<images>` for the bucket. */
  readonly rules: readonly string[];
  readonly because: string;
  /** Set where a production site must not have the finding. */
  readonly only?: 'tst';
}

const FUNCTIONS = 'OrthwebOperations/*/*/Function/Resource';
const MAKER = 'Orthweb/Authority/Maker/Function/Resource';
const WORKFLOW_FUNCTIONS = [
  'OrthwebOperations/Power/*/Function/Resource',
  'OrthwebOperations/Certificate/*/Function/Resource',
];
/** All but the one that stands in the network. */
const OUTSIDE = [
  'OrthwebOperations/Power/*/Function/Resource',
  'OrthwebOperations/Site/*/Function/Resource',
  'OrthwebOperations/Certificate/{Begin,Look,Act,Sign,Report}/Function/Resource',
  'OrthwebOperations/Health/Observe/Function/Resource',
  MAKER,
];
const TICK = 'OrthwebOperations/Site/Tick/Function/Resource';
const HOSTS = 'Orthweb/Hosts/*/Instance';
const HOST_GRANTS = 'Orthweb/Hosts/Role/DefaultPolicy/Resource';
const MONITORING_GRANTS = 'Orthweb/Database/Monitoring/DefaultPolicy/Resource';
const IMAGES_GRANTS = 'Orthweb/Hosts/Images/Role/DefaultPolicy/Resource';
const WORKFLOW_GRANTS = 'OrthwebOperations/*/Workflow/StateMachine/Role/DefaultPolicy/Resource';
const DATABASE = 'Orthweb/Database/Instance/Resource';
const SECRET = 'Orthweb/Database/Secret/Resource';
const DATABASE_USER = 'Orthweb/Database/User/Resource';
const USERS = 'Orthweb/Hosts/Secrets/Users/Resource';
const IMAGES = 'Orthweb/Storage/Data/Resource';
const LOGS = 'Orthweb/Storage/Logs/Resource';
const VPC = 'Orthweb/Network/Vpc/Resource';

const hipaaAndNist = (rule: string) => [`HIPAA.Security-${rule}`, `NIST.800.53.R5-${rule}`];

export const ACKNOWLEDGED: readonly Acknowledged[] = [
  // What a test site does without.
  {
    on: [DATABASE],
    rules: ['AwsSolutions-RDS10', ...hipaaAndNist('RDSInstanceDeletionProtectionEnabled')],
    only: 'tst',
    because: 'A test site is there to be deleted, and its index with it.',
  },
  {
    on: [DATABASE],
    rules: ['AwsSolutions-RDS3', ...hipaaAndNist('RDSMultiAZSupport')],
    only: 'tst',
    because: 'A standby doubles the price of the database, and nobody waits for a test site.',
  },

  // Network.
  {
    on: ['Orthweb/Network/Vpc/*/DefaultRoute'],
    rules: hipaaAndNist('VPCNoUnrestrictedRouteToIGW'),
    because:
      'Hosts are reached from the Internet and fetch packages and images from it; their security ' +
      'group admits the ranges of the configuration alone, and lets out 443 and the database.',
  },
  {
    on: [VPC],
    rules: hipaaAndNist('VPCDefaultSecurityGroupClosed'),
    because:
      'Nothing wears the default group, and a template cannot close it: CDK would do it with a ' +
      'Lambda that may rewrite security groups, which is more to guard than an unused group.',
  },

  {
    on: ['Orthweb/Network/Vpc/PublicSubnet*/Subnet'],
    rules: hipaaAndNist('VPCSubnetAutoAssignPublicIpDisabled'),
    because:
      'Only the two hosts live there, and serve the Internet. A new one prepares itself over an ' +
      'address of its own, because CloudFormation gives it the lasting one only after that.',
  },

  // Hosts.
  {
    on: [HOSTS],
    rules: ['AwsSolutions-EC29'],
    because:
      'A host keeps nothing: images and index are elsewhere. If EC2 refused to terminate it, ' +
      'CloudFormation could not remove one that was replaced, and two would carry the tags of one ' +
      'node.',
  },
  {
    on: [HOSTS],
    rules: hipaaAndNist('EC2InstanceProfileAttached'),
    because: 'The profile comes with the launch template, which the rule does not read.',
  },

  // Database and secrets.
  {
    on: [DATABASE],
    rules: ['AwsSolutions-RDS11'],
    because:
      'Only the hosts can reach the port, whatever its number; another one would hide nothing ' +
      'from whoever is on a host.',
  },
  {
    on: [DATABASE],
    rules: hipaaAndNist('RDSInBackupPlan'),
    because:
      'RDS itself takes a backup each day and can restore to any moment of `database.backupDays`. ' +
      'A plan of AWS Backup would be a second copy in the same region.',
  },
  {
    on: [SECRET],
    rules: ['AwsSolutions-SMG4', ...hipaaAndNist('SecretsManagerRotationEnabled')],
    because:
      'The password of the master user is for creating the application’s users once. To rotate it ' +
      'takes a Lambda that can change the password of the whole index: no such Lambda exists yet.',
  },
  {
    on: [DATABASE_USER],
    rules: ['AwsSolutions-SMG4', ...hipaaAndNist('SecretsManagerRotationEnabled')],
    because:
      'Orthanc takes a new password of the database only when it starts, so a rotation by itself ' +
      'would stop both hosts at an hour that nobody chose. Only hosts reach the database at all.',
  },
  {
    on: [USERS],
    rules: ['AwsSolutions-SMG4', ...hipaaAndNist('SecretsManagerRotationEnabled')],
    because:
      'These passwords are those of people and programs, who must hear of a new one: a rotation ' +
      'would lock them out. The operator changes each with its owner.',
  },

  // Buckets.
  {
    on: [IMAGES],
    rules: hipaaAndNist('S3BucketReplicationEnabled'),
    because:
      'A second copy doubles the price of storage, and one in another region takes images out of ' +
      'the region that the operator chose. Versions guard against deletion; the loss of a whole ' +
      'region would lose the images.',
  },
  {
    on: [LOGS],
    rules: hipaaAndNist('S3BucketReplicationEnabled'),
    because: 'The logs help to look back; losing them with the region loses no image.',
  },
  {
    on: [LOGS],
    rules: hipaaAndNist('S3BucketVersioningEnabled'),
    because:
      'AWS writes each log once, under a name of its own, and nobody is given the right to ' +
      'overwrite or delete one. Versions would only keep logs beyond `logs.retentionDays`.',
  },
  {
    on: [LOGS],
    rules: hipaaAndNist('S3DefaultEncryptionKMS'),
    because:
      'AWS documents only encryption with keys of S3 for a bucket that receives access logs. The ' +
      'logs name objects and addresses, and hold no image.',
  },

  // Operations table and logs.
  {
    on: ['Orthweb/State/Resource'],
    rules: hipaaAndNist('DynamoDBInBackupPlan'),
    because:
      'The table can be restored to any second of the last 35 days. It holds what operations ' +
      'remember, and they read the truth again at each look.',
  },
  {
    on: ['OrthwebOperations/*/*/Log/Resource', 'Orthweb/Authority/Maker/Log/Resource'],
    rules: hipaaAndNist('CloudWatchLogGroupEncrypted'),
    because:
      'CloudWatch encrypts them with a key of its own. They hold ids, decisions and reasons, never ' +
      'patient data, and must be readable when the site’s key is what is wrong.',
  },

  // Rights. statements.test.ts has the reason for each action on `*`.
  {
    on: [
      HOST_GRANTS,
      'OrthwebOperations/*/Look/Grants/Resource',
      'OrthwebOperations/Certificate/Sign/Grants/Resource',
      'OrthwebOperations/Certificate/Verify/Grants/Resource',
      'OrthwebOperations/Health/{Probe,Observe}/Grants/Resource',
      WORKFLOW_GRANTS,
    ],
    rules: ['AwsSolutions-IAM5[Resource::*]'],
    because: 'AWS has no narrower resource for these actions: statements.test.ts names each.',
  },
  {
    on: [
      'OrthwebOperations/*/Act/Grants/Resource',
      'OrthwebOperations/Health/Observe/Grants/Resource',
    ],
    rules: ['AwsSolutions-IAM5[Resource::arn:aws:ec2:<region>:<AWS::AccountId>:instance/*]'],
    because:
      'An instance may be replaced under the same node, so its id cannot be written down; a ' +
      'condition on the tag of the site stands in for it.',
  },
  {
    on: [
      'OrthwebOperations/*/Begin/Grants/Resource',
      'OrthwebOperations/Site/Tick/Grants/Resource',
    ],
    rules: [
      'AwsSolutions-IAM5[Resource::arn:aws:states:<region>:<AWS::AccountId>:execution:<site>-certificate:*]',
      'AwsSolutions-IAM5[Resource::arn:aws:states:<region>:<AWS::AccountId>:execution:<site>-power:*]',
    ],
    because: 'Each run has a name of its own, which nobody knows before it begins.',
  },
  {
    on: ['OrthwebOperations/Health/Observe/Grants/Resource'],
    rules: ['AwsSolutions-IAM5[Resource::<logs>/incidents/*]'],
    because: 'Each incident has an id of its own; these are all of them and nothing else there.',
  },
  {
    on: [IMAGES_GRANTS],
    rules: ['AwsSolutions-IAM5[Resource::<<images>.Arn>/images/*]'],
    because: 'Orthanc names each image itself; this is all of them and nothing else in the bucket.',
  },
  {
    on: [MONITORING_GRANTS],
    rules: [
      'AwsSolutions-IAM5[Resource::arn:aws:logs:<region>:<AWS::AccountId>:log-group:RDSOSMetrics:log-stream:*]',
    ],
    because:
      'RDS names the stream after an id that the database gets when it is made, and that a ' +
      'replaced one does not share.',
  },
  {
    on: [
      HOST_GRANTS,
      IMAGES_GRANTS,
      MONITORING_GRANTS,
      WORKFLOW_GRANTS,
      'OrthwebOperations/*/*/Grants/Resource',
      'OrthwebOperations/Certificate/Verify/Denials/Resource',
      'OrthwebOperations/Health/Probe/Denials/Resource',
      'Orthweb/Authority/Maker/Grants/Resource',
    ],
    rules: hipaaAndNist('IAMNoInlinePolicy'),
    because:
      'Each policy is for one role, and comes and goes with it. A managed policy could be attached ' +
      'to another.',
  },

  // Functions.
  {
    on: OUTSIDE,
    rules: hipaaAndNist('LambdaInsideVPC'),
    because:
      'They call AWS’s APIs and nothing in the network, and never touch an image. Inside they would ' +
      'need a paid endpoint for each API, and fail together with the network that they watch.',
  },
  {
    on: [FUNCTIONS, MAKER],
    rules: hipaaAndNist('LambdaConcurrency'),
    because:
      'What must not run twice holds the lease. AWS refuses a reservation that leaves an account ' +
      'fewer than 100 for its other functions, so where the limit is low, the deployment would fail.',
  },
  {
    on: [...WORKFLOW_FUNCTIONS, 'OrthwebOperations/Health/Probe/Function/Resource'],
    rules: [...hipaaAndNist('LambdaDLQ'), 'Serverless-LambdaDLQ'],
    because:
      'Who calls them waits for the answer. Lambda sends only events that nobody ' +
      'waits for to such a queue.',
  },
  {
    on: ['OrthwebOperations/Health/Observe/Function/Resource'],
    rules: [...hipaaAndNist('LambdaDLQ'), 'Serverless-LambdaDLQ'],
    because:
      'It has the newer form of one, an on-failure destination, which the rules do not know: what it ' +
      'could not work on goes into a queue, and an alarm tells of that.',
  },
  {
    on: ['OrthwebOperations/Health/DeadLetters/Resource'],
    rules: ['AwsSolutions-SQS3', 'Serverless-SQSRedrivePolicy'],
    because: 'It is the queue for what others could not work on. Nobody reads it but a person.',
  },
  {
    on: [MAKER],
    rules: [...hipaaAndNist('LambdaDLQ'), 'Serverless-LambdaDLQ'],
    because:
      'CloudFormation waits for its answer for ten minutes and then fails the deployment, which ' +
      'says so to the person who waits for it.',
  },
  {
    on: [TICK],
    rules: [...hipaaAndNist('LambdaDLQ'), 'Serverless-LambdaDLQ'],
    because:
      'A tick only says *look now*, and the next minute says it again. Alarms tell of ticks that ' +
      'fail or are missing.',
  },
  {
    on: ['OrthwebOperations/Site/Tick/Function/EventInvokeConfig/Resource'],
    rules: ['Serverless-LambdaAsyncFailureDestination'],
    because: 'As for its queue: a lost tick is made good by the next, and alarms tell of several.',
  },
  {
    on: ['OrthwebOperations/Site/RunEnded/Resource'],
    rules: ['Serverless-EventBusDLQ'],
    because: 'Where the event is lost, the tick finds the ended run within the minute.',
  },
  {
    on: [FUNCTIONS, MAKER],
    rules: ['Serverless-LambdaTracing'],
    because:
      'The workflow’s own trace and the log have the time and outcome of each call. Tracing would ' +
      'give each function a right on `*`.',
  },

  // Alerts.
  {
    on: ['OrthwebOperations/Alerts/Topic/*/Resource'],
    rules: ['Serverless-SNSRedrivePolicy'],
    because:
      'SNS tries a mailbox for six hours. A queue for what is left over would be read by nobody; ' +
      'a second address in `alerts.emails` is read.',
  },
];
