import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A call as it came over the wire. */
export interface Call {
  /** `ec2 DescribeInstances`, with the service as the request is signed for it. */
  readonly operation: string;
  readonly input: Readonly<Record<string, unknown>>;
}

/** What AWS would answer: an object goes as JSON, a string as XML, an `AwsRefusal` as an error. */
export type Answers = Readonly<Record<string, object | string | AwsRefusal>>;

export class AwsRefusal {
  readonly name: string;
  readonly message: string;

  constructor(name: string, message: string) {
    this.name = name;
    this.message = message;
  }
}

/** An AWS endpoint on this machine that answers what it is told to and notes who asked what. */
export class Loopback {
  calls: Call[] = [];
  answers: Answers = {};
  readonly #server = createServer((request, response) => {
    read(request).then((call) => {
      this.calls.push(call);
      const answer = this.answers[call.operation] ?? new AwsRefusal('NotAnswered', call.operation);
      const refused = answer instanceof AwsRefusal;
      response.writeHead(refused ? 400 : 200, { 'content-type': 'application/x-amz-json-1.0' });
      const xml = request.headers['x-amz-target'] === undefined;
      response.end(refused ? refusal(answer, xml) : body(answer));
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
  const target = request.headers['x-amz-target'];
  const input = target ? JSON.parse(text) : Object.fromEntries(new URLSearchParams(text));
  const operation = target ? String(target).split('.')[1] : input.Action;
  return { operation: `${service?.[1]} ${operation}`, input };
}

const body = (answer: object | string): string =>
  typeof answer === 'string' ? answer : JSON.stringify(answer);

const refusal = ({ name, message }: AwsRefusal, xml: boolean): string =>
  xml
    ? `<Response><Errors><Error><Code>${name}</Code><Message>${message}</Message></Error></Errors></Response>`
    : JSON.stringify({ __type: name, message });
