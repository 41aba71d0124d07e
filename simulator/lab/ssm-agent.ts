import type { Ended } from './command.ts';

/** The content of a Command document, as far as documents of a site use it. */
export interface CommandDocument {
  readonly schemaVersion: string;
  readonly parameters?: Readonly<Record<string, DocumentParameter>>;
  readonly mainSteps: readonly {
    readonly action: string;
    readonly inputs: { readonly timeoutSeconds: string; readonly runCommand: readonly string[] };
  }[];
}

export interface DocumentParameter {
  readonly type: string;
  readonly allowedPattern?: string;
  readonly allowedValues?: readonly string[];
  readonly default?: string;
  readonly interpolationType?: string;
}

export interface Invocation {
  readonly status: 'Success' | 'Failed' | 'TimedOut';
  readonly code: number;
  /** The first 24,000 characters, as GetCommandInvocation gives it. */
  readonly stdout: string;
  /** The first 8,000. */
  readonly stderr: string;
}

/** Runs a program on a host as root: what an agent does with what it is sent. */
export type Runner = (command: readonly string[]) => Promise<Ended>;

/** Systems Manager refuses a command before any host hears of it. */
export class InvalidParameters extends Error {
  override readonly name = 'InvalidParameters';
}

/** What comes on a host of a document and its parameters: a script's text and its environment. */
export function accepted(
  { schemaVersion, parameters = {}, mainSteps }: CommandDocument,
  given: Readonly<Record<string, string>>,
): {
  readonly script: string;
  readonly environment: Record<string, string>;
  readonly seconds: number;
} {
  const [step, ...more] = mainSteps;
  if (schemaVersion !== '2.2' || step?.action !== 'aws:runShellScript' || more.length > 0) {
    throw new Error('The lab runs documents of schema 2.2 with one step aws:runShellScript.');
  }
  const surplus = Object.keys(given).find((name) => !(name in parameters));
  if (surplus !== undefined)
    throw new InvalidParameters(`${surplus} is no parameter of the document`);
  const script = step.inputs.runCommand.join('\n');
  const environment: Record<string, string> = {};
  for (const [name, parameter] of Object.entries(parameters)) {
    if (parameter.interpolationType !== 'ENV_VAR' || script.includes('{{')) {
      throw new Error(`The parameter ${name} would be put into the script's text.`);
    }
    environment[`SSM_${name}`] = checked(name, parameter, given[name] ?? parameter.default);
  }
  return { script, environment, seconds: Number(step.inputs.timeoutSeconds) };
}

function checked(name: string, parameter: DocumentParameter, value: string | undefined): string {
  const { allowedPattern, allowedValues } = parameter;
  if (value === undefined) throw new InvalidParameters(`${name} is missing`);
  if (allowedValues && !allowedValues.includes(value)) {
    throw new InvalidParameters(`${name}: ${value} is none of ${allowedValues.join(', ')}`);
  }
  if (allowedPattern !== undefined && !new RegExp(allowedPattern).test(value)) {
    throw new InvalidParameters(`${name}: ${value} does not match ${allowedPattern}`);
  }
  return value;
}

/** Writes the text it is given to a file, then becomes that. */
const AGENT = [
  'mkdir -p /var/lib/amazon/ssm/orchestration && cd /var/lib/amazon/ssm/orchestration',
  'file=$(mktemp script.XXXXXX)',
  `printf '%s\\n' "$1" >"$file"`,
  'exec env -u OLDPWD sh "$file"',
].join(' && ');

/** Runs a document as the agent does: a file of its text, run by `sh`, without a profile. */
export async function invoke(
  run: Runner,
  document: CommandDocument,
  given: Readonly<Record<string, string>> = {},
): Promise<Invocation> {
  const { script, environment, seconds } = accepted(document, given);
  const began = Date.now();
  const { code, stdout, stderr } = await run([
    ...['timeout', '--kill-after=5', String(seconds), 'env'],
    ...Object.entries(environment).map(([name, value]) => `${name}=${value}`),
    ...['sh', '-c', AGENT],
    ...['agent', script],
  ]);
  // A script may end so by itself, before its time is over.
  const late = (code === 124 || code === 137) && Date.now() - began >= seconds * 1000;
  const status = code === 0 ? 'Success' : late ? 'TimedOut' : 'Failed';
  return { status, code, stdout: stdout.slice(0, 24_000), stderr: stderr.slice(0, 8000) };
}
