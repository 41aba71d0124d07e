/** Where images are looked up, without a trailing slash. */
export interface Registry {
  /** Gives out tokens, which even what everybody may read takes. */
  readonly tokens: string;
  readonly api: string;
  /** How long one answer may take. */
  readonly seconds: number;
}

/** https://distribution.github.io/distribution/spec/auth/token/ */
export const DOCKER_HUB: Registry = {
  tokens: 'https://auth.docker.io',
  api: 'https://registry-1.docker.io',
  seconds: 20,
};

/** One image for several kinds of processors: what a host of any kind can pull by its digest. */
const INDEXES = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
];

/** Asked for too, so that an image for one kind is told apart from none. */
const SINGLE = [
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
];

const CHECK_CONNECTION = 'Check your connection to the Internet, then try again.';

/** The registry has no digest to give: what there is to do stands in the message. */
export class NoDigest extends Error {
  override readonly name = 'NoDigest';
}

/**
 * The digest that a tag of a repository on Docker Hub (`library/nginx`) stands for now.
 *
 * @throws NoDigest if there is none, or it cannot be had now.
 */
export async function digestOf(
  repository: string,
  tag: string,
  registry: Registry,
): Promise<string> {
  const token = await readToken(repository, registry);
  const { headers } = await ask(`${registry.api}/v2/${repository}/manifests/${tag}`, registry, {
    method: 'HEAD',
    headers: { authorization: `Bearer ${token}`, accept: [...INDEXES, ...SINGLE].join(', ') },
  });
  const type = headers.get('content-type') ?? 'nothing';
  if (SINGLE.includes(type)) {
    throw new NoDigest(
      'is an image for one kind of processor, and its digest would say which. Write a tag that ' +
        'is published for several.',
    );
  }
  const digest = headers.get('docker-content-digest') ?? '';
  if (INDEXES.includes(type) && /^sha256:[0-9a-f]{64}$/.test(digest)) return digest;
  throw strange(`${type} with ${digest === '' ? 'no digest' : `the digest ${digest}`}`);
}

async function readToken(repository: string, registry: Registry): Promise<string> {
  const scope = new URLSearchParams({
    service: 'registry.docker.io',
    scope: `repository:${repository}:pull`,
  });
  const { body } = await ask(`${registry.tokens}/token?${scope}`, registry, {});
  const token = /"token"\s*:\s*"([^"\\]+)"/.exec(body)?.[1];
  if (token === undefined) throw strange('no token');
  return token;
}

/** Only a page in between (a proxy, a login to a network) answers so. */
const strange = (what: string): NoDigest =>
  new NoDigest(`is not known: Docker Hub seems to answer ${what}. ${CHECK_CONNECTION}`);

async function ask(url: string, registry: Registry, request: RequestInit) {
  const { status, headers, body } = await whole(url, registry, request).catch((error: Error) => {
    // Whatever fetch rejects with, no answer came.
    const why =
      error.name === 'TimeoutError' ? `no answer in ${registry.seconds} seconds` : causeOf(error);
    throw new NoDigest(`is not known: Docker Hub is not reached (${why}). ${CHECK_CONNECTION}`);
  });
  if (status !== 200) throw new NoDigest(refusalOf(status));
  return { headers, body };
}

async function whole(url: string, { seconds }: Registry, request: RequestInit) {
  const response = await fetch(url, { ...request, signal: AbortSignal.timeout(seconds * 1000) });
  return { status: response.status, headers: response.headers, body: await response.text() };
}

/** `fetch failed` is all that the message says. */
function causeOf({ message, cause }: Error): string {
  if (!(cause instanceof Error)) return message;
  return 'code' in cause ? String(cause.code) : cause.message;
}

function refusalOf(status: number): string {
  switch (status) {
    case 404:
      return 'is no tag that Docker Hub has. Write one that is listed there under Tags.';
    // A token is given to everybody for anything; only its use shows that there is nothing to read.
    case 401:
    case 403:
      return 'is no image that Docker Hub shows to everybody. Correct its name.';
    case 429:
      return 'is not known: Docker Hub has been asked too often from your address. Try again in some hours.';
    default:
      return `is not known: Docker Hub answers ${status}. Try again later.`;
  }
}
