import { Command, CommanderError, InvalidArgumentError } from 'commander';
import { InvalidConfig } from '../infra/config.ts';
import { NotModelled } from '../simulator/aws-error.ts';
import { FAULTS, type FaultName } from '../simulator/faults.ts';
import { PolicyMistake } from '../simulator/iam/catalogue.ts';
import type { SimulateOptions } from './simulate.ts';
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
  .option('--days <number>', 'how many days to play, 1 to 3650', wholeNumber(1, 3650), 7)
  .option('--from <date>', 'first day, YYYY-MM-DD by the clock of the site (default: next Monday)')
  .option(
    '--seed <number>',
    'which course of chance to play, 0 to 2147483647',
    wholeNumber(0, 2 ** 31 - 1),
    1,
  )
  .option('--json <file>', 'also write everything that happened as JSON')
  .option('--fault <name@time>', faultHelp(), collectFault)
  .action(async (options: SimulateOptions) => {
    // Loaded when it is needed, so that a mistyped option is answered at once.
    const { runSimulate } = await import('./simulate.ts');
    process.exitCode = await runSimulate(options);
  });

function wholeNumber(low: number, high: number): (text: string) => number {
  return (text) => {
    const number = Number(text);
    if (/^\d+$/.test(text) && number >= low && number <= high) return number;
    throw new InvalidArgumentError(`Write a whole number from ${low} to ${high}.`);
  };
}

function faultHelp(): string {
  const names = Object.entries(FAULTS).map(([name, what]) => `${name}: ${what}`);
  return `inject a fault at YYYY-MM-DDTHH:MM of the site's clock; may be repeated (${names.join('; ')})`;
}

function collectFault(
  text: string,
  before: SimulateOptions['fault'] = [],
): SimulateOptions['fault'] {
  const [name = '', local, ...more] = text.split('@');
  if (!Object.hasOwn(FAULTS, name)) {
    throw new InvalidArgumentError(
      `Write one of ${Object.keys(FAULTS).join(', ')}, then @ and a time.`,
    );
  }
  if (!local || more.length > 0) {
    throw new InvalidArgumentError(`Add when, once: ${name}@2026-11-24T07:00.`);
  }
  return [...before, { name: name as FaultName, local }];
}

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) {
    // Help and version end here too, with exit code 0; commander has printed what there is to say.
    process.exitCode = error.exitCode === 0 ? 0 : 2;
  } else if (error instanceof UserError || error instanceof InvalidConfig) {
    console.error(error.message);
    process.exitCode = 2;
  } else if (error instanceof NotModelled || error instanceof PolicyMistake) {
    console.error(`FAILED: ${error.message}`);
    process.exitCode = 1;
  } else {
    throw error;
  }
}
