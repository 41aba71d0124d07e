import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { InvalidConfig } from '../infra/config.ts';
import { NotModelled } from '../simulator/aws-error.ts';
import { DeploymentFailed } from '../simulator/deployment.ts';
import {
  complaint,
  FAULTS,
  type FaultKind,
  type FaultName,
  InvalidFault,
} from '../simulator/faults/library.ts';
import { PolicyMistake } from '../simulator/iam/catalogue.ts';
import type { CaOptions } from './certificate/ca.ts';
import type { RenewOptions } from './certificate/renew.ts';
import type { StatusOptions } from './certificate/status.ts';
import type { DeployOptions } from './deploy.ts';
import type { DiffOptions } from './diff.ts';
import type { HealthOptions } from './health/health.ts';
import type { IncidentsOptions } from './health/incidents.ts';
import type { NamedFault, SimulateOptions } from './simulate.ts';
import { UserError } from './user-error.ts';

const program = new Command('orthweb')
  .description('Operates an Orthanc PACS on AWS, and rehearses that on a simulated one.')
  .exitOverride();

program
  .command('simulate')
  .description(
    'plays days of operation on the template that would be deployed; needs no AWS account',
  )
  .option('--config <file>', 'the site to play', 'orthweb.config.ts')
  .addOption(
    new Option('--days <number>', 'how many days to play, 1 to 3650; in the lab 1 to 7')
      .argParser(wholeNumber(1, 3650, '; with --hosts lab, from 1 to 7'))
      .default(undefined, '7; in the lab 1'),
  )
  .option(
    '--from <date>',
    'first day, YYYY-MM-DD by the clock of the site (default: next Monday; in the lab the next day ' +
      'that has an opening and a closing)',
  )
  .addOption(
    new Option(
      '--hosts <kind>',
      'what the hosts are: models of them, or a lab that runs their scripts, nginx, Orthanc and ' +
        'PostgreSQL for real; it needs Linux, root and some Debian packages',
    )
      .choices(['model', 'lab'])
      .default('model'),
  )
  .option(
    '--seed <number>',
    'which course of chance to play, 0 to 2147483647',
    wholeNumber(0, 2 ** 31 - 1),
    1,
  )
  .option('--json <file>', 'also write everything that happened as JSON')
  .option(
    '--fault <name@time>',
    "inject a fault at YYYY-MM-DDTHH:MM of the site's clock; may be repeated; listed below",
    collectFault,
  )
  .option(
    '--drill',
    'also have a container of a node fail, the database fail over and the observer go blind, each ' +
      'for minutes on an open day of its own; in the default week on Tuesday, Wednesday and Thursday',
  )
  .addHelpText('after', faultHelp())
  .action(async (options: SimulateOptions) => {
    // Loaded when it is needed, so that a mistyped option is answered at once.
    const { runSimulate } = await import('./simulate.ts');
    process.exitCode = await runSimulate(options);
  });

program
  .command('diff')
  .description('says what a deployment would do to hosts and data; changes nothing')
  .option('--config <file>', 'the site to deploy', 'orthweb.config.ts')
  .option(
    '--against <folder>',
    'compare with the assembly that npm run synth made there; needs no AWS account',
  )
  .action(async (options: DiffOptions) => {
    const { runDiff } = await import('./diff.ts');
    process.exitCode = await runDiff(options);
  });

program
  .command('deploy')
  .description('deploys both stacks, and asks before it interrupts or replaces anything')
  .option('--config <file>', 'the site to deploy', 'orthweb.config.ts')
  .option('--accept-interruption', 'do not ask: what is interrupted or replaced is wanted')
  .option('--accept-data-loss', 'the data of this site, which is not in production, may go')
  .action(async (options: DeployOptions) => {
    const { runDeploy } = await import('./deploy.ts');
    process.exitCode = await runDeploy(options);
  });

program
  .command('images')
  .description('pins the images in compose/compose.yaml to what their tags stand for now')
  .action(async () => {
    const { runImages } = await import('./images.ts');
    await runImages();
  });

const certificate = program
  .command('certificate')
  .description('certificates of the nodes: how they stand, renewal, and what clients are to trust');

certificate
  .command('status')
  .description('says what each node served at the last check; ends with 1 if something is not well')
  .option('--config <file>', 'the site to look at', 'orthweb.config.ts')
  .option('--json', 'print it as JSON')
  .action(async (options: StatusOptions) => {
    const { runStatus } = await import('./certificate/status.ts');
    process.exitCode = await runStatus(options);
  });

certificate
  .command('renew')
  .description('renews what is due, and waits for the end; Ctrl-C leaves the run going')
  .option('--config <file>', 'the site to renew', 'orthweb.config.ts')
  .addOption(new Option('--node <node>', 'only this one').choices(['a', 'b']))
  .option('--force', 'renew also what is not due')
  .option('--dry-run', 'say what would be renewed and why, and change nothing')
  .action(async (options: RenewOptions) => {
    const { runRenew } = await import('./certificate/renew.ts');
    process.exitCode = await runRenew(options);
  });

certificate
  .command('ca')
  .description('says who vouches for the nodes, and writes the certificates that clients trust')
  .option('--config <file>', 'the site to ask', 'orthweb.config.ts')
  .option('--out <file>', 'write the certificates there, as PEM; a new file')
  .action(async (options: CaOptions) => {
    const { runCa } = await import('./certificate/ca.ts');
    process.exitCode = await runCa(options);
  });

program
  .command('health')
  .description('looks at the site now, and says what to do; ends with 1 if something is not well')
  .option('--config <file>', 'the site to look at', 'orthweb.config.ts')
  .option('--json', 'print it as JSON')
  .action(async (options: HealthOptions) => {
    const { runHealth } = await import('./health/health.ts');
    process.exitCode = await runHealth(options);
  });

program
  .command('incidents')
  .description('lists what is and was wrong with the site, or says all about one incident')
  .argument('[id]', 'of one of them, as the list and each message have it')
  .option('--config <file>', 'the site to ask', 'orthweb.config.ts')
  .option('--all', 'list all that are kept, not only the last 20 that are over')
  .option('--json', 'print it as JSON')
  .action(async (id: string | undefined, options: IncidentsOptions) => {
    const { runIncidents } = await import('./health/incidents.ts');
    await runIncidents(id, options);
  });

/** `more` is what else the one who writes it may have to know. */
function wholeNumber(low: number, high: number, more = ''): (text: string) => number {
  return (text) => {
    const number = Number(text);
    if (/^\d+$/.test(text) && number >= low && number <= high) return number;
    throw new InvalidArgumentError(`Write a whole number from ${low} to ${high}${more}.`);
  };
}

function faultHelp(): string {
  const lines = Object.entries(FAULTS).map(([name, kind]: [string, FaultKind]) => {
    const lasts = kind.minutes === undefined ? 'once' : `${kind.minutes} min`;
    const label = kind.on ? `${name}:${kind.on.example}` : name;
    return `  ${label}\n      ${kind.says} (${lasts})`;
  });
  return ['', 'Faults, as name@time, name:target@time or name:target@time+minutes:', ...lines].join(
    '\n',
  );
}

function collectFault(text: string, before: readonly NamedFault[] = []): readonly NamedFault[] {
  const [label = '', when, ...more] = text.split('@');
  const [name = '', on] = split(label, ':');
  if (!Object.hasOwn(FAULTS, name)) {
    throw new InvalidArgumentError(
      `Write one of ${Object.keys(FAULTS).join(', ')}, then @ and a time.`,
    );
  }
  if (!when || more.length > 0) {
    throw new InvalidArgumentError(`Add when, once: ${label}@2026-11-24T07:00.`);
  }
  const [local, lasts] = split(when, '+');
  if (lasts !== undefined && !/^[1-9]\d{0,3}$/.test(lasts)) {
    throw new InvalidArgumentError(`"+${lasts}": write whole minutes, such as +10.`);
  }
  const minutes = lasts === undefined ? undefined : Number(lasts);
  const wrong = complaint(name as FaultName, on, minutes);
  if (wrong) throw new InvalidArgumentError(wrong);
  const fault = { name: name as FaultName, local, ...(on !== undefined && { on }) };
  return [...before, { ...fault, ...(minutes !== undefined && { minutes }) }];
}

/** The text before the first of these marks, and what follows it, if there is one. */
function split(text: string, mark: string): [string, string | undefined] {
  const at = text.indexOf(mark);
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
}

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) {
    // Help and version end here too, with exit code 0; commander has printed what there is to say.
    process.exitCode = error.exitCode === 0 ? 0 : 2;
  } else if (error instanceof InvalidFault) {
    console.error(`--fault: ${error.message}`);
    process.exitCode = 2;
  } else if (error instanceof UserError || error instanceof InvalidConfig) {
    console.error(error.message);
    process.exitCode = 2;
  } else if (
    error instanceof NotModelled ||
    error instanceof PolicyMistake ||
    error instanceof DeploymentFailed
  ) {
    console.error(`FAILED: ${error.message}`);
    process.exitCode = 1;
  } else {
    throw error;
  }
}
