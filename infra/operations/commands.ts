import { readFileSync } from 'node:fs';
import path from 'node:path';
import { CfnDocument } from 'aws-cdk-lib/aws-ssm';
import { Construct } from 'constructs';

export interface HostCommandProps {
  readonly site: string;
  /** The script `compose/host/<name>.sh`; also the second half of the document's name. */
  readonly name: string;
  readonly description: string;
  /** The agent ends the script after this many seconds. */
  readonly timeoutSeconds: number;
}

/**
 * A script that Systems Manager may run on a host.
 *
 * Whoever may send this document can run this script and nothing else; a free-form shell
 * document would give away the host (docs/decisions/0004).
 */
export class HostCommand extends Construct {
  readonly document: CfnDocument;

  constructor(scope: Construct, id: string, props: HostCommandProps) {
    super(scope, id);
    const file = path.join(import.meta.dirname, '../../compose/host', `${props.name}.sh`);
    this.document = new CfnDocument(this, 'Document', {
      name: `${props.site}-${props.name}`,
      documentType: 'Command',
      updateMethod: 'NewVersion',
      targetType: '/AWS::EC2::Instance',
      content: {
        schemaVersion: '2.2',
        description: props.description,
        mainSteps: [
          {
            action: 'aws:runShellScript',
            name: props.name,
            inputs: {
              timeoutSeconds: String(props.timeoutSeconds),
              runCommand: [readFileSync(file, 'utf8')],
            },
          },
        ],
      },
    });
  }
}
