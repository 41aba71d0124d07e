import { readFileSync, writeFileSync } from 'node:fs';
import {
  COMPOSE_FILE,
  type ContainerImage,
  containerImages,
  referenceOf,
} from '../infra/site/container-images.ts';
import { DOCKER_HUB, digestOf, NoDigest, type Registry } from './registry.ts';
import { UserError } from './user-error.ts';

/** What the command touches outside its own process. */
export interface Outside {
  /** A Compose file. */
  readonly file: string;
  readonly registry: Registry;
  readonly print: (line: string) => void;
}

const here: Outside = {
  file: COMPOSE_FILE,
  registry: DOCKER_HUB,
  print: (line) => process.stdout.write(`${line}\n`),
};

/**
 * Writes into the Compose file what the tag of each image stands for now, and leaves everything else
 * in it as it is.
 *
 * @throws UserError, and nothing is written, if that is not known of each.
 */
export async function runImages({ file, registry, print }: Outside = here): Promise<void> {
  const source = readFileSync(file, 'utf8');
  const asked = await Promise.all(
    containerImages(source).map(async (found) => ({
      found,
      answer: await pinned(found, registry),
    })),
  );
  const pins = asked.flatMap(({ found, answer }) =>
    answer instanceof NoDigest ? [] : [{ ...found, ...answer }],
  );
  const failures = asked.flatMap(({ found: { service, image }, answer }) =>
    answer instanceof NoDigest
      ? [`${service}: ${image?.split('@')[0] ?? 'its image'} ${answer.message}`]
      : [],
  );
  if (failures.length > 0) {
    throw new UserError([...failures, 'Nothing is written.'].join('\n'));
  }
  for (const { service, name, before, after } of pins) {
    const change =
      before === after
        ? `${short(after)}, unchanged`
        : `${before === undefined ? 'no digest' : short(before)} → ${short(after)}`;
    print(`${service}: ${name} ${change}`);
  }
  const text = replaced(source, pins);
  if (text !== source) writeFileSync(file, text);
}

interface Pin {
  /** Name and tag. */
  readonly name: string;
  readonly before: string | undefined;
  readonly after: string;
}

/** What an image is pinned to by now, or why that is not known. */
async function pinned({ image = '' }: ContainerImage, registry: Registry): Promise<Pin | NoDigest> {
  const [written = '', before] = image.split('@');
  const reference = referenceOf(written);
  if (written !== '' && reference === undefined) {
    return new NoDigest(
      'is no name of an image. Write a name of small letters and digits, and a version as its ' +
        'tag, such as nginx:1.29.8.',
    );
  }
  const { name = '', tag } = reference ?? {};
  if (tag === undefined || tag === 'latest') {
    return new NoDigest('says no version. Write one as its tag, such as nginx:1.29.8.');
  }
  const repository = repositoryOf(name);
  if (repository === undefined) {
    return new NoDigest('is not on Docker Hub. Write its digest after its tag yourself.');
  }
  try {
    return { name: written, before, after: await digestOf(repository, tag, registry) };
  } catch (error) {
    if (error instanceof NoDigest) return error;
    throw error;
  }
}

/** `nginx` is short for `docker.io/library/nginx`. Undefined for a name at another registry. */
function repositoryOf(name: string): string | undefined {
  const [first = '', ...rest] = name.replace(/^docker\.io\//, '').split('/');
  if (rest.length === 0) return `library/${first}`;
  return /[.:]|^localhost$/.test(first) ? undefined : [first, ...rest].join('/');
}

const short = (digest: string): string => digest.slice(0, 'sha256:'.length + 12);

/** From the end, so that what is still to be replaced stands where it stood. */
function replaced(source: string, pins: readonly (ContainerImage & Pin)[]): string {
  return pins.toReversed().reduce((text, { image = '', name, after, from, to }) => {
    const written = text.slice(from, to).replace(image, `${name}@${after}`);
    return text.slice(0, from) + written + text.slice(to);
  }, source);
}
