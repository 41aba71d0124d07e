import { createHash, randomInt } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { makeStudy } from '../../../simulator/lab/study.ts';

/** Images of one series in a folder, and the SHA-256 of each file by its name. */
export interface Images {
  readonly studyUid: string;
  readonly files: Readonly<Record<string, string>>;
}

/** Makes many images by changing the number of one, which is much faster than making each. */
export async function makeImages(folder: string, count: number, size = 64): Promise<Images> {
  const { studyUid, files } = await makeStudy(folder, { instances: 1, size });
  const first = readFileSync(path.join(folder, files[0] ?? ''));
  const made: Record<string, string> = {};
  mkdirSync(folder, { recursive: true });
  for (let at = 0; at < count; at += 1) {
    // As long as the UID that it stands for.
    const from = `${studyUid}.1.1`;
    const to = `2.25.${at + 100_000}${randomInt(2 ** 40)}${'0'.repeat(64)}`.slice(0, from.length);
    const image = Buffer.from(first.toString('latin1').replaceAll(from, to), 'latin1');
    const name = `image-${at}.dcm`;
    writeFileSync(path.join(folder, name), image);
    made[name] = sha256(image);
  }
  return { studyUid, files: made };
}

export const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');
