import { letters } from './letters.ts';

interface Issued {
  readonly file: readonly string[];
  readonly ends: number;
}

/** Credentials that AWS has given out, each good until its end. */
export class IssuedCredentials {
  #issued: Issued[] = [];

  /** Every key, secret and token ever given out. */
  get all(): readonly string[] {
    return this.#issued.flatMap(({ file }) => file);
  }

  /** New ones: key, secret, token and, as AWS writes it, their end. */
  issue(seconds: number): readonly string[] {
    const ends = Date.now() + seconds * 1000;
    const file = [`ASIA${letters(16).toUpperCase()}`, letters(40), letters(300)];
    this.#issued.push({ file, ends });
    return [...file, new Date(ends).toISOString().replace(/\.\d+Z$/, '+00:00')];
  }

  /** Ends all of them now. */
  expire(): void {
    this.#issued = this.#issued.map((one) => ({ ...one, ends: 0 }));
  }

  /** Whether a file of credentials, as AWS's programs read it, has good ones. */
  valid(file: string): boolean {
    const value = (name: string) => new RegExp(`^${name} *= *(.+)$`, 'm').exec(file)?.[1];
    const given = ['aws_access_key_id', 'aws_secret_access_key', 'aws_session_token'].map(value);
    return this.#issued.some(
      (one) => one.ends > Date.now() && one.file.every((part, at) => part === given[at]),
    );
  }
}
