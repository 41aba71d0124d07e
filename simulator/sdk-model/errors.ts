import { NotModelled } from '../aws-error.ts';
import { declaredErrors, type ErrorKind, type Service } from './declarations.ts';

/**
 * Every error that AWS documents for an operation, by the `name` that our code would see, and
 * whose fault it is: what the SDK declares for the command, and what the service may always say.
 *
 * The SDK gives an error that it models the name of its class, whatever shorter code came over the
 * wire: RDS sends `DBInstanceNotFound` and SNS `NotFound` (the `awsQueryError` trait of their
 * schemas), and clients throw `DBInstanceNotFoundFault` and `NotFoundException`. An error that it
 * does not model keeps the code of the wire as its name; EC2 models none.
 */
export function documentedErrors(
  service: Service,
  operation: string,
): ReadonlyMap<string, ErrorKind> {
  const key = `${service}:${operation}`;
  const known = documented.get(key);
  if (known) return known;
  const found = new Map([
    ...kinds(ALWAYS[service]),
    ...(service === 'ec2' ? kinds(ofEc2(operation)) : []),
    ...declaredErrors(service, operation),
  ]);
  documented.set(key, found);
  return found;
}

const documented = new Map<string, ReadonlyMap<string, ErrorKind>>();

/** EC2's errors of the server that tell of no particular resource. */
const OF_EC2_SERVER = [
  'InternalError',
  'InternalFailure',
  'RequestLimitExceeded',
  'ServerInternal',
  'ServiceUnavailable',
  'Unavailable',
];

/** Errors of the server; all others in the lists below are the client's. */
const SERVER = new Set(['InsufficientInstanceCapacity', 'SlowDown', ...OF_EC2_SERVER]);

const kinds = (names: readonly string[]): [string, ErrorKind][] =>
  names.map((name) => [name, SERVER.has(name) ? 'server' : 'client']);

/**
 * "The errors common to the API actions of all AWS services", as each service repeats them:
 * https://docs.aws.amazon.com/step-functions/latest/apireference/CommonErrors.html
 * https://docs.aws.amazon.com/sns/latest/api/CommonErrors.html
 * https://docs.aws.amazon.com/systems-manager/latest/APIReference/CommonErrors.html
 * https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/CommonErrors.html
 * https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/CommonErrors.html
 * https://docs.aws.amazon.com/eventbridge/latest/APIReference/CommonErrors.html
 */
const COMMON = [
  'AccessDeniedException',
  'IncompleteSignature',
  'InternalFailure',
  'InvalidAction',
  'InvalidClientTokenId',
  'NotAuthorized',
  'OptInRequired',
  'RequestExpired',
  'ServiceUnavailable',
  'ThrottlingException',
  'ValidationError',
];

/**
 * What DynamoDB adds to them:
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html
 */
const OF_DYNAMODB = [
  'IncompleteSignatureException',
  'MissingAuthenticationTokenException',
  'UnrecognizedClientException',
  'ValidationException',
];

/**
 * RDS speaks the Query protocol, in which two of the common errors are spelled without their
 * ending: `aws rds` prints "An error occurred (AccessDenied) when calling the DescribeDBInstances
 * operation", and the SDK retries `Throttling` (`THROTTLING_ERROR_CODES` of `@smithy/core`).
 */
const OF_RDS = ['AccessDenied', 'Throttling'];

/**
 * "Common client error codes" that all actions of EC2 can return, and those of its "server error
 * codes" that tell of no particular resource:
 * https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html
 */
const OF_ALL_EC2 = [
  'AuthFailure',
  'Blocked',
  'DryRunOperation',
  'IdempotentParameterMismatch',
  'IncompleteSignature',
  'InvalidAction',
  'InvalidCharacter',
  'InvalidClientTokenId',
  'InvalidPaginationToken',
  'InvalidParameter',
  'InvalidParameterCombination',
  'InvalidParameterDependency',
  'InvalidParameterValue',
  'InvalidQueryParameter',
  'MalformedQueryString',
  'MissingAction',
  'MissingAuthenticationToken',
  'MissingParameter',
  'OptInRequired',
  'PendingVerification',
  'RequestExpired',
  'TagPolicyViolation',
  'UnauthorizedOperation',
  'UnknownParameter',
  'UnsupportedInstanceAttribute',
  'UnsupportedOperation',
  'UnsupportedProtocol',
  'ValidationError',
  ...OF_EC2_SERVER,
];

/**
 * What Lambda adds to them:
 * https://docs.aws.amazon.com/lambda/latest/api/CommonErrors.html
 */
const OF_LAMBDA = [
  'ExpiredTokenException',
  'MalformedHttpRequestException',
  'RequestAbortedException',
  'RequestEntityTooLargeException',
  'RequestTimeoutException',
  'UnknownOperationException',
  'UnrecognizedClientException',
];

/**
 * S3 has a list of its own; of it, those that can come of an object that is put, and those that KMS
 * refuses it with. Its "slow down" is an error of the server.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/ErrorCodeBilling.html
 */
const OF_S3 = [
  'AccessDenied',
  'AccountProblem',
  'AllAccessDisabled',
  'AuthorizationHeaderMalformed',
  'BadDigest',
  'EntityTooLarge',
  'ExpiredToken',
  'IncompleteBody',
  'InternalError',
  'InvalidAccessKeyId',
  'InvalidArgument',
  'InvalidBucketName',
  'InvalidDigest',
  'InvalidRequest',
  'InvalidSecurity',
  'InvalidStorageClass',
  'InvalidToken',
  'KMS.DisabledException',
  'KMS.InvalidKeyUsageException',
  'KMS.KMSInvalidStateException',
  'KMS.NotFoundException',
  'KeyTooLongError',
  'MissingContentLength',
  'NoSuchBucket',
  'NotSignedUp',
  'OperationAborted',
  'PermanentRedirect',
  'RequestTimeTooSkewed',
  'RequestTimeout',
  'ServiceUnavailable',
  'SignatureDoesNotMatch',
  'SlowDown',
  'TemporaryRedirect',
];

const ALWAYS: Readonly<Record<Service, readonly string[]>> = {
  dynamodb: [...COMMON, ...OF_DYNAMODB],
  ec2: OF_ALL_EC2,
  eventbridge: [...COMMON, 'ValidationException'],
  kms: COMMON,
  lambda: [...COMMON, ...OF_LAMBDA],
  rds: [...COMMON, ...OF_RDS],
  s3: OF_S3,
  sfn: COMMON,
  sns: COMMON,
  ssm: COMMON,
};

const NO_SUCH_INSTANCE = ['InvalidInstanceID.Malformed', 'InvalidInstanceID.NotFound'];

/**
 * "Client error codes for specific actions" and "server error codes" whose descriptions speak of
 * what these calls do: name an instance, filter, start one, stop one.
 * https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html
 */
const OF_EC2: Readonly<Record<string, readonly string[]>> = {
  DescribeInstances: [...NO_SUCH_INSTANCE, 'FilterLimitExceeded', 'InvalidNextToken'],
  DescribeInstanceStatus: [...NO_SUCH_INSTANCE, 'FilterLimitExceeded', 'InvalidNextToken'],
  StartInstances: [
    ...NO_SUCH_INSTANCE,
    'IncompatibleHostRequirements',
    'IncorrectInstanceState',
    'InstanceLimitExceeded',
    'InsufficientCapacityOnHost',
    'InsufficientInstanceCapacity',
    'VcpuLimitExceeded',
  ],
  StopInstances: [
    ...NO_SUCH_INSTANCE,
    'IncorrectInstanceState',
    'UnsupportedHibernationConfiguration',
  ],
};

function ofEc2(operation: string): readonly string[] {
  const names = OF_EC2[operation];
  if (!names) throw new NotModelled(`ec2: nobody has looked up the errors of ${operation}`);
  return names;
}
