import { rehearse } from '../../../simulator/rehearsal.ts';
import { optionsOf } from '../support/play.ts';
import { SCENARIOS } from './scenarios.ts';

// Run in a process of its own, in a copy of the sources that a patch may have changed. Prints what
// the judge found as JSON.
const invariant = Number(process.argv[2]) as keyof typeof SCENARIOS;
const { site, play } = SCENARIOS[invariant];
const { findings, failure } = await rehearse(optionsOf(site(), play));
const found = failure && findings.length === 0 ? [failure] : findings;
process.stdout.write(JSON.stringify(found.map(({ message }) => ({ message }))));
