import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A call as it came over the wire. */
export interface Call {
  /** `ec2 DescribeInstances`, with the service as the request is signed for it. */
  readonly operation: string;
  readonly input: Readonly<Record<string, unknown>>;
}

/**
 * What AWS would answer: an object goes as JSON, a string as XML, an `AwsRefusal` as an error, a
 * function by what it makes of the input.
 */
export type Answers = Readonly<Record<string, Answer | ((input: Call['input']) => Answer)>>;
type Answer = object | string | AwsRefusal;

/** What CloudFormation is told of a resource: a `PUT` that nobody signs. */
export const TO_CLOUDFORMATION = 'cloudformation PUT';

export class AwsRefusal {
  readonly name: string;
  readonly message: string;
  /** What else a refusal in JSON says. */
  readonly more: object;

  constructor(name: string, message: string, more: object = {}) {
    this.name = name;
    this.message = message;
    this.more = more;
  }
}

/** An AWS endpoint on this machine that answers what it is told to and notes who asked what. */
export class Loopback {
  calls: Call[] = [];
  answers: Answers = {};
  readonly #server = createServer((request, response) => {
    read(request).then((call) => {
      this.calls.push(call);
      const given = this.answers[call.operation] ?? new AwsRefusal('NotAnswered', call.operation);
      const answer = typeof given === 'function' ? given(call.input) : given;
      const refused = answer instanceof AwsRefusal;
      response.writeHead(refused ? 400 : 200, { 'content-type': 'application/x-amz-json-1.0' });
      const xml = request.headers['x-amz-target'] === undefined;
      const form = !xml ? json : call.operation.startsWith('ec2 ') ? ec2 : query;
      response.end(refused ? form(answer) : body(answer));
    });
  });

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}

async function read(request: IncomingMessage): Promise<Call> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  const text = Buffer.concat(chunks).toString();
  const service = /Credential=\w+\/\d+\/[\w-]+\/(\w+)\//.exec(request.headers.authorization ?? '');
  const [, first = '', ...rest] = new URL(request.url ?? '', 'http://aws').pathname.split('/');
  if (service?.[1] === 's3') {
    return { operation: 's3 PutObject', input: { Bucket: first, Key: rest.join('/') } };
  }
  if (service?.[1] === 'lambda') {
    const input = { FunctionName: decodeURIComponent(rest[1] ?? ''), Payload: JSON.parse(text) };
    return { operation: 'lambda Invoke', input };
  }
  if (request.method === 'PUT') return { operation: TO_CLOUDFORMATION, input: JSON.parse(text) };
  const target = request.headers['x-amz-target'];
  const input = target ? JSON.parse(text) : Object.fromEntries(new URLSearchParams(text));
  const operation = target ? String(target).split('.')[1] : input.Action;
  return { operation: `${service?.[1]} ${operation}`, input };
}

const body = (answer: Answer): string =>
  typeof answer === 'string' ? answer : JSON.stringify(answer);

/** A refusal in the protocol of its service: EC2 has one of its own. */
const json = ({ name, message, more }: AwsRefusal): string =>
  JSON.stringify({ __type: name, message, ...more });
const xmlError = ({ name, message }: AwsRefusal): string =>
  `<Error><Code>${name}</Code><Message>${message}</Message></Error>`;
const ec2 = (refusal: AwsRefusal): string =>
  `<Response><Errors>${xmlError(refusal)}</Errors></Response>`;
const query = (refusal: AwsRefusal): string =>
  `<ErrorResponse>${xmlError(refusal)}</ErrorResponse>`;
