import { Stack } from 'aws-cdk-lib';
import { CfnDocument } from 'aws-cdk-lib/aws-ssm';
import { Construct } from 'constructs';
import type { OperatorFunction } from '../operator-function.ts';

export interface HostCommandsProps {
  readonly site: string;
  /** `s3://bucket/key` of the host bundle of this deployment. */
  readonly bundle: string;
}

/** A value that whoever sends a document may choose. */
interface Parameter {
  readonly description: string;
  /**
   * What the whole value must be. Systems Manager holds a value against it, and so does the agent,
   * with Go's regular expressions: there `$` is the very end, and no newline slips in before it.
   */
  readonly pattern: string;
  /** Set where it is a choice; the pattern says the same again, for readers that know only one. */
  readonly choices?: readonly string[];
  /** Absent where it must be said. */
  readonly default?: string;
}

interface Command {
  readonly description: string;
  /** The agent ends the script after this many seconds. */
  readonly timeoutSeconds: number;
  readonly parameters?: Readonly<Record<string, Parameter>>;
}

const choice = (description: string, choices: readonly string[]): Parameter => ({
  description,
  choices,
  pattern: `^(${choices.join('|')})$`,
});

const GENERATION = '^[0-9]{8}T[0-9]{6}Z-[0-9a-f]{8}$';

/**
 * 400 to so many letters in base64. Go counts to 1000 at most in a pattern; and where a block is there
 * as a whole or not, there are few ways to try for a value that does not fit.
 */
const base64 = (most: number): string => {
  const letter = '[A-Za-z0-9+/]';
  const blocks = Math.ceil((most - 400) / 1000);
  const block = (most - 400) / blocks;
  return `^${letter}{400}${`(${letter}{${block}})?`.repeat(blocks - 1)}${letter}{0,${block}}={0,2}$`;
};

/** Each script of a host that may be run from outside; `bundle` is that of this deployment. */
const commandsOf = (bundle: string) =>
  ({
    probe: {
      description:
        'Asks the host what a client would ask; writes and reads one small object of the bucket.',
      timeoutSeconds: 30,
    },
    drain: {
      description: 'Lets running transfers finish and takes no new ones.',
      timeoutSeconds: 270,
    },
    undrain: {
      description: 'Takes clients again: undoes a drain, starts what should run.',
      timeoutSeconds: 120,
    },
    'certificate-request': {
      description:
        "Makes a key for the node's next certificate, and the request for it. Changes nothing that " +
        'is served; the key stays on the host.',
      timeoutSeconds: 60,
    },
    'certificate-install': {
      description:
        'Puts an issued certificate into use without ending a transfer, sees that both ports show ' +
        'it, and puts back the former one if they do not.',
      // Three waits of ten seconds, and twice what Docker gets to answer.
      timeoutSeconds: 180,
      parameters: {
        Generation: {
          description: 'The generation that the request of the certificate named.',
          pattern: GENERATION,
        },
        Certificate: { description: 'The certificate, DER in base64.', pattern: base64(4000) },
        Authorities: {
          description: 'All authorities that clients are to trust, PEM in base64.',
          pattern: base64(8000),
        },
        Name: {
          description: 'The name in the certificate that clients know the node by.',
          pattern: '^[a-z0-9][a-z0-9.-]{0,252}$',
        },
      },
    },
    'certificate-rollback': {
      description: 'Goes back to the pair before a generation, if that one is live.',
      timeoutSeconds: 180,
      parameters: {
        Generation: {
          description: 'The generation that is to be live no longer.',
          pattern: GENERATION,
        },
      },
    },
    boot: {
      description: 'Does again what a boot does: secrets, configuration, containers.',
      timeoutSeconds: 900,
    },
    restart: {
      description: 'Starts a service again, or both, and waits until it answers.',
      timeoutSeconds: 180,
      parameters: { Service: choice('The service, or all.', ['orthanc', 'nginx', 'all']) },
    },
    logs: {
      description:
        'Shows of the last lines that a service wrote when, how grave, from where, and the known ' +
        'phrases in them; no other word comes through. Changes nothing.',
      timeoutSeconds: 60,
      parameters: {
        Service: choice('The service.', ['orthanc', 'nginx']),
        Lines: {
          description: 'How many lines, 1 to 500.',
          pattern: '^([1-9][0-9]?|[1-4][0-9]{2}|500)$',
          default: '100',
        },
      },
    },
    secrets: {
      description: 'Fetches the secrets of users and database again and lets Orthanc take them.',
      timeoutSeconds: 420,
    },
    update: {
      description: 'Takes up a host bundle: scripts, compose file, images, settings.',
      // The images of both services may come anew.
      timeoutSeconds: 1800,
      parameters: {
        Bundle: {
          description:
            'Where the bundle lies in S3. Hosts may read that of the last deployment alone: to go ' +
            'back, deploy the earlier commit, then update again.',
          pattern: '^s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]/[0-9a-f]{64}[.]zip$',
          default: bundle,
        },
      },
    },
  }) satisfies Readonly<Record<string, Command>>;

/**
 * The scripts that Systems Manager may run on a host, a document for each.
 *
 * Whoever may send one of these documents can run that script and nothing else; a free-form shell
 * document would give away the host. The script is the host's own, from the bundle that its
 * settings and its compose file came with. A parameter reaches it as a variable of its environment
 * and is never put into the text of a command (docs/decisions/0004).
 */
export class HostCommands extends Construct {
  readonly probe: CfnDocument;
  readonly drain: CfnDocument;
  readonly undrain: CfnDocument;
  readonly certificateRequest: CfnDocument;
  readonly certificateInstall: CfnDocument;
  readonly certificateRollback: CfnDocument;
  private readonly site: string;

  constructor(scope: Construct, id: string, { site, bundle }: HostCommandsProps) {
    super(scope, id);
    this.site = site;
    const {
      probe,
      drain,
      undrain,
      'certificate-request': request,
      'certificate-install': install,
      'certificate-rollback': rollback,
      ...ofPeople
    } = commandsOf(bundle);

    this.probe = this.command('probe', probe);
    this.drain = this.command('drain', drain);
    this.undrain = this.command('undrain', undrain);
    this.certificateRequest = this.command('certificate-request', request);
    this.certificateInstall = this.command('certificate-install', install);
    this.certificateRollback = this.command('certificate-rollback', rollback);
    for (const [name, command] of Object.entries(ofPeople)) this.command(name, command);
  }

  /** Lets a function send documents to the hosts of the site, and to no other machine. */
  allowSend(fn: OperatorFunction<never>, documents: readonly CfnDocument[]): void {
    const { partition, region, account } = Stack.of(this);
    fn.allow(
      'send these documents and no others',
      ['ssm:SendCommand'],
      documents.map(({ ref }) => `arn:${partition}:ssm:${region}:${account}:document/${ref}`),
    );
    fn.allow(
      'send them to the two hosts',
      ['ssm:SendCommand'],
      [`arn:${partition}:ec2:${region}:${account}:instance/*`],
      { StringEquals: { 'ssm:resourceTag/orthweb:site': this.site } },
    );
  }

  private command(name: string, { parameters, ...command }: Command): CfnDocument {
    const said = Object.entries(parameters ?? {}).map(([key, parameter]) => [
      key,
      {
        type: 'String',
        description: parameter.description,
        // An agent before 3.3.2746.0 does not know it, and the script refuses to run without a value.
        interpolationType: 'ENV_VAR',
        allowedPattern: parameter.pattern,
        ...(parameter.choices && { allowedValues: parameter.choices }),
        ...(parameter.default !== undefined && { default: parameter.default }),
      },
    ]);
    const id = name.replace(/(^|-)[a-z]/g, (first) => first.toUpperCase().replace('-', ''));
    return new CfnDocument(this, id, {
      name: `${this.site}-${name}`,
      documentType: 'Command',
      updateMethod: 'NewVersion',
      targetType: '/AWS::EC2::Instance',
      content: {
        schemaVersion: '2.2',
        description: command.description,
        ...(parameters && { parameters: Object.fromEntries(said) }),
        mainSteps: [
          {
            action: 'aws:runShellScript',
            name,
            inputs: {
              timeoutSeconds: String(command.timeoutSeconds),
              runCommand: [`exec /usr/bin/bash /opt/orthweb/host/${name}.sh`],
            },
          },
        ],
      },
    });
  }
}
