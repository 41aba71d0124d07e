import type { Change, Resource } from './change.ts';
import type { Finding } from './finding.ts';

/** The property by which whoever writes a template names a resource; it can be left out. */
const NAMED_BY: Readonly<Record<string, string>> = {
  'AWS::DynamoDB::Table': 'TableName',
  'AWS::Logs::LogGroup': 'LogGroupName',
  'AWS::RDS::DBInstance': 'DBInstanceIdentifier',
  'AWS::S3::Bucket': 'BucketName',
  'AWS::SecretsManager::Secret': 'Name',
};

const REMEDY =
  'Take the change back: AWS makes the new one before it deletes the old one, and cannot give it ' +
  'a name that is taken.';

/**
 * What would come under the name of what goes, whether CloudFormation calls that a replacement
 * (and refuses it at once) or not (and fails when the name is taken).
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-name.html
 */
export function nameFindings(
  changes: readonly Change[],
  nameOf: (change: Change) => string,
): Finding[] {
  const coming = changes.filter(({ fate }) => fate === 'added' || fate === 'replaced');
  const going = changes.filter(({ fate }) => fate === 'removed' || fate === 'replaced');
  return going.flatMap((old): Finding[] => {
    const name = ownName(old.before);
    const next = coming.find(({ type, after }) => type === old.type && ownName(after) === name);
    if (name === undefined || !next) return [];
    const text = `${nameOf(old)}: would be replaced under its own name ${name}, which AWS refuses.`;
    return [{ text, effect: 'refused', remedy: REMEDY, about: [old.id, next.id] }];
  });
}

function ownName(resource: Resource | undefined): string | undefined {
  const name = resource?.Properties?.[NAMED_BY[resource.Type] ?? ''];
  return typeof name === 'string' ? name : undefined;
}
