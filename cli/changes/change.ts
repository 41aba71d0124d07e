import {
  fullDiff,
  type PropertyDifference,
  type ResourceDifference,
  ResourceImpact,
} from '@aws-cdk/cloudformation-diff';

/** As much of a CloudFormation template as is compared in words. */
export interface Template {
  readonly Resources?: Readonly<Record<string, Resource>>;
}

export interface Resource {
  readonly Type: string;
  // biome-ignore lint/suspicious/noExplicitAny: a template is whatever CloudFormation takes.
  readonly Properties?: Readonly<Record<string, any>>;
  readonly Metadata?: Readonly<Record<string, unknown>>;
  readonly DependsOn?: string | readonly string[];
  readonly DeletionPolicy?: string;
  readonly UpdateReplacePolicy?: string;
}

/** What becomes of one resource. */
export interface Change {
  /** Logical id: that of the old template, or of the new one for what is added. */
  readonly id: string;
  readonly type: string;
  readonly fate: 'added' | 'removed' | 'replaced' | 'interrupted' | 'changed';
  /** The properties that decide its fate, by CloudFormation's names; empty where none does. */
  readonly properties: readonly string[];
  /** The same in words: `its type changes from t3.medium to t3.large`. */
  readonly because: string;
  readonly before: Resource | undefined;
  readonly after: Resource | undefined;
}

/** What one property does to its resource when it changes from one value to another. */
type Interrupts = boolean | ((before: unknown, after: unknown) => boolean);

const toOrFromZero = (before: unknown, after: unknown): boolean =>
  Number(before) === 0 || Number(after) === 0;

/**
 * Whether a change in place is felt, as AWS documents it. AWS's specification, which decides on
 * everything else, does not say so, and it says "may replace" of a change that is one in place for
 * an instance with an EBS disk in a VPC, and for a database outside a cluster: ours are no others.
 *
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ec2-instance.html
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-rds-dbinstance.html
 * https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_ModifyInstance.Settings.html
 */
export const IN_PLACE: Readonly<Record<string, Readonly<Record<string, Interrupts>>>> = {
  'AWS::EC2::Instance': {
    InstanceType: true,
    SecurityGroupIds: false,
  },
  'AWS::RDS::DBInstance': {
    AutoMinorVersionUpgrade: false,
    BackupRetentionPeriod: toOrFromZero,
    CACertificateIdentifier: true,
    DBInstanceClass: true,
    DBParameterGroupName: true,
    EngineVersion: true,
    MultiAZ: false,
    PreferredMaintenanceWindow: false,
    StorageType: true,
  },
};

/** The words of an operator for AWS's names of properties; another one is named as AWS does. */
const WORDS: Readonly<Record<string, string>> = {
  BackupRetentionPeriod: 'number of days of backup',
  BucketName: 'name',
  CACertificateIdentifier: 'certificate authority',
  DBInstanceClass: 'class',
  DBInstanceIdentifier: 'name',
  DBParameterGroupName: 'group of parameters',
  DBSubnetGroupName: 'group of subnets',
  EngineVersion: 'version',
  InstanceType: 'type',
  KmsKeyId: 'key',
  LaunchTemplate: 'launch template',
  StorageType: 'type of storage',
  SubnetId: 'subnet',
  TableName: 'name',
};

/** Every resource that differs between two templates of one stack, in their order. */
export function changesBetween(before: Template, after: Template): Change[] {
  const { changes } = fullDiff(before, after).resources;
  return Object.entries(changes).map(([id, difference]) => ({
    id,
    type: difference.newResourceType ?? difference.oldResourceType ?? '',
    ...fateOf(difference),
    before: before.Resources?.[id],
    after: after.Resources?.[id],
  }));
}

function fateOf(difference: ResourceDifference): Pick<Change, 'fate' | 'properties' | 'because'> {
  const none = { properties: [], because: '' };
  if (difference.isAddition) return { fate: 'added', ...none };
  if (difference.isRemoval) return { fate: 'removed', ...none };
  if (difference.resourceTypeChanged) {
    return { fate: 'replaced', properties: ['Type'], because: 'it is of another kind' };
  }
  const type = difference.newResourceType ?? '';
  const updates = Object.entries(difference.propertyUpdates);
  for (const fate of ['replaced', 'interrupted'] as const) {
    const decisive = updates.filter(([name, update]) => fateBy(type, name, update) === fate);
    if (decisive.length === 0) continue;
    const because = decisive.map(([name, update]) => inWords(name, update)).join(', ');
    return { fate, properties: decisive.map(([name]) => name), because };
  }
  return { fate: 'changed', ...none };
}

function fateBy(
  type: string,
  name: string,
  { changeImpact, oldValue, newValue }: PropertyDifference<unknown>,
): Change['fate'] {
  if (changeImpact === ResourceImpact.WILL_REPLACE) return 'replaced';
  const documented = IN_PLACE[type]?.[name];
  if (documented === undefined) {
    // What nobody has looked up is taken for the worse.
    return changeImpact === ResourceImpact.MAY_REPLACE ? 'replaced' : 'changed';
  }
  const felt = typeof documented === 'boolean' ? documented : documented(oldValue, newValue);
  return felt ? 'interrupted' : 'changed';
}

function inWords(name: string, { oldValue, newValue }: PropertyDifference<unknown>): string {
  const changes = `its ${WORDS[name] ?? name} changes`;
  return isPlain(oldValue) && isPlain(newValue)
    ? `${changes} from ${oldValue} to ${newValue}`
    : changes;
}

/** A value that a person can read, and no reference to something else. */
const isPlain = (value: unknown): boolean => ['string', 'number', 'boolean'].includes(typeof value);

export const same = (
  before: Resource | undefined,
  after: Resource | undefined,
  property: string,
): boolean =>
  JSON.stringify(before?.Properties?.[property]) === JSON.stringify(after?.Properties?.[property]);

/** Where a resource stands below its stack: `Storage/Data`. */
export const pathOf = (resource: Resource | undefined): string | undefined =>
  (resource?.Metadata?.['aws:cdk:path'] as string | undefined)
    ?.replace(/^[^/]+\//, '')
    .replace(/\/Resource$/, '');
