import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import type { Order } from '../machines.ts';
import { listen, reasonOf } from './ask.ts';
import { carryOut } from './carry-out.ts';
import { Lab, type LabOptions } from './lab.ts';

/**
 * A lab in a process of its own: options come as a line of JSON on stdin, and the name of a socket
 * that takes orders goes to stdout, or why there can be no lab. It ends, and the lab with it, when
 * stdin does: when who began it asks for it, or is no more.
 */
const input = createInterface({ input: process.stdin });
const [options] = (await once(input, 'line')) as [string];
const folder = mkdtempSync(path.join(tmpdir(), 'orthweb-lab-'));
let lab: Lab | undefined;
let ending = false;

const say = (what: object) => process.stdout.write(`${JSON.stringify(what)}\n`);

async function end(): Promise<void> {
  if (ending) return;
  ending = true;
  await lab?.remove();
  rmSync(folder, { recursive: true, force: true });
  process.exit();
}
input.on('close', () => void end());
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => void end());

try {
  const started = await Lab.start(JSON.parse(options) as LabOptions);
  lab = started;
  const socket = path.join(folder, 'orders');
  await listen(socket, async ({ args: [order = ''] }) => {
    const done = await carryOut(started, JSON.parse(order) as Order);
    return { code: 0, stdout: JSON.stringify(done), stderr: '' };
  });
  say({ socket });
} catch (cause) {
  say({ impossible: reasonOf(cause) });
  await end();
}
