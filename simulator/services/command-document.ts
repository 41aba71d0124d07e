import { AwsError, NotModelled } from '../aws-error.ts';
import type { Resource } from '../template.ts';

interface Parameter {
  readonly type: string;
  readonly interpolationType?: string;
  readonly allowedPattern?: string;
  readonly allowedValues?: readonly string[];
  readonly default?: string;
}

interface Content {
  readonly schemaVersion: string;
  readonly description?: string;
  readonly parameters?: Readonly<Record<string, Parameter>>;
  readonly mainSteps: readonly {
    readonly action: string;
    readonly name: string;
    readonly inputs?: { readonly runCommand?: readonly string[] };
  }[];
}

/** What a document may say of a parameter, as far as the model acts on it. */
const KNOWN = new Set([
  'allowedPattern',
  'allowedValues',
  'default',
  'description',
  'interpolationType',
  'type',
]);

/** The script of the host's own bundle that a document runs, and the values that it takes. */
export class CommandDocument {
  /** `drain` */
  readonly script: string;
  readonly content: Content;
  private readonly parameters: Readonly<Record<string, Parameter>>;

  constructor(resource: Resource) {
    this.content = resource.required('Content') as unknown as Content;
    const { mainSteps, parameters = {} } = this.content;
    const [step] = mainSteps;
    const line = step?.inputs?.runCommand?.join('\n') ?? '';
    const script = /^exec \/usr\/bin\/bash \/opt\/orthweb\/host\/([a-z-]+)\.sh$/.exec(line)?.[1];
    if (mainSteps.length !== 1 || step?.action !== 'aws:runShellScript' || !script) {
      throw new NotModelled(
        `${resource.where}: only one aws:runShellScript is modelled, with a script of the host's ` +
          `own bundle: exec /usr/bin/bash /opt/orthweb/host/<name>.sh`,
      );
    }
    for (const [name, parameter] of Object.entries(parameters)) {
      const foreign = Object.keys(parameter).filter((key) => !KNOWN.has(key));
      if (foreign.length > 0 || parameter.type !== 'String') {
        throw new NotModelled(
          `${resource.where}: the parameter ${name} has ${[parameter.type, ...foreign].join(', ')}: ` +
            'only a String with what the model knows of one is modelled',
        );
      }
      if (parameter.interpolationType !== 'ENV_VAR') {
        throw new NotModelled(
          `${resource.where}: the parameter ${name} does not arrive as an environment variable`,
        );
      }
    }
    this.script = script;
    this.parameters = parameters;
  }

  /**
   * Refuses values as Systems Manager does. "You must specify values for all required parameters in
   * the SSM document. You can only supply values to parameters defined in the SSM document."
   * https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_SendCommand.html#API_SendCommand_Errors
   */
  check(given: Readonly<Record<string, readonly string[]>>): void {
    for (const name of Object.keys(given)) {
      if (!Object.hasOwn(this.parameters, name)) refuse(`${name} is no parameter of the document`);
    }
    for (const [name, parameter] of Object.entries(this.parameters)) {
      const values = given[name];
      if (values === undefined) {
        if (parameter.default === undefined) refuse(`${name} needs a value`);
        continue;
      }
      const [value] = values;
      if (values.length !== 1 || value === undefined) refuse(`${name} takes one value`);
      else if (!fits(value, parameter)) refuse(`the value of ${name} is not allowed`);
    }
  }
}

/** Whether a value is one of the choices, and fits the pattern, which nothing anchors but itself. */
const fits = (value: string, { allowedPattern, allowedValues }: Parameter): boolean =>
  (allowedValues?.includes(value) ?? true) &&
  (allowedPattern === undefined || new RegExp(allowedPattern).test(value));

function refuse(why: string): never {
  throw new AwsError('InvalidParameters', why);
}
