import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { loadConfig } from '../../infra/config.ts';
import { columns } from '../../simulator/report/layout.ts';
import { asking } from '../deployed.ts';
import { UserError } from '../user-error.ts';
import { type Authority, type Published, readAuthorities } from './authorities.ts';
import { type CertificateOutside, outside } from './outside.ts';
import { deployedSite, OF_CERTIFICATES } from './site.ts';
import { momentOf } from './status-lines.ts';

export interface CaOptions {
  readonly config: string;
  /** The file to write all certificates to. */
  readonly out?: string;
}

/**
 * Says who vouches for the nodes, and writes what clients are to trust.
 *
 * Returns the process's exit code. Changes nothing at AWS, and no file that holds something else.
 */
export async function runCa(
  { config: file, out }: CaOptions,
  connect: (region: string) => CertificateOutside = outside,
): Promise<number> {
  const { site, region, timeZone } = await loadConfig(file);
  const { cloudformation, ssm, print } = connect(region);
  const { pem, authorities } = await asking(async (): Promise<Published> => {
    await deployedSite(cloudformation, { site, region });
    return readAuthorities(ssm, site);
  }, OF_CERTIFICATES);
  const written = out === undefined ? undefined : write(out, pem, authorities.length);
  for (const line of authorities.flatMap((one) => linesOf(one, timeZone))) print(line);
  if (written !== undefined) print(written);
  return 0;
}

const linesOf = (
  { number, subject, fingerprint, notBefore, notAfter }: Authority,
  timeZone: string,
): string[] => [
  ...columns([[`authority ${number ?? '?'}`, 13]], subject),
  ...columns(
    [['  valid', 13]],
    `from ${momentOf(notBefore, timeZone)} to ${momentOf(notAfter, timeZone)} (${timeZone})`,
  ),
  `  ${fingerprint}`,
  '',
];

/** What was done, in words. */
function write(file: string, pem: string, count: number): string {
  const what = count === 1 ? 'the certificate' : 'both certificates';
  if (file === '') throw cannot(file, 'it is no name');
  try {
    if (existsSync(file)) {
      if (readFileSync(file, 'utf8') === pem) return `${file} has ${what} already.`;
      throw cannot(file, 'it is there already, with something else in it');
    }
    writeFileSync(file, pem, { flag: 'wx' });
    return `${file} has ${what} now.`;
  } catch (error) {
    if (error instanceof UserError || !(error instanceof Error)) throw error;
    throw cannot(file, error.message);
  }
}

const cannot = (file: string, why: string): UserError =>
  new UserError(
    `--out: "${file}" is not written (${why}). Write the name of a new file, or move that one away.`,
  );
