import {
  type CloudFormationClient,
  DescribeStacksCommand,
  GetTemplateCommand,
} from '@aws-sdk/client-cloudformation';
import type { Template } from './changes/change.ts';
import { UserError } from './user-error.ts';

/** A stack as it stands in the account. */
export interface Stack {
  readonly name: string;
  /** Its ARN. */
  readonly id: string;
  /** CloudFormation's word for its status. */
  readonly status: string;
  readonly outputs: Readonly<Record<string, string>>;
}

export interface Deployed extends Stack {
  readonly template: Template;
}

/** Of stacks whose first creation was not finished nothing is left that a deployment could touch. */
const NEVER_MADE = new Set(['REVIEW_IN_PROGRESS', 'ROLLBACK_COMPLETE', 'DELETE_COMPLETE']);

/** The stack of that name, with the template that was handed in; undefined if there is none. */
export async function readDeployed(
  cloudformation: Pick<CloudFormationClient, 'send'>,
  name: string,
): Promise<Deployed | undefined> {
  const stack = await readStack(cloudformation, name);
  if (!stack) return undefined;
  const { TemplateBody = '' } = await cloudformation.send(
    new GetTemplateCommand({ StackName: name, TemplateStage: 'Original' }),
  );
  return { ...stack, template: parse(TemplateBody, name) };
}

/** The stack of that name; undefined if there is none. */
export async function readStack(
  cloudformation: Pick<CloudFormationClient, 'send'>,
  name: string,
): Promise<Stack | undefined> {
  try {
    const { Stacks } = await cloudformation.send(new DescribeStacksCommand({ StackName: name }));
    const stack = Stacks?.[0];
    const { StackId: id = '', StackStatus: status = '' } = stack ?? {};
    if (!stack || NEVER_MADE.has(status)) return undefined;
    const outputs = (stack.Outputs ?? []).map(({ OutputKey = '', OutputValue = '' }) => [
      OutputKey,
      OutputValue,
    ]);
    return { name, id, status, outputs: Object.fromEntries(outputs) };
  } catch (error) {
    if (isAbsent(error, name)) return undefined;
    throw error;
  }
}

/** Told apart by its message: CloudFormation calls any mistake in a request a ValidationError. */
const isAbsent = (error: unknown, name: string): boolean =>
  error instanceof Error &&
  error.name === 'ValidationError' &&
  error.message.includes(`Stack with id ${name} does not exist`);

function parse(body: string, name: string): Template {
  try {
    return JSON.parse(body);
  } catch {
    throw new UserError(
      `The stack ${name} has a template that is no JSON, so Orthweb did not deploy it. Choose ` +
        'another name for your site, or delete that stack.',
    );
  }
}

/** What AWS answers to credentials that it does not take, whatever the service. */
const NOT_TAKEN =
  /^(ExpiredToken|InvalidClientTokenId|UnrecognizedClient|SignatureDoesNotMatch|RequestExpired|InvalidAccessKeyId)/;

/** What is said where AWS gives no answer. */
export interface Words {
  /** What AWS is not even asked: `AWS is not asked what is deployed`. */
  readonly unasked: string;
  readonly unanswered: string;
  /** What else can be done, as the end of a sentence. */
  readonly otherwise: string;
}

const OF_STACKS: Words = {
  unasked: 'AWS is not asked what is deployed',
  unanswered: 'AWS does not say what is deployed',
  otherwise: ', or compare with an assembly made earlier: npm run diff -- --against <folder>.',
};

/** Runs questions to AWS; what keeps AWS from answering is a `UserError` that says what to do. */
export async function asking<T>(
  questions: () => Promise<T>,
  { unasked, unanswered, otherwise }: Words = OF_STACKS,
): Promise<T> {
  try {
    return await questions();
  } catch (error) {
    if (error instanceof UserError || !(error instanceof Error)) throw error;
    const { name, message } = error;
    if (name === 'CredentialsProviderError' || name === 'TokenProviderError') {
      throw new UserError(
        `${unasked}, because there are no credentials (${message}). Log in (aws sso login, or ` +
          `AWS_PROFILE in the environment)${otherwise}`,
      );
    }
    if (NOT_TAKEN.test(name)) {
      throw new UserError(
        `AWS does not take your credentials (${name}: ${message}). Log in again${otherwise}`,
      );
    }
    throw new UserError(`${unanswered} (${name}: ${message}). Mend that${otherwise}`);
  }
}
