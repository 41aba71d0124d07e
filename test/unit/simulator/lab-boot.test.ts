import { describe, expect, it } from 'vitest';
import { endOfBoot } from '../../../simulator/lab/carry-out.ts';

const line = (said: string, unit = 'orthweb.service') => ({ unit, line: said });

describe('a boot in the lab', () => {
  it('is done when the unit says so', () => {
    const ended = endOfBoot([line('pulling'), line('{"booted":true}'), line('{}', 'sshd.service')]);

    expect(ended).toEqual({ code: 0, stdout: '{"booted":true}', stderr: '' });
  });

  it.each([
    ['says why it failed', '{"booted":false,"reason":"no secrets"}'],
    ['breaks off in the middle of a line', '{"booted":tr'],
    ['says something else', '{ echo booted; }'],
  ])('has failed when the unit %s, which is told', (_, said) => {
    const { code, stdout } = endOfBoot([line('pulling'), line(said)]);

    expect([code, stdout]).toEqual([1, said]);
  });

  it('has failed when the unit gives no answer, and its last line is told', () => {
    const ended = endOfBoot([line('pulling'), line('boot.sh: line 3: jq: not found')]);

    expect(ended).toEqual({ code: 1, stdout: '', stderr: 'boot.sh: line 3: jq: not found' });
  });

  it('has failed when the unit says nothing', () => {
    expect(endOfBoot([line('{"booted":true}', 'sshd.service')])).toEqual({
      code: 1,
      stdout: '',
      stderr: 'orthweb.service has said nothing',
    });
  });
});
