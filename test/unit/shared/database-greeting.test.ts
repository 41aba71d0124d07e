import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { Sockets } from '../../../functions/shared/sockets.ts';
import { listening } from '../support/listening.ts';

/** A port where somebody takes connections, and what comes of them; all is over when the test is. */
const port = (talk: (socket: Socket) => unknown) => listening(createServer(talk));

/** Answers PostgreSQL's question for TLS by this, once it has come whole. */
const answers = (answer: string) => (socket: Socket) =>
  socket.once('data', (asked) => {
    if (asked.toString('hex') === '0000000804d2162f') socket.write(answer);
  });

const SILENT = (socket: Socket) => socket.resume();

async function greeted(talk: (socket: Socket) => unknown, seconds = 8) {
  const listens = await port(talk);
  const sight = await new Sockets({ database: listens.port, seconds }).database('127.0.0.1');
  // Nobody else closes it: what is left open would keep this waiting.
  await listens.left();
  return sight;
}

const at = expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/);

describe('the database is reached', () => {
  it.each([
    ['speaks TLS', 'S'],
    ['speaks none', 'N'],
    ['has no room for another client', 'E'],
  ])('where it %s', async (_, answer) => {
    expect(await greeted(answers(answer))).toEqual({ at, reached: 'reached' });
  });

  it('by its name', async () => {
    const listens = await port(answers('S'));

    const sight = await new Sockets({ database: listens.port }).database('localhost');

    expect(sight.reached).toBe('reached');
  });
});

describe('the database is not reached', () => {
  it('where nobody takes connections: it refuses', async () => {
    expect(await new Sockets({ database: 1 }).database('127.0.0.1')).toEqual({
      at,
      reached: 'refused',
      said: 'connect ECONNREFUSED 127.0.0.1:1',
    });
  });

  it.each<[string, (socket: Socket) => unknown, string]>([
    ['takes a connection and says nothing', SILENT, 'no answer within 0.2 s'],
    ['hangs up', (socket) => socket.resume().end(), 'it hung up without a word'],
    [
      'hangs up when it is asked',
      (socket) => socket.once('data', () => socket.end()),
      'it hung up without a word',
    ],
    [
      'breaks off',
      (socket) => socket.once('data', () => socket.resetAndDestroy()),
      'read ECONNRESET',
    ],
  ])('where it %s: it is silent', async (_, talk, said) => {
    const sight = await greeted(talk, said.includes('within') ? 0.2 : 8);

    expect(sight).toEqual({ at, reached: 'silent', said });
  });

  it('where its name is not known', async () => {
    const sight = await new Sockets().database('database.invalid');

    expect(sight).toMatchObject({
      reached: 'silent',
      said: expect.stringContaining('database.invalid'),
    });
  });
});

describe('a greeting', () => {
  const timers = () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    onTestFinished(() => void vi.useRealTimers());
  };

  it('is waited for during 8 seconds, and no longer', async () => {
    const { port: database, left } = await port(SILENT);
    timers();
    const ended = vi.fn();
    const sight = new Sockets({ database }).database('127.0.0.1').finally(ended);

    await vi.advanceTimersByTimeAsync(7_999);
    expect(ended).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1);

    expect(await sight).toEqual({ at, reached: 'silent', said: 'no answer within 8 s' });
    await left();
  });

  it('leaves no timer behind that would keep a process waiting', async () => {
    const { port: database } = await port(answers('S'));
    timers();

    await new Sockets({ database }).database('127.0.0.1');

    expect(vi.getTimerCount()).toBe(0);
  });

  it('is left as soon as it has come, though the other side would go on', async () => {
    const server = createServer();
    const { port: database } = await listening(server);
    const came = once(server, 'connection') as Promise<[Socket]>;

    const sight = new Sockets({ database }).database('127.0.0.1');
    const [socket] = await came;
    await once(socket, 'data');
    socket.write('S');

    expect((await sight).reached).toBe('reached');
    await once(socket, 'end');
  });
});
