import { setTimeout as sleep } from 'node:timers/promises';
import { fieldsOf } from '../answer.ts';
import type { Done, Order } from '../machines.ts';
import { reasonOf } from './ask.ts';
import type { Ended } from './command.ts';
import type { Host, JournalLine, NodeName } from './host.ts';
import type { Lab } from './lab.ts';
import { sightOf } from './sight.ts';
import type { CommandDocument } from './ssm-agent.ts';

/** What a node is given to serve by itself, once nothing keeps it from that. */
const PATIENCE_MS = 60_000;

/** Does in the lab what it is told to, and looks at both nodes as a client after that. */
export async function carryOut(lab: Lab, order: Order): Promise<Done> {
  const begun = performance.now();
  const { code, stdout, stderr } = await act(lab, order).catch((cause: unknown) => ({
    code: 125,
    stdout: '',
    stderr: reasonOf(cause),
  }));
  const seconds = (performance.now() - begun) / 1000;
  const sight = { a: await sightOf(lab, 'a'), b: await sightOf(lab, 'b') };
  return { code, output: lastLine(stdout) || lastLine(stderr), seconds, sight };
}

async function act(lab: Lab, order: Order): Promise<Ended> {
  switch (order.do) {
    case 'boot':
      return boot(lab, lab[order.node]);
    case 'power off':
      await lab[order.node].powerOff();
      return DONE;
    case 'crash':
      await lab[order.node].crash();
      return DONE;
    case 'kill orthanc':
      return lab[order.node].run(['sh', '-c', KILL]);
    case 'run':
      return lab[order.node].send(order.document as CommandDocument, order.parameters);
    case 'stop':
      await lab.database.stop();
      return DONE;
    case 'start':
      await lab.database.start();
      await untilServing(lab, 'a', 'b');
      return DONE;
    case 'wait':
      await untilServing(lab, order.node);
      return DONE;
  }
}

const DONE: Ended = { code: 0, stdout: '', stderr: '' };

/** As the kernel does when memory is short. */
const KILL = 'kill -KILL "$(docker inspect --format "{{.State.Pid}}" orthweb-orthanc-1)"';

/** Switches a host on, until its clients are served or its unit has said why they cannot be. */
async function boot(lab: Lab, host: Host): Promise<Ended> {
  const before = host.journal.length;
  await host.boot();
  const ended = endOfBoot(host.journal.slice(before));
  if (ended.code === 0) await until(async () => (await sightOf(lab, host.name)).serves);
  return ended;
}

/** How a boot ended, by what the host's unit said of it. */
export function endOfBoot(journal: readonly JournalLine[]): Ended {
  const said = journal.filter(({ unit }) => unit === 'orthweb.service').map(({ line }) => line);
  const stdout = said.findLast((line) => line.startsWith('{')) ?? '';
  const stderr = said.at(-1) ?? 'orthweb.service has said nothing';
  return fieldsOf(stdout)?.booted === true ? { ...DONE, stdout } : { code: 1, stdout, stderr };
}

/** A host that is off, or takes no clients by somebody's wish, is not waited for. */
const untilServing = (lab: Lab, ...nodes: readonly NodeName[]): Promise<void> =>
  until(async () => {
    const seen = await Promise.all(nodes.map((node) => sightOf(lab, node)));
    return seen.every(({ serves, listens }) => serves || !listens);
  });

async function until(isSo: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS;
  while (!(await isSo()) && performance.now() < deadline) await sleep(250);
}

const lastLine = (text: string): string => text.trimEnd().split('\n').at(-1) ?? '';
