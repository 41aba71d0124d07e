import { Readable } from 'node:stream';
import { DescribeDBInstancesCommand, RDSClient } from '@aws-sdk/client-rds';
import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import { describe, expect, it } from 'vitest';
import { AwsError } from '../../../simulator/aws-error.ts';
import { conforms } from '../../../simulator/sdk-model/conforms.ts';
import { membersOf, sdkOf, variantsOf } from '../../../simulator/sdk-model/declarations.ts';
import { documentedErrors } from '../../../simulator/sdk-model/errors.ts';
import { checkedError, checkInput, checkOutput } from '../../../simulator/sdk-model/model.ts';
import { operationShapes, type Shape, shapeOf } from '../../../simulator/sdk-model/shape.ts';

const shape = (kind: 'input' | 'output', operation: string, ...path: string[]): Shape =>
  path.reduce<Shape>((at, member) => {
    const inner = at.kind === 'list' || at.kind === 'map' ? at.of : at;
    const next = 'members' in inner ? inner.members().get(member) : undefined;
    if (!next) throw new Error(`${operation}: no ${member}`);
    return next;
  }, operationShapes('ec2', operation)[kind]);

describe('the shapes of an operation', () => {
  it('knows what is required, in inputs and in outputs', () => {
    expect(operationShapes('ec2', 'StartInstances').input.required).toEqual(['InstanceIds']);
    expect(operationShapes('sfn', 'DescribeExecution').output.required).toEqual([
      'executionArn',
      'stateMachineArn',
      'status',
      'startDate',
    ]);
  });

  it('knows the values of enums, also in lists and behind changed names', () => {
    expect(shape('output', 'StartInstances', 'StartingInstances', 'CurrentState', 'Name')).toEqual({
      kind: 'enum',
      name: 'InstanceStateName',
      values: new Set(['pending', 'running', 'shutting-down', 'stopped', 'stopping', 'terminated']),
    });
    expect(
      shape('output', 'DescribeInstances', 'Reservations', 'Instances', 'InstanceType'),
    ).toMatchObject({ kind: 'enum', name: '_InstanceType' });
  });

  it('knows the scalars, and a date from a string', () => {
    const instance = ['Reservations', 'Instances'];
    expect(shape('output', 'DescribeInstances', ...instance, 'LaunchTime').kind).toBe('date');
    expect(shape('output', 'DescribeInstances', ...instance, 'EbsOptimized').kind).toBe('boolean');
    expect(shape('output', 'DescribeInstances', ...instance, 'State', 'Code').kind).toBe('number');
    expect(shape('output', 'DescribeInstances', ...instance, 'Tags', 'Key').kind).toBe('string');
  });

  it('knows a union that nests itself', () => {
    const items = operationShapes('dynamodb', 'Query').output.members().get('Items');

    expect(items).toMatchObject({
      kind: 'list',
      of: { kind: 'map', of: { kind: 'union', name: 'AttributeValue' } },
    });
  });
});

describe('what the reader does not understand is an error, never a pass', () => {
  it.each([
    ['an operation that the SDK does not have', () => operationShapes('ec2', 'StartInstance')],
    ['a member in another form', () => membersOf('    readonly Name?: string;', 'X')],
    ['a member over two lines', () => membersOf('    Name?:\n        string | undefined;', 'X')],
    ['a variant in another form', () => variantsOf('        S?: string;', 'X')],
    ['a scalar without a known number', () => shapeOf('ec2', 15, 'DocumentType')],
    ['a scalar declared as another', () => shapeOf('ec2', 1, 'string')],
    ['a list declared as none', () => shapeOf('ec2', 64, 'string')],
    ['a map declared as none', () => shapeOf('ec2', 128, 'string')],
    ['a structure declared as another', () => shapeOf('ec2', sdkOf('ec2').InstanceState$, 'Tag')],
    ['an enum whose values are not exported', () => shapeOf('ec2', 0, 'NoSuchEnum')],
    [
      'an EC2 call whose errors nobody has looked up',
      () => documentedErrors('ec2', 'RunInstances'),
    ],
  ])('%s', (_what, read) => {
    expect(read).toThrow(expect.objectContaining({ name: 'NotModelled' }));
  });
});

describe('a call that AWS would not take', () => {
  it.each([
    ['without a required member', {}, 'InstanceIds undefined: StartInstancesRequest requires it'],
    [
      'with an unknown member',
      { InstanceIds: [], InstanceID: 'i-1' },
      'InstanceID "i-1": StartInstancesRequest has no such member',
    ],
    ['with a wrong type', { InstanceIds: 'i-1' }, 'InstanceIds "i-1": not a list'],
    ['with a wrong element', { InstanceIds: ['i-1', 2] }, 'InstanceIds[1] 2: not a string'],
    ['with null', { InstanceIds: null }, 'InstanceIds null: not a list'],
  ])('%s', (_what, input, says) => {
    expect(() => checkInput('ec2', 'StartInstances', input)).toThrow(
      `ec2:StartInstances was asked with ${says}`,
    );
  });

  it('passes what is undefined, which the SDK drops', () => {
    checkInput('dynamodb', 'Query', { TableName: 'T', ExclusiveStartKey: undefined });
  });

  it('with no or two members of a union', () => {
    const keyed = (key: object) => () =>
      checkInput('dynamodb', 'Query', { TableName: 'T', ExclusiveStartKey: { pk: key } });

    expect(keyed({ S: 'x' })).not.toThrow();
    expect(keyed({})).toThrow('["pk"] {}: not exactly one member of the union AttributeValue');
    expect(keyed({ S: 'x', N: '1' })).toThrow('not exactly one member');
    expect(keyed({ M: { a: { L: [{ S: 1 }] } } })).toThrow(
      'ExclusiveStartKey["pk"].M["a"].L[0].S 1: not a string',
    );
  });
});

describe('an answer that AWS could not give', () => {
  const answered = (State: object) => () =>
    checkOutput('ec2', 'DescribeInstances', { Reservations: [{ Instances: [{ State }] }] });

  it('names the operation, the place, the value and the model', () => {
    expect(answered({ Name: 'running', Code: 16 })).not.toThrow();
    expect(answered({ Name: 'runing' })).toThrow(
      'ec2:DescribeInstances answered Reservations[0].Instances[0].State.Name "runing": ' +
        'not one of InstanceStateName (pending, running, shutting-down, stopped, stopping, ' +
        'terminated)',
    );
    expect(answered({ Code: '16' })).toThrow('State.Code "16": not a number');
    expect(answered({ Nam: 'running' })).toThrow('InstanceState has no such member');
  });

  it('a date that is a string or no date', () => {
    const started = (startDate: unknown) => () =>
      checkOutput('sfn', 'StartExecution', { executionArn: 'arn', startDate });

    expect(started(new Date())).not.toThrow();
    expect(started('2026-11-30T07:00:00Z')).toThrow('not a Date');
    expect(started(new Date(Number.NaN))).toThrow('not a Date');
    expect(started(undefined)).toThrow('StartExecutionOutput requires it');
  });

  it('bytes that are none', () => {
    expect(conforms({ kind: 'bytes' })(new Uint8Array())).toBeUndefined();
    expect(conforms({ kind: 'bytes' })('AA==')).toMatchObject({ says: 'not a Uint8Array' });
  });
});

describe('the errors of an operation', () => {
  it.each([
    ['rds', 'StopDBInstance', 'InvalidDBInstanceStateFault', 'client'],
    ['rds', 'StopDBInstance', 'Throttling', 'client'],
    ['ec2', 'StartInstances', 'InsufficientInstanceCapacity', 'server'],
    ['ec2', 'DescribeInstances', 'RequestLimitExceeded', 'server'],
    ['ssm', 'SendCommand', 'InternalServerError', 'server'],
    ['dynamodb', 'TransactWriteItems', 'TransactionCanceledException', 'client'],
  ] as const)('%s:%s may fail with %s, a fault of the %s', (service, operation, name, kind) => {
    expect(documentedErrors(service, operation).get(name)).toBe(kind);
  });

  it.each([
    ['rds', 'StopDBInstance', 'InvalidDBInstanceState'],
    ['rds', 'StopDBInstance', 'RDSServiceException'],
    ['ec2', 'StopInstances', 'InsufficientInstanceCapacity'],
    ['ssm', 'SendCommand', 'InvalidInstanceID.NotFound'],
  ] as const)('%s:%s never fails with %s', (service, operation, name) => {
    expect(documentedErrors(service, operation).has(name)).toBe(false);
  });

  it('an undocumented one, or one that blames the wrong side, is not let through', () => {
    const failed = (name: string, fault: 'client' | 'server') =>
      checkedError('ec2', 'StartInstances', new AwsError(name, '', fault));

    expect(failed('InsufficientInstanceCapacity', 'server')).toBeInstanceOf(AwsError);
    expect(failed('InsufficientInstanceCapacity', 'client')).toMatchObject({
      name: 'NotModelled',
      message: expect.stringContaining('documented as a server fault, not as a client fault'),
    });
    expect(failed('NoCapacity', 'client')).toMatchObject({
      name: 'NotModelled',
      message: expect.stringMatching(/^ec2:StartInstances failed with NoCapacity: it is not among/),
    });
  });

  it('a real client calls a modelled error by its class, whatever code came over the wire', async () => {
    const answering = (code: string) => ({
      region: 'ca-central-1',
      credentials: { accessKeyId: 'none', secretAccessKey: 'none' },
      maxAttempts: 1,
      requestHandler: {
        handle: async () => ({
          response: {
            statusCode: 400,
            headers: {},
            body: Readable.from([
              Buffer.from(
                `<ErrorResponse><Error><Code>${code}</Code><Message>no</Message></Error></ErrorResponse>`,
              ),
            ]),
          },
        }),
      },
    });
    const rds = new RDSClient(answering('DBInstanceNotFound') as object);
    const sns = new SNSClient(answering('NotFound') as object);
    const refused = new RDSClient(answering('AccessDenied') as object);

    await expect(rds.send(new DescribeDBInstancesCommand({}))).rejects.toMatchObject({
      name: 'DBInstanceNotFoundFault',
    });
    await expect(sns.send(new PublishCommand({ Message: '' }))).rejects.toMatchObject({
      name: 'NotFoundException',
    });
    await expect(refused.send(new DescribeDBInstancesCommand({}))).rejects.toMatchObject({
      name: 'AccessDenied',
    });
  });
});
