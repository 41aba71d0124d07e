import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { runImages } from '../../../cli/images.ts';
import { UserError } from '../../../cli/user-error.ts';

const digest = (letter: string) => `sha256:${letter.repeat(64)}`;
const INDEX = 'application/vnd.oci.image.index.v1+json';
const LIST = 'application/vnd.docker.distribution.manifest.list.v2+json';

interface Answer {
  readonly status?: number;
  readonly type?: string;
  readonly digest?: string;
  readonly body?: string;
  /** Nothing is answered at all. */
  readonly silent?: boolean;
}

const file = path.join(mkdtempSync(path.join(tmpdir(), 'orthweb-images-')), 'compose.yaml');
/** By path; whatever is not here is 404. */
let answers: Readonly<Record<string, Answer>>;
let asked: string[];
let printed: string[];

const server = createServer((request: IncomingMessage, response: ServerResponse) => {
  const { pathname, searchParams } = new URL(request.url ?? '', 'http://registry');
  asked.push(`${request.method} ${pathname}`);
  if (pathname === '/token' && answers['/token'] === undefined) {
    // Like Docker Hub: a token for anything.
    response.end(JSON.stringify({ token: `for ${searchParams.get('scope')}`, expires_in: 300 }));
    return;
  }
  const [, repository] = /^\/v2\/(.+)\/manifests\//.exec(pathname) ?? [];
  const { authorization, accept = '' } = request.headers;
  const allowed =
    pathname === '/token' || authorization === `Bearer for repository:${repository}:pull`;
  const answer = allowed ? (answers[pathname] ?? { status: 404 }) : { status: 401 };
  if (answer.silent) return;
  const { type = 'text/html' } = answer;
  const foreign = type.startsWith('application/vnd.') && !accept.includes(type);
  response.statusCode = foreign ? 406 : (answer.status ?? 200);
  response.setHeader('content-type', type);
  if (answer.digest) response.setHeader('docker-content-digest', answer.digest);
  response.end(answer.body);
});
let url: string;

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
beforeEach(() => {
  asked = [];
  printed = [];
  answers = {
    '/v2/library/nginx/manifests/1.29.8': { type: INDEX, digest: digest('a') },
    '/v2/orthancteam/orthanc/manifests/26.8.2': { type: LIST, digest: digest('b') },
  };
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

const SOURCE = `# What runs on a host.
services:
  nginx:   {image:   'nginx:1.29.8',    ports: ["443:443"]} # the door
  orthanc:
    # The archive.
    image: orthancteam/orthanc:26.8.2@${digest('0')}   # keep me
    user: "999:999"

`;

/** Runs the command on a Compose file; a port that nobody listens on stands for no network. */
async function run(source = SOURCE, { api = url, seconds = 20 } = {}) {
  writeFileSync(file, source);
  const registry = { tokens: url, api, seconds };
  const problem = await runImages({ file, registry, print: (line) => printed.push(line) }).then(
    () => undefined,
    (error) => (error instanceof UserError ? error.message : `a stack trace: ${error}`),
  );
  return { problem, text: readFileSync(file, 'utf8') };
}

describe('npm run images', () => {
  it('writes what each tag stands for, and leaves every other byte as it is', async () => {
    const { problem, text } = await run();

    expect(problem).toBeUndefined();
    expect(text).toBe(
      SOURCE.replace("'nginx:1.29.8'", `'nginx:1.29.8@${digest('a')}'`).replace(
        digest('0'),
        digest('b'),
      ),
    );
    expect(printed).toEqual([
      'nginx: nginx:1.29.8 no digest → sha256:aaaaaaaaaaaa',
      'orthanc: orthancteam/orthanc:26.8.2 sha256:000000000000 → sha256:bbbbbbbbbbbb',
    ]);
  });

  it('says so of what has not changed, and asks for no more than heads', async () => {
    const { text } = await run();
    printed = [];
    asked = [];

    expect((await run(text)).text).toBe(text);
    expect(printed).toEqual([
      'nginx: nginx:1.29.8 sha256:aaaaaaaaaaaa, unchanged',
      'orthanc: orthancteam/orthanc:26.8.2 sha256:bbbbbbbbbbbb, unchanged',
    ]);
    expect(asked.toSorted()).toEqual([
      'GET /token',
      'GET /token',
      'HEAD /v2/library/nginx/manifests/1.29.8',
      'HEAD /v2/orthancteam/orthanc/manifests/26.8.2',
    ]);
  });

  it('writes nothing at all if one image fails, and names each that does', async () => {
    answers = { '/v2/library/nginx/manifests/1.29.8': { type: INDEX, digest: digest('a') } };

    const { problem, text } = await run();

    expect(text).toBe(SOURCE);
    expect(printed).toEqual([]);
    expect(problem).toBe(
      'orthanc: orthancteam/orthanc:26.8.2 is no tag that Docker Hub has. Write one that is ' +
        'listed there under Tags.\nNothing is written.',
    );
  });

  it.each<[string, Answer, RegExp]>([
    [
      'it has been asked too often',
      { status: 429 },
      /asked too often .* Try again in some hours\./,
    ],
    ['it shows it to members alone', { status: 401 }, /shows to everybody\. Correct its name\./],
    ['it is down', { status: 503 }, /Docker Hub answers 503\. Try again later\./],
    [
      'the tag is an image for one kind of processor',
      { type: 'application/vnd.oci.image.manifest.v1+json', digest: digest('a') },
      /for one kind of processor, .* Write a tag that is published for several\./,
    ],
    [
      'the tag is an image for one kind of processor in the older format',
      { type: 'application/vnd.docker.distribution.manifest.v2+json', digest: digest('a') },
      /for one kind of processor/,
    ],
    ['a login page is in between', { body: '<html>' }, /answer .* with no digest\. Check your/],
    [
      'the digest is none',
      { type: INDEX, digest: 'sha256:abc' },
      /with the digest sha256:abc\. Check your connection/,
    ],
  ])('says what to do where %s', async (_, answer, remedy) => {
    answers = { ...answers, '/v2/library/nginx/manifests/1.29.8': answer };

    const { problem, text } = await run();

    expect(problem).toMatch(/^nginx: nginx:1\.29\.8 is /);
    expect(problem).toMatch(remedy);
    expect(text).toBe(SOURCE);
  });

  it('says so where no token is given', async () => {
    answers = { ...answers, '/token': { body: '<html>Log in to our guest network</html>' } };

    expect((await run()).problem).toMatch(/nginx: .* seems to answer no token\. Check your/);
  });

  it('does not wait for ever', async () => {
    answers = { ...answers, '/v2/library/nginx/manifests/1.29.8': { silent: true } };

    const { problem } = await run(SOURCE, { seconds: 0.5 });

    expect(problem).toMatch(/is not reached \(no answer in 0\.5 seconds\)\. Check your connection/);
  });

  it('says that there is no network', async () => {
    const { problem, text } = await run(SOURCE, { api: 'http://127.0.0.1:1' });

    expect(problem?.split('\n')).toHaveLength(3);
    expect(problem).toMatch(/^nginx: .* is not reached \([^)]+\)\. Check your connection/);
    expect(text).toBe(SOURCE);
  });

  it.each([
    ['nginx', /says no version\. Write one as its tag/],
    ['nginx:latest', /says no version/],
    [`nginx@${digest('a')}`, /says no version/],
    ['Nginx:1', /Nginx:1 is no name of an image\. Write a name of small letters and digits/],
    ['nginx:${VERSION}', /is no name of an image\. .* a version as its tag, such as nginx:1\.29/],
    ['registry.example.org/nginx:1.29.8', /is not on Docker Hub\. Write its digest/],
    ['localhost:5000/nginx:1.29.8', /is not on Docker Hub/],
  ])('cannot pin %s, and says why', async (image, why) => {
    const source = `services:\n  nginx:\n    image: ${image}\n`;

    const { problem, text } = await run(source);

    expect(problem).toMatch(why);
    expect(text).toBe(source);
    expect(asked).toEqual([]);
  });

  it('knows the long name of an image on Docker Hub', async () => {
    const { text } = await run('services:\n  nginx:\n    image: docker.io/library/nginx:1.29.8\n');

    expect(text).toContain(`image: docker.io/library/nginx:1.29.8@${digest('a')}\n`);
  });

  it('says so of a service whose image is written elsewhere in the file', async () => {
    const source = 'x-image: &it nginx:1.29.8\nservices:\n  nginx:\n    image: *it\n';

    const { problem, text } = await run(source);

    expect(problem).toMatch(/^nginx: its image says no version\. Write one as its tag/);
    expect(text).toBe(source);
  });
});
