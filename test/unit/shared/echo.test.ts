import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CommandSet } from '../../../functions/shared/command-set.ts';
import { type Echo, echo } from '../../../functions/shared/echo.ts';
import { NoPdu, PDU, type Pdu } from '../../../functions/shared/pdu.ts';
import { listening } from '../support/listening.ts';
import { changed, play, raw, SAID } from '../support/scp.ts';

/** Where things are in what is said. */
const CONTEXT_RESULT = 105;
const COMMAND_FIELD = SAID.success.indexOf(raw('00000001 02000000')) + 8;
const RESPONDED_TO = SAID.success.indexOf(raw('00002001')) + 8;
const STATUS = SAID.success.length - 2;

/** Echoes with somebody who answers by such a script; also what that one heard. */
async function echoed(...script: readonly Buffer[]): Promise<{ echo: Echo; heard: Pdu[] }> {
  let heard: Promise<Pdu[]> = Promise.resolve([]);
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    heard = play(socket, script);
  });
  const { port } = await listening(server);
  const connection = connect(port, '127.0.0.1');
  await once(connection, 'connect');
  const result = await echo(connection, 'ORTHWEB');
  connection.destroy();
  return { echo: result, heard: await heard };
}

describe('a C-ECHO', () => {
  it('is a success with whoever answers as DCMTK does', async () => {
    const { echo, heard } = await echoed(SAID.accept, SAID.success, SAID.release);

    expect(echo).toEqual({ success: true });
    expect(heard.map(({ type }) => type)).toEqual([
      PDU.associateRequest,
      PDU.data,
      PDU.releaseRequest,
    ]);
    expect(heard[0]?.body.subarray(4, 36).toString()).toBe('ORTHWEB         ORTHWEB-CHECK   ');
  });

  it('is a success also with whoever then goes without a word', async () => {
    expect((await echoed(SAID.accept, SAID.success)).echo).toEqual({ success: true });
  });

  it('understands an answer in several parts', async () => {
    const command = SAID.success.subarray(12);
    const part = (control: string, from: number, to?: number) => {
      const bytes = command.subarray(from, to);
      const length = (bytes.length + 2).toString(16).padStart(8, '0');
      return raw(`${length}01${control}${bytes.toString('hex')}`);
    };
    const parts = Buffer.concat([part('01', 0, 11), part('03', 11)]);
    const whole = Buffer.concat([raw('040000000000'), parts]);
    whole.writeUInt32BE(parts.length, 2);

    expect((await echoed(SAID.accept, whole, SAID.release)).echo).toEqual({ success: true });
  });

  it.each<[string, string, readonly Buffer[]]>([
    [
      'rejects it because of the title',
      'the association was rejected: called AE title not recognized',
      [raw('0300 00000004 00010107')],
    ],
    [
      'rejects it for reasons of its own',
      'the association was rejected: source 2, reason 9',
      [raw('0300 00000004 00010209')],
    ],
    [
      'aborts it',
      'the association was aborted (source 2, reason 6)',
      [raw('0700 00000004 00000206')],
    ],
    [
      'aborts the question',
      'the association was aborted (source 0, reason 0)',
      [SAID.accept, raw('0700 00000004 00000000')],
    ],
    ['takes no C-ECHO', 'it does not take a C-ECHO', [changed(SAID.accept, CONTEXT_RESULT, 3)]],
    [
      'says nothing about the C-ECHO',
      'it does not take a C-ECHO',
      [Buffer.concat([raw('0200 00000044'), SAID.accept.subarray(6, 74)])],
    ],
    [
      'answers by another status',
      'it answered the C-ECHO with status 0x0122',
      [SAID.accept, changed(changed(SAID.success, STATUS, 0x22), STATUS + 1, 0x01), SAID.release],
    ],
    [
      'answers another question',
      'it answered the C-ECHO by something else',
      [SAID.accept, changed(SAID.success, RESPONDED_TO, 2)],
    ],
    [
      'sends what is no command',
      'it sent a message that is no command',
      [SAID.accept, changed(SAID.success, 11, 2)],
    ],
    [
      'answers by another command',
      'it answered the C-ECHO by something else',
      [SAID.accept, changed(SAID.success, COMMAND_FIELD, 0x31)],
    ],
    [
      'sends a value that is too short for one',
      'it sent a message that is no command',
      [SAID.accept, raw('0400 00000006 00000000 0103')],
    ],
    [
      'sends half a value',
      'it sent a message that is no command',
      [SAID.accept, raw('0400 00000006 00000050 0103')],
    ],
    [
      'speaks HTTP',
      'it sent what is no DICOM, beginning with byte 72',
      [Buffer.from('HTTP/1.1 4')],
    ],
    ['answers before it accepts', 'it sent a PDU of type 4 out of turn', [SAID.success]],
    ['accepts and accepts', 'it sent a PDU of type 2 out of turn', [SAID.accept, SAID.accept]],
    [
      'announces more than anybody has to say',
      'it sent a PDU of 4294967295 bytes, over 16384',
      [raw('0200 ffffffff')],
    ],
    ['goes', 'the connection was closed without an answer', [SAID.accept, Buffer.alloc(0)]],
  ])('is none with one who %s', async (_, said, script) => {
    expect((await echoed(...script)).echo).toEqual({ success: false, said });
  });

  it('tells one who goes without a word from one who refuses', async () => {
    const { echo } = await echoed(Buffer.alloc(0));

    expect(echo).toMatchObject({ success: false, wordless: true });
  });
});

describe('an answer in parts', () => {
  it('is read or refused, whatever bytes it is of', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 100 })), (bodies) => {
        const answer = new CommandSet();
        try {
          for (const body of bodies) answer.take({ type: PDU.data, body: Buffer.from(body) });
        } catch (error) {
          expect(error).toBeInstanceOf(NoPdu);
        }
        expect(['number', 'undefined']).toContain(typeof answer.status);
      }),
    );
  });

  it('is none where it ends in the middle of its status', () => {
    const answer = new CommandSet();

    const whole = answer.take({ type: PDU.data, body: raw('0000000a 0103 00000009 02000000') });

    expect([whole, answer.status]).toEqual([true, undefined]);
  });

  it('does not go on for ever', () => {
    const answer = new CommandSet();
    const part = Buffer.concat([raw('00000402 01 01'), Buffer.alloc(1024)]);

    const endless = () => {
      for (let times = 0; times < 1000; times++) answer.take({ type: PDU.data, body: part });
    };

    expect(endless).toThrow('a command over 16384 bytes');
  });
});
