import { parseArgs } from 'node:util';
import { bundle } from '../infra/bundle.ts';
import { soak } from './simulation/support/soak.ts';

// Random faults, by seed: `npm run simulate:soak -- --seeds 5000 --first 1000`.
const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '250' },
    first: { type: 'string', default: '1' },
  },
});
const [count, first] = [wholeNumber('seeds', values.seeds), wholeNumber('first', values.first)];

await bundle();
const begun = performance.now();
let plays = 0;
let broken = 0;
for await (const { seed, result, replay } of soak(
  Array.from({ length: count }, (_, i) => first + i),
)) {
  plays++;
  if (!result.failure) continue;
  broken++;
  const findings = result.findings.length > 0 ? result.findings : [result.failure];
  const lines = findings.map(({ message }) => `  ${message}`);
  process.stdout.write([`Seed ${seed}`, ...lines, `  ${replay}`, ''].join('\n'));
}
const perSecond = Math.round((plays * 1000) / (performance.now() - begun));
process.stdout.write(`${perSecond} plays per second\n${plays} plays, ${broken} broken\n`);
process.exitCode = broken > 0 ? 1 : 0;

function wholeNumber(option: string, text: string): number {
  if (/^\d+$/.test(text)) return Number(text);
  process.stderr.write(`--${option}: "${text}": write a whole number, such as 250.\n`);
  process.exit(2);
}
