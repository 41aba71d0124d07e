import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { letters } from './letters.ts';

/** A user of a database, as RDS writes it into a secret. */
export interface DatabaseUser {
  readonly username: string;
  readonly password: string;
}

/** The secrets of a lab's site, to be looked for where they must not be. */
export interface Secrets {
  master: DatabaseUser;
  database: DatabaseUser;
  /** Passwords of people and programs that may log in to Orthanc, by name. */
  users: Readonly<Record<string, string>>;
}

const ACCOUNT = '111122223333';

/** What user data says to a host: the settings in site.env, less their `ORTHWEB_`. */
export type HostSettings = Readonly<Record<string, string>>;

/** What AWS keeps for a lab's site. */
export class Store {
  readonly region: string;
  readonly imagesBucket: string;
  readonly imagesPrefix: string;
  readonly imagesRole: string;
  readonly #arns: Readonly<Record<keyof Secrets, string | undefined>>;
  /** A test may change them, as an operator would. */
  readonly secrets: Secrets = {
    master: { username: 'orthweb_master', password: letters(32) },
    database: { username: 'orthanc', password: letters(32) },
    users: { admin: letters(24), reporting: letters(24) },
  };
  /** What somebody has typed into a secret instead. */
  readonly mistyped = new Map<keyof Secrets, string>();
  readonly #bundles = new Map<string, Buffer>();

  /** A site's own names for it all; those of the lab's own site where it gives none. */
  constructor(site: HostSettings = {}) {
    this.region = site.REGION ?? 'ca-central-1';
    this.imagesBucket = site.IMAGES_BUCKET ?? 'orthweb-lab-images';
    this.imagesPrefix = site.IMAGES_PREFIX ?? 'image_archive/';
    this.imagesRole = site.IMAGES_ROLE ?? `arn:aws:iam::${ACCOUNT}:role/orthweb-lab-images`;
    this.#arns = {
      master: site.MASTER_SECRET,
      database: site.DATABASE_SECRET,
      users: site.USERS_SECRET,
    };
  }

  /** ARN of a secret, which no other site has. */
  arn(secret: keyof Secrets): string {
    const own = this.#arns[secret];
    if (own !== undefined) return own;
    return `arn:aws:secretsmanager:${this.region}:${ACCOUNT}:secret:orthweb-lab-${secret}-AbCdEf`;
  }

  secret(arn: string): string | undefined {
    const names: readonly (keyof Secrets)[] = ['master', 'database', 'users'];
    const name = names.find((one) => this.arn(one) === arn);
    return name && (this.mistyped.get(name) ?? JSON.stringify(this.secrets[name]));
  }

  bundle(url: string): Buffer | undefined {
    return this.#bundles.get(url);
  }

  /** Takes a folder as a host bundle, as a deployment does, and returns its address. */
  upload(folder: string, address?: string): string {
    const away = mkdtempSync(path.join(tmpdir(), 'orthweb-bundle-'));
    try {
      const file = path.join(away, 'bundle.zip');
      execFileSync('zip', ['-q', '-r', '-X', file, '.'], { cwd: folder });
      return this.keep(readFileSync(file), address);
    } finally {
      rmSync(away, { recursive: true });
    }
  }

  /** Keeps bytes where bundles are, whatever they are. */
  keep(bytes: Buffer, address?: string): string {
    const hash = createHash('sha256').update(bytes).digest('hex');
    const url = address ?? `s3://cdk-lab-assets-${ACCOUNT}-${this.region}/${hash}.zip`;
    this.#bundles.set(url, bytes);
    return url;
  }
}
