import { randomBytes, randomInt } from 'node:crypto';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { done } from './command.ts';

export interface Study {
  readonly studyUid: string;
  readonly patientId: string;
  /** Its DICOM files, in the folder they were made in. */
  readonly files: readonly string[];
}

export interface StudyOptions {
  readonly instances: number;
  /** Width and height of each image in pixels of one byte. */
  readonly size: number;
}

/** Makes a study of noise, of nobody: what a modality sends, with numbers that no other study has. */
export async function makeStudy(folder: string, { instances, size }: StudyOptions): Promise<Study> {
  mkdirSync(folder, { recursive: true });
  const number = Array.from({ length: 3 }, () => randomInt(1, 2 ** 40)).join('');
  const study: Study = {
    studyUid: `2.25.${number.slice(0, 36)}`,
    patientId: `LAB-${number.slice(0, 10)}`,
    files: Array.from({ length: instances }, (_, at) => `${at + 1}.dcm`),
  };
  const pixels = path.join(folder, 'pixels');
  const dump = path.join(folder, 'dump');
  for (const [at, file] of study.files.entries()) {
    writeFileSync(pixels, randomBytes(size * size));
    writeFileSync(dump, dumpOf(study, at + 1, size, pixels));
    await done(['dump2dcm', '--quiet', dump, path.join(folder, file)]);
  }
  rmSync(pixels);
  rmSync(dump);
  return study;
}

/** An image as `dump2dcm` reads it: secondary capture, 8 bits of grey. */
const dumpOf = ({ studyUid, patientId }: Study, number: number, size: number, pixels: string) =>
  [
    '(0008,0016) UI [1.2.840.10008.5.1.4.1.1.7]',
    `(0008,0018) UI [${studyUid}.1.${number}]`,
    '(0008,0020) DA [20260101]',
    '(0008,0060) CS [OT]',
    '(0010,0010) PN [Synthetic^Nobody]',
    `(0010,0020) LO [${patientId}]`,
    `(0020,000d) UI [${studyUid}]`,
    `(0020,000e) UI [${studyUid}.1]`,
    `(0020,0013) IS [${number}]`,
    '(0028,0002) US 1',
    '(0028,0004) CS [MONOCHROME2]',
    `(0028,0010) US ${size}`,
    `(0028,0011) US ${size}`,
    '(0028,0100) US 8',
    '(0028,0101) US 8',
    '(0028,0102) US 7',
    '(0028,0103) US 0',
    `(7fe0,0010) OB =${pixels}`,
    '',
  ].join('\n');
