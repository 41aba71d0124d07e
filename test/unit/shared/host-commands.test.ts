import { describe, expect, it } from 'vitest';
import { readInvocation } from '../../../functions/shared/host-commands.ts';
import { refuse, service } from '../support/clients.ts';
import { iso } from '../support/time.ts';

const read = (answer: object) =>
  readInvocation(service({ GetCommandInvocation: () => answer }), 'c-1', 'i-a');
const success = {
  DocumentName: 'clinic-probe',
  Status: 'Success',
  ResponseCode: 0,
  ExecutionEndDateTime: iso('12:00'),
};

describe('a command on a host', () => {
  it.each(['Pending', 'InProgress', 'Delayed', 'Cancelling', undefined])(
    'is under way while Systems Manager calls it %s',
    async (Status) => {
      expect(await read({ Status })).toEqual({ state: 'pending' });
    },
  );

  it('has ended with the object of its last line, whatever it said before', async () => {
    const StandardOutputContent = 'words\n{"reason":"older"}\n{"a":1,"reason":"newer"}\n\n';

    const invocation = await read({ ...success, StandardOutputContent });

    expect(invocation).toEqual({
      state: 'ended',
      document: 'clinic-probe',
      ok: true,
      code: 0,
      at: iso('12:00'),
      answer: { a: 1, reason: 'newer' },
      said: 'newer',
    });
  });

  it.each([
    ['its last line', 'no JSON', {}, 'no JSON'],
    ['its last line, where that was cut off', '{"a":', {}, '{"a":'],
    [
      'its last line, where its reason is no sentence',
      '{"reason":1}',
      { reason: 1 },
      '{"reason":1}',
    ],
    ['its last line, where that is no object', '[1]', {}, '[1]'],
    ['that there is nothing', 'null', {}, 'null'],
    ["Systems Manager's status", '', {}, 'DeliveryTimedOut'],
  ])('says %s', async (_, StandardOutputContent, answer, said) => {
    const failed = {
      DocumentName: 'clinic-probe',
      Status: 'TimedOut',
      StatusDetails: 'DeliveryTimedOut',
      ResponseCode: -1,
    };

    const invocation = await read({ ...failed, StandardOutputContent });

    expect(invocation).toEqual({
      state: 'ended',
      document: 'clinic-probe',
      ok: false,
      code: -1,
      at: '',
      answer,
      said,
    });
  });

  it('tells the exit code that says try again from one that says no', async () => {
    const codes = await Promise.all(
      [75, 1].map((ResponseCode) => read({ Status: 'Failed', ResponseCode })),
    );

    expect(codes).toMatchObject([{ code: 75 }, { code: 1 }]);
  });

  it('was sent a moment ago where Systems Manager does not list it yet', async () => {
    const ssm = service({ GetCommandInvocation: refuse('InvocationDoesNotExist') });

    expect(await readInvocation(ssm, 'c-1', 'i-a')).toEqual({ state: 'pending' });
  });

  it('is unknown where Systems Manager does not answer: the look is retried', async () => {
    const ssm = service({ GetCommandInvocation: refuse('ThrottlingException') });

    await expect(readInvocation(ssm, 'c-1', 'i-a')).rejects.toThrow('ThrottlingException');
  });
});
