import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import type { Server } from 'node:net';
import path from 'node:path';
import { type Answer, type Call, listen } from '../ask.ts';
import { type Arguments, argumentsOf } from './arguments.ts';
import { IssuedCredentials } from './credentials.ts';
import type { Store } from './store.ts';

/** The operations of AWS that a host uses, as AWS names them. */
export type AwsOperation =
  | 'AssumeRole'
  | 'GetSecretValue'
  | 'GetObject'
  | 'PutObject'
  | 'GetBundle';

/**
 * What hosts of a site get from AWS, by the commands that their scripts use and no others.
 *
 * It lives in the lab's own process and is reached by a socket, so none of it is on a host's disk. A
 * test that holds up this process, by a call that does not return before its program has ended,
 * holds up AWS.
 */
export class Aws {
  readonly #store: Store;
  readonly #bucket: string;
  readonly #issued = new IssuedCredentials();
  readonly #denied = new Set<AwsOperation>();
  readonly #servers: Server[] = [];

  constructor(store: Store, bucket: string) {
    this.#store = store;
    this.#bucket = bucket;
  }

  /** From now on AWS refuses this to every host. */
  deny(operation: AwsOperation): void {
    this.#denied.add(operation);
  }

  allow(operation: AwsOperation): void {
    this.#denied.delete(operation);
  }

  /** Ends all credentials given out so far, as their hour does. */
  expire(): void {
    this.#issued.expire();
  }

  /** Credentials that were given out so far. */
  get credentials(): readonly string[] {
    return this.#issued.all;
  }

  /** ARNs of the secrets that hosts have been given, in order. */
  readonly secretsGiven: string[] = [];

  /** Answers a host at a socket, while there is a way from it to AWS. */
  async serve(socket: string, reached: () => boolean): Promise<void> {
    this.#servers.push(
      await listen(socket, async (call) => {
        if (reached()) return this.#answer(call);
        await new Promise((resolve) => setTimeout(resolve, 1000));
        return refused(255, 'Connect timeout on endpoint URL');
      }),
    );
  }

  async close(): Promise<void> {
    await Promise.all(
      this.#servers.map(async (server) => {
        server.close();
        await once(server, 'close');
      }),
    );
  }

  #answer({ args, more = {} }: Call): Answer {
    const [service = '', command = ''] = args;
    const handler = this.#commands[`${service} ${command}`];
    const given = argumentsOf(args.slice(2));
    if (!handler || !given) return refused(125, `aws ${args.join(' ')}: not modelled in the lab`);
    const { operation, wants, answer } = handler;
    const shape = Object.keys(given).sort().join(' ');
    if (shape !== [...wants, 'rest'].sort().join(' ')) {
      return refused(125, `aws ${service} ${command} with ${shape}: not modelled in the lab`);
    }
    // Without a key in a file it takes the host's own role, unless that is not to be asked for.
    if (more.role !== undefined && !/^aws_access_key_id *=/m.test(more.credentials ?? '')) {
      return refused(253, 'Unable to locate credentials.');
    }
    if (given.region !== this.#store.region) {
      return refused(255, `Could not connect to the endpoint of the region ${given.region}`);
    }
    if (this.#denied.has(operation)) return denied(operation);
    return answer(given, more);
  }

  readonly #commands: Readonly<Record<string, Handler>> = {
    'sts assume-role': {
      operation: 'AssumeRole',
      wants: ['region', 'role-arn', 'role-session-name', 'duration-seconds', 'output', 'query'],
      answer: (given) => {
        const wanted = 'Credentials.[AccessKeyId,SecretAccessKey,SessionToken,Expiration]';
        if (given.output !== 'text' || given.query !== wanted) return notText('sts assume-role');
        if (given['role-arn'] !== this.#store.imagesRole) return denied('AssumeRole');
        const seconds = Number(given['duration-seconds']);
        return said(`${this.#issued.issue(seconds).join('\t')}\n`);
      },
    },
    'secretsmanager get-secret-value': {
      operation: 'GetSecretValue',
      wants: ['region', 'secret-id', 'query', 'output'],
      answer: (given) => {
        if (given.output !== 'text' || given.query !== 'SecretString') {
          return notText('secretsmanager get-secret-value');
        }
        const arn = given['secret-id'] ?? '';
        const secret = this.#store.secret(arn);
        if (secret === undefined) return denied('GetSecretValue');
        this.secretsGiven.push(arn);
        return said(`${secret}\n`);
      },
    },
    's3 cp': {
      operation: 'GetBundle',
      wants: ['region', 'only-show-errors'],
      answer: ({ rest = '' }) => {
        const [url = '', name = ''] = rest.split(' ');
        const zip = this.#store.bundle(url);
        if (!zip) return refused(1, `fatal error: ${url}: Not Found`);
        return { ...said(''), file: { name, base64: zip.toString('base64') } };
      },
    },
    's3api put-object': {
      operation: 'PutObject',
      wants: ['region', 'bucket', 'key', 'body'],
      answer: (given, { credentials = '', body = '' }) =>
        this.#object('PutObject', given, credentials, (file) => {
          mkdirSync(path.dirname(file), { recursive: true });
          writeFileSync(file, Buffer.from(body, 'base64'));
          return said('{}\n');
        }),
    },
    's3api get-object': {
      operation: 'GetObject',
      wants: ['region', 'bucket', 'key'],
      answer: (given, { credentials = '' }) =>
        this.#object('GetObject', given, credentials, (file) => {
          if (!existsSync(file)) return refused(254, errorOf('NoSuchKey', 'GetObject'));
          const base64 = readFileSync(file).toString('base64');
          return { ...said('{}\n'), file: { name: given.rest, base64 } };
        }),
    },
  };

  /** What a key's file says to those who may use it: keys of images, with credentials for them. */
  #object(
    operation: AwsOperation,
    { bucket, key = '' }: Arguments,
    credentials: string,
    use: (file: string) => Answer,
  ): Answer {
    // The host's own role, which is what is left without a file, may not use the bucket either.
    if (!this.#issued.valid(credentials)) return denied(operation);
    const { imagesBucket, imagesPrefix } = this.#store;
    const inside = key.startsWith(imagesPrefix) && !key.split('/').includes('..');
    if (bucket !== imagesBucket || !inside) return denied(operation);
    return use(path.join(this.#bucket, key));
  }
}

interface Handler {
  readonly operation: AwsOperation;
  readonly wants: readonly string[];
  readonly answer: (given: Arguments, more: Readonly<Record<string, string>>) => Answer;
}

const said = (stdout: string): Answer => ({ code: 0, stdout, stderr: '' });
const refused = (code: number, why: string): Answer => ({ code, stdout: '', stderr: `\n${why}\n` });
const errorOf = (error: string, operation: string): string =>
  `An error occurred (${error}) when calling the ${operation} operation: refused by the lab`;
const denied = (operation: AwsOperation): Answer =>
  operation === 'GetBundle'
    ? refused(
        1,
        'fatal error: An error occurred (403) when calling the HeadObject operation: Forbidden',
      )
    : refused(254, errorOf('AccessDenied', operation));
const notText = (command: string): Answer =>
  refused(125, `aws ${command} with another --query or --output: not modelled in the lab`);
