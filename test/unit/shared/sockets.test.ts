import { createServer, type Socket } from 'node:net';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { Sockets } from '../../../functions/shared/sockets.ts';
import type { Question, Sight } from '../../../functions/shared/view.ts';
import { authority, type Pair, serverPair } from '../../support/pairs.ts';
import { type Listening, listening } from '../support/listening.ts';
import { dicom, secured, silence, web } from '../support/tls.ts';

const NAME = 'node-a.example.org';
const CA = authority('Ours');
const FORMER = authority('Former');
const OTHERS = authority('Somebody else');
const PAIR = serverPair({ names: [NAME, '127.0.0.1'], by: CA });
const YEAR = 365 * 24 * 60 * 60 * 1000;

const QUESTION: Question = {
  address: '127.0.0.1',
  name: NAME,
  authorities: `${FORMER.cert}${CA.cert}`,
  aeTitle: 'ORTHWEB',
};

interface Node {
  readonly web?: Listening;
  readonly dicom?: Listening;
}

/** Looks at a node that serves but for what a test says. */
async function look(node: Node = {}, question: Partial<Question> = {}, seconds = 8) {
  const ports = {
    web: (node.web ?? (await secured(PAIR, web()))).port,
    dicom: (node.dicom ?? (await secured(PAIR, dicom))).port,
  };
  return new Sockets({ ...ports, seconds }).look({ ...QUESTION, ...question });
}

/** What is seen of a node whose both ports have such a pair. */
const lookWith = async (pair: Pair, question: Partial<Question> = {}): Promise<Sight> =>
  look({ web: await secured(pair, web()), dicom: await secured(pair, dicom) }, question);

const SERVES = {
  web: { trusted: true, fingerprint: PAIR.fingerprint, status: 200 },
  dicom: { trusted: true, fingerprint: PAIR.fingerprint, echo: true },
};

describe('a look at a node', () => {
  it('sees what it shows on both ports, its health, and that it echoes', async () => {
    const notAfter = new Date(Math.floor((Date.now() + YEAR) / 1000) * 1000);
    const pair = serverPair({ names: [NAME], by: CA, notAfter });

    const sight = await lookWith(pair);

    const shown = {
      trusted: true,
      fingerprint: pair.fingerprint,
      notAfter: notAfter.toISOString(),
    };
    expect(sight).toEqual({
      at: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
      web: { ...shown, status: 200 },
      dicom: { ...shown, echo: true },
    });
  });

  it('asks for the deep health of the node by the name that clients use', async () => {
    const asked: string[] = [];
    const servername: unknown[] = [];
    const listens = await secured(PAIR, (socket) => {
      servername.push(socket.servername);
      socket.on('data', (data) => asked.push(data.toString()));
      web()(socket);
    });

    await look({ web: listens });

    expect(asked.join('')).toMatch(
      /^GET \/healthz\/deep HTTP\/1\.1\r\nhost: node-a\.example\.org\r/,
    );
    expect(servername).toEqual([NAME]);
  });

  it('finds a node by its address where it has no name, and then asks for none', async () => {
    const servername: unknown[] = [];
    const listens = await secured(PAIR, (socket) => {
      servername.push(socket.servername);
      web()(socket);
    });

    expect(await look({ web: listens }, { name: '127.0.0.1' })).toMatchObject(SERVES);
    expect(servername).toEqual([false]);
  });

  it('leaves no connection behind', async () => {
    const ports = { web: await secured(PAIR, silence), dicom: await secured(PAIR, silence) };

    await look(ports, {}, 0.2);

    await Promise.all([ports.web.left(), ports.dicom.left()]);
  });

  it('leaves no timer behind that would keep a process waiting', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    onTestFinished(() => void vi.useRealTimers());

    expect(await look()).toMatchObject(SERVES);

    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('a certificate is not to be trusted', () => {
  const now = Date.now();
  it.each<[string, Pair, Partial<Question>, string]>([
    ['is for another name', serverPair({ names: ['b.example.org'], by: CA }), {}, 'not match'],
    ['is for another address', PAIR, { name: '127.0.0.2' }, 'not match'],
    [
      'is for a name where the address is asked for',
      serverPair({ names: [NAME], by: CA }),
      { name: '127.0.0.1' },
      'not match',
    ],
    [
      'has run out',
      serverPair({ names: [NAME], by: CA, notAfter: new Date(now - 60_000) }),
      {},
      'CERT_HAS_EXPIRED',
    ],
    [
      'is not in force yet',
      serverPair({ names: [NAME], by: CA, notBefore: new Date(now + 60_000) }),
      {},
      'CERT_NOT_YET_VALID',
    ],
    [
      'is by another authority',
      serverPair({ names: [NAME], by: OTHERS }),
      {},
      'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
    ],
    ['is signed by itself', serverPair({ names: [NAME] }), {}, 'DEPTH_ZERO_SELF_SIGNED_CERT'],
    ['is seen by one who trusts nobody', PAIR, { authorities: '' }, 'UNABLE_TO_VERIFY_LEAF'],
  ])('that %s, and is reported all the same', async (_, pair, question, said) => {
    const sight = await lookWith(pair, question);

    const shown = {
      trusted: false,
      fingerprint: pair.fingerprint,
      notAfter: expect.any(String),
      said: expect.stringContaining(said),
    };
    // Whoever is not to be trusted is asked nothing.
    expect(sight).toEqual({ at: sight.at, web: shown, dicom: shown });
  });
});

describe('a look at a port that does not answer says', () => {
  const plain = (talk: (socket: Socket) => unknown) => listening(createServer(talk));

  it.each<[string, () => Promise<Listening>, string]>([
    ['that it is silent', () => plain((socket) => socket.resume()), 'no answer within 0.2 s'],
    [
      'that it closes',
      () => plain((socket) => socket.resume().end()),
      'Client network socket disconnected before secure TLS connection was established',
    ],
    [
      'that it speaks no TLS',
      () => plain((socket) => socket.resume().end('HTTP/1.1 400 \r\n\r\n')),
      'wrong version number',
    ],
    [
      'that it speaks a TLS of old',
      () => secured(PAIR, web(), { minVersion: 'TLSv1', maxVersion: 'TLSv1.1' }),
      'tlsv1 alert protocol version',
    ],
  ])('%s', async (_, port, said) => {
    const asked = { web: await port(), dicom: await port() };

    const sight = await look(asked, {}, said.includes('within') ? 0.2 : 8);

    const wrong = { trusted: false, said };
    expect(sight).toEqual({ at: sight.at, web: wrong, dicom: wrong });
  });

  it('that nobody is there, and what the other port shows', async () => {
    const nobody = { port: 1, left: async () => [] };

    const web = await look({ web: nobody });
    const dicom = await look({ dicom: nobody });

    const refused = { trusted: false, said: 'connect ECONNREFUSED 127.0.0.1:1' };
    expect(web).toMatchObject({ web: refused, dicom: SERVES.dicom });
    expect(dicom).toMatchObject({ web: SERVES.web, dicom: refused });
  });
});

describe('the health of a node', () => {
  /** Answers each path by its status, and one that has none never. */
  const byPath =
    (
      statuses: { readonly deep: number; readonly orthanc?: number },
      asked: string[] = [],
      late = 0,
    ) =>
    (socket: Socket) =>
      socket.once('data', (data) => {
        const [, path = ''] = data.toString().split(' ');
        asked.push(path);
        const status = path === '/healthz/deep' ? statuses.deep : statuses.orthanc;
        const answer = `HTTP/1.1 ${status} \r\ncontent-length: 0\r\n\r\n`;
        if (status) setTimeout(() => socket.write(answer), late);
      });

  it('is what its deep path answers', async () => {
    const sight = await look({ web: await secured(PAIR, web(503)) });

    expect(sight.web).toMatchObject({ trusted: true, status: 503 });
    expect(sight.web).not.toHaveProperty('said');
  });

  it('is asked of Orthanc alone, over another connection, where the database does not answer', async () => {
    const asked: string[] = [];
    const listens = await secured(PAIR, byPath({ deep: 503, orthanc: 200 }, asked));

    const { web } = await look({ web: listens });

    expect(web).toMatchObject({ trusted: true, status: 503, orthanc: 200 });
    expect(asked).toEqual(['/healthz/deep', '/healthz/orthanc']);
    await listens.left();
  });

  it('is not asked of Orthanc where the database answers', async () => {
    const asked: string[] = [];

    const { web } = await look({ web: await secured(PAIR, byPath({ deep: 200 }, asked)) });

    expect(web).not.toHaveProperty('orthanc');
    expect(asked).toEqual(['/healthz/deep']);
  });

  it('tells an Orthanc that is down from one that hangs', async () => {
    const down = await look({ web: await secured(PAIR, byPath({ deep: 502, orthanc: 502 })) });
    const hung = await look({ web: await secured(PAIR, byPath({ deep: 504, orthanc: 504 })) });

    expect(down.web).toMatchObject({ status: 502, orthanc: 502 });
    expect(hung.web).toMatchObject({ status: 504, orthanc: 504 });
  });

  it('has one bound for both questions', async () => {
    const listens = await secured(PAIR, byPath({ deep: 504 }, [], 700));
    const begin = Date.now();

    const { web } = await look({ web: listens }, {}, 1);

    expect(web).toMatchObject({ status: 504, said: '/healthz/orthanc: no answer within 1 s' });
    expect(web).not.toHaveProperty('orthanc');
    expect(Date.now() - begin).toBeLessThan(1_600);
  });

  it('needs no more of the answer than its status', async () => {
    const endless = await secured(PAIR, (socket) =>
      socket.once('data', () => socket.write('HTTP/1.1 200 OK\r\n\r\nand so on')),
    );

    expect(await look({ web: endless })).toMatchObject(SERVES);
  });

  it.each<[string, string | undefined, string]>([
    ['nothing', undefined, 'no answer within 1 s'],
    ['half an answer', 'HTTP/1.1 200 OK\r\n', 'no answer within 1 s'],
    ['no HTTP', 'no HTTP', 'Expected HTTP/'],
    ['headers without end', `HTTP/1.1 200 OK\r\n${'x: y\r\n'.repeat(10_000)}`, 'Header overflow'],
    ['another protocol', 'HTTP/1.1 101 \r\nupgrade: x\r\nconnection: upgrade\r\n\r\n', 'closed'],
  ])('is unknown where it answers %s', async (_, answer, said) => {
    const listens = await secured(PAIR, (socket) =>
      socket.once('data', () => answer && socket.write(answer)),
    );

    const { web, dicom } = await look({ web: listens }, {}, 1);

    expect(web).toMatchObject({ trusted: true, said: expect.stringContaining(said) });
    expect(web).not.toHaveProperty('status');
    expect(dicom).toMatchObject(SERVES.dicom);
  });
});

describe('an echo', () => {
  const echoOf = async (port: Listening, seconds = 8) => {
    const { web, dicom } = await look({ dicom: port }, {}, seconds);
    expect(web).toMatchObject(SERVES.web);
    expect(dicom).toMatchObject({ trusted: true, fingerprint: PAIR.fingerprint });
    return { echo: dicom.echo, said: dicom.said };
  };
  const asking = { requestCert: true, ca: OTHERS.cert };
  const close = (socket: Socket) => socket.resume().end();

  it('is refused by one who closes, and by one who is silent', async () => {
    expect(await echoOf(await secured(PAIR, close))).toEqual({
      echo: false,
      said: 'C-ECHO: the connection was closed without an answer',
    });
    expect(await echoOf(await secured(PAIR, silence), 1)).toEqual({
      echo: false,
      said: 'C-ECHO: no answer within 1 s',
    });
  });

  it('is over when it is refused, also where the other side stays', async () => {
    const rejection = Buffer.from('03000000000400010107', 'hex');
    const stays = await secured(PAIR, (socket) =>
      socket.once('data', () => socket.write(rejection)),
    );

    expect(await echoOf(stays)).toMatchObject({ echo: false });

    await stays.left();
  });

  it('is absent where one has to have a certificate, by an alert or without a word', async () => {
    const alert = await secured(PAIR, dicom, { ...asking, rejectUnauthorized: true });
    const closed = await secured(PAIR, close, { ...asking, rejectUnauthorized: false });

    expect([await echoOf(alert), await echoOf(closed)]).toEqual([{}, {}]);
  });

  it('comes back where one may have a certificate', async () => {
    const may = await secured(PAIR, dicom, { ...asking, rejectUnauthorized: false });

    expect(await echoOf(may)).toEqual({ echo: true });
  });

  it('is refused by one who asks for a certificate, and then hangs or speaks', async () => {
    const options = { ...asking, rejectUnauthorized: false };
    const hangs = await secured(PAIR, silence, options);
    const speaks = await secured(PAIR, (socket) => socket.resume().end('no'), options);

    expect(await echoOf(hangs, 1)).toMatchObject({ echo: false });
    expect(await echoOf(speaks)).toMatchObject({ echo: false });
  });
});
