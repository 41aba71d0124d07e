import { readFileSync } from 'node:fs';
import path from 'node:path';
import { isMap, isScalar, parseDocument } from 'yaml';
import { InvalidConfig } from '../config.ts';
import { HOST_BUNDLE } from './host-bundle.ts';

/** What containers of a host are made from. */
export const COMPOSE_FILE = path.join(HOST_BUNDLE, 'compose.yaml');

/** The image of one service, such as `nginx:1.29.8@sha256:…`. */
export interface ContainerImage {
  readonly service: string;
  /** Undefined where a service names none, or not in so many letters. */
  readonly image: string | undefined;
  /** Where it stands in the text, quotes included. */
  readonly from: number;
  readonly to: number;
}

/** What an image is called; undefined parts are not written. */
export interface Reference {
  readonly name: string;
  readonly tag: string | undefined;
  /** `sha256:` and 64 hexadecimal digits. */
  readonly digest: string | undefined;
}

const REFERENCE =
  /^(?<name>[a-z0-9][a-z0-9._:/-]*?)(?::(?<tag>\w[\w.-]{0,127}))?(?:@(?<digest>sha256:[0-9a-f]{64}))?$/;

/** Undefined for what is no reference, such as one with a digest cut short, or a variable. */
export function referenceOf(image: string): Reference | undefined {
  const { name, tag, digest } = REFERENCE.exec(image)?.groups ?? {};
  return name === undefined ? undefined : { name, tag, digest };
}

/** The images of a Compose file, in its order. */
export function containerImages(source: string): ContainerImage[] {
  const document = parseDocument(source);
  const [error] = document.errors;
  if (error !== undefined) throw error;
  const services = document.get('services');
  if (!isMap(services)) return [];
  return services.items.map(({ key, value }) => {
    const node = isMap(value) ? value.get('image', true) : undefined;
    const [from, to] = (isScalar(node) && node.range) || [0, 0];
    const image = isScalar(node) ? String(node.value) : undefined;
    const plain = image !== undefined && source.slice(from, to).includes(image);
    return { service: String(key), image: plain ? image : undefined, from, to };
  });
}

/**
 * Refuses a Compose file of which two hosts, or one host on two days, could make something else.
 *
 * @throws InvalidConfig naming each service whose image is not a version with its digest.
 */
export function assertPinned(source: string): void {
  const problems = containerImages(source).flatMap(({ service, image }) => {
    const remedy = refusalOf(image);
    const value = image === undefined ? 'nothing' : `"${image}"`;
    const field = `compose/compose.yaml services.${service}.image`;
    return remedy === undefined ? [] : [{ field, value, remedy }];
  });
  if (problems.length > 0) throw new InvalidConfig(problems);
}

/** The images of this version of Orthweb. */
export const composeFile = (): string => readFileSync(COMPOSE_FILE, 'utf8');

/** Why an image is not for production; undefined if it is. */
function refusalOf(image: string | undefined): string | undefined {
  const version = 'Write a version such as nginx:1.29.8, then run npm run images.';
  if (image === undefined) return `is an image that production could pin. ${version}`;
  const reference = referenceOf(image);
  if (reference === undefined) {
    return `is no image with a version and a whole digest, as production needs. ${version}`;
  }
  const { tag, digest } = reference;
  if (tag === undefined) return `says no version, as production needs. ${version}`;
  if (tag === 'latest') return `is another image tomorrow: not for production. ${version}`;
  if (digest !== undefined) return undefined;
  return (
    'has no digest, and who publishes it may change what its tag means: not for production. Run ' +
    'npm run images.'
  );
}
