import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Lab } from '../../../simulator/lab/lab.ts';
import type { CommandDocument, DocumentParameter } from '../../../simulator/lab/ssm-agent.ts';

let lab: Lab;

beforeAll(async () => {
  lab = await Lab.start({ bundle: path.join(import.meta.dirname, 'bundle') });
  await lab.a.boot();
});

afterAll(() => lab?.remove());

const WORD: DocumentParameter = {
  type: 'String',
  allowedPattern: '^[a-z]{1,8}$',
  interpolationType: 'ENV_VAR',
};

const document = (
  script: string,
  parameters: CommandDocument['parameters'] = {},
  seconds = 20,
): CommandDocument => ({
  schemaVersion: '2.2',
  parameters,
  mainSteps: [
    {
      action: 'aws:runShellScript',
      inputs: { timeoutSeconds: String(seconds), runCommand: script.split('\n') },
    },
  ],
});

describe('a document that is sent to a host', () => {
  it('runs as root in a shell without a profile, with its parameters in the environment', async () => {
    const said = await lab.a.send(
      document('id -un\necho "$SSM_Word"; env | cut -d= -f1 | sort', { Word: WORD }),
      {
        Word: 'hello',
      },
    );

    expect(said).toEqual({
      status: 'Success',
      code: 0,
      stdout: 'root\nhello\nLANG\nPATH\nPWD\nSSM_Word\n',
      stderr: '',
    });
  });

  it('says of its end what the agent says', async () => {
    expect(await lab.a.send(document('echo why >&2; exit 75'))).toEqual({
      status: 'Failed',
      code: 75,
      stdout: '',
      stderr: 'why\n',
    });
    expect(await lab.a.send(document('exit 124'))).toMatchObject({ status: 'Failed' });
    expect(await lab.a.send(document('sleep 30', {}, 1))).toMatchObject({ status: 'TimedOut' });
  });

  it('is heard of up to a limit', async () => {
    const { stdout, stderr } = await lab.a.send(
      document('yes | head -c 30000; yes | head -c 9000 >&2'),
    );

    expect([stdout.length, stderr.length]).toEqual([24_000, 8000]);
  });

  it.each([
    [{}, 'Word is missing'],
    [{ Word: 'x; reboot' }, 'Word: x; reboot does not match'],
    [{ Word: 'hello', Other: 'x' }, 'Other is no parameter'],
  ])('is refused with %j', async (given, why) => {
    const sent = lab.a.send(document('echo', { Word: WORD }), given);

    await expect(sent).rejects.toThrow(why);
    await expect(sent).rejects.toMatchObject({ name: 'InvalidParameters' });
  });

  it('is none that would put a parameter into its text', async () => {
    const spliced = document('echo {{Word}}', { Word: WORD });

    await expect(lab.a.send(spliced, { Word: 'hello' })).rejects.toThrow(/into the script's text/);
  });
});
