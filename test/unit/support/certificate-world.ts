import * as z from 'zod/mini';
import { decide } from '../../../functions/certificate/decide.ts';
import type { Scene } from '../../../functions/certificate/moves.ts';
import { type Kind, type Progress, Run, type Step } from '../../../functions/certificate/run.ts';
import type { Invocation } from '../../../functions/shared/host-commands.ts';
import { NODES, type NodeName } from '../../../functions/shared/operations-table.ts';
import {
  GENERATION,
  inspection,
  issued,
  left,
  newOf,
  oldOf,
  run,
  type Sight,
  scene,
  sight,
  truth,
} from './certificate.ts';
import { secondsAfter } from './time.ts';

type Ended = Extract<Invocation, { state: 'ended' }>;

/** How a host answers a command; nothing for one that never does. */
export type Answer = Partial<Omit<Ended, 'state' | 'at'>> | undefined;

export interface Host {
  /** What it serves, and until when. */
  serves: string;
  notAfter: string;
  /** What was served before; there after an install. */
  former?: { readonly serves: string; readonly notAfter: string };
  authorities: readonly string[];
  /** What clients make of it, beside what it serves. */
  ill: { readonly web?: Partial<Sight['web']>; readonly dicom?: Partial<Sight['dicom']> };
}

/** What happens otherwise than on a good day. */
export interface Story {
  readonly hosts?: Partial<Record<NodeName, Partial<Host>>>;
  readonly truth?: Parameters<typeof truth>[0];
  readonly scene?: Partial<Scene>;
  /** A host's answer, the nth to a command of this kind (from 0); `as usual` where it is. */
  readonly answers?: (kind: Kind, node: NodeName, nth: number, host: Host) => Answer | 'as usual';
  /** What is different from some moment on, asked before each decision. */
  readonly before?: (world: World) => void;
  /** What a client sees of a node. */
  readonly sees?: (node: NodeName, usual: Sight, world: World) => Sight;
}

export interface World {
  now: Date;
  run: Run;
  truth: Parameters<typeof truth>[0];
  readonly hosts: Record<NodeName, Host>;
  /** `act certificate-request a`, `verify a b`, `sign`, `wait 60`, `finish done`. */
  readonly log: string[];
  readonly commands: { readonly step: Step; readonly sentAt: Date }[];
  /** How often hosts have had each kind of command. */
  readonly count: Record<string, number>;
}

/** Plays a run to its end as the state machine would, with hosts that take four seconds. */
export function play(ours: Run = run(), story: Story = {}): World {
  const host = (node: NodeName): Host => ({
    serves: oldOf(node),
    notAfter: left(20),
    authorities: ['CA:01'],
    ill: {},
    ...story.hosts?.[node],
  });
  const world: World = {
    now: new Date(ours.beganAt),
    run: ours,
    truth: story.truth ?? {},
    hosts: { a: host('a'), b: host('b') },
    log: [],
    commands: [],
    count: {},
  };
  const answers = new Map<string, Ended>();
  for (let turn = 0; turn < 2000; turn += 1) {
    story.before?.(world);
    const found: Partial<Record<NodeName, Invocation>> = {};
    for (const node of NODES) {
      const sent = world.run.progress.commands[node];
      if (sent) found[node] = answers.get(sent.id) ?? { state: 'pending' };
      const done = sent && secondsAfter(new Date(sent.sentAt), 4) <= world.now;
      if (found[node]?.state === 'ended' && !done) found[node] = { state: 'pending' };
    }
    const seen = truth({ ...world.truth, commands: found });
    const decision = decide(
      scene('12:00', world.run, { now: world.now, truth: seen, ...story.scene }),
    );
    world.run = z.parse(Run, JSON.parse(JSON.stringify({ ...world.run, ...decision })));
    const { next, outcome, steps, targets, seconds } = world.run;
    if (next === 'finish') {
      world.log.push(`finish ${outcome}`);
      return world;
    }
    if (next === 'act') for (const step of steps) carryOut(step);
    if (next === 'verify') {
      world.log.push(`verify ${targets.map(({ node }) => node).join(' ')}`);
      for (const { node } of targets) look(node);
      pass(1);
    } else if (next === 'sign') {
      world.log.push(`sign ${world.run.progress.node}`);
      const name = world.run.progress.node ?? 'a';
      world.run = withProgress({ issued: issued(name) });
      pass(1);
    } else {
      if (next === 'wait' && seconds > 5) world.log.push(`wait ${seconds}`);
      pass(seconds);
    }
  }
  throw new Error(`no end: ${world.log.slice(-10).join(', ')}`);

  function pass(seconds: number): void {
    world.now = secondsAfter(world.now, seconds + 0.5);
  }

  function withProgress(more: Partial<Progress>): Run {
    return { ...world.run, steps: [], progress: { ...world.run.progress, ...more } };
  }

  function carryOut(step: Step): void {
    const { kind, node, instanceId } = step;
    const nth = world.count[`${kind} ${node}`] ?? 0;
    world.count[`${kind} ${node}`] = nth + 1;
    world.log.push(`act ${kind} ${node}`);
    world.commands.push({ step, sentAt: world.now });
    const host = world.hosts[node];
    const told = story.answers?.(kind, node, nth, host);
    const usual = story.answers === undefined || told === 'as usual';
    const answer = usual ? usually(kind, node, host) : (told as Answer);
    const id = `${kind}-${node}-${nth}`;
    if (answer) {
      const at = secondsAfter(world.now, 4).toISOString();
      answers.set(id, {
        state: 'ended',
        document: '',
        ok: true,
        code: 0,
        at,
        answer: {},
        said: '',
        ...answer,
      });
    }
    const command = { kind, id, instanceId, sentAt: world.now.toISOString() };
    world.run = withProgress({ commands: { ...world.run.progress.commands, [node]: command } });
  }

  function look(node: NodeName): void {
    const { serves, notAfter, ill } = world.hosts[node];
    const web = { notAfter, ...ill.web };
    const dicom = { notAfter, ...ill.dicom };
    const usual = { ...sight('12:00', serves, { web, dicom }), at: world.now.toISOString() };
    const seen = story.sees?.(node, usual, world) ?? usual;
    world.run = withProgress({ seen: { ...world.run.progress.seen, [node]: seen } });
  }
}

/** What a host that is well does and says. */
export function usually(kind: Kind, node: NodeName, host: Host): Answer {
  switch (kind) {
    case 'probe': {
      const { pair, authorities: _old, ...rest } = inspection(node);
      const { serves: fingerprint, notAfter, authorities } = host;
      const shown = { listens: true, fingerprint };
      const said = { ...rest, pair: { ...pair, matches: true, fingerprint, notAfter } };
      return { answer: { ...said, web: shown, dicom: shown, authorities } };
    }
    case 'certificate-request':
      return { answer: { generation: GENERATION, request: 'AAAA' } };
    case 'certificate-install':
      host.former = { serves: host.serves, notAfter: host.notAfter };
      Object.assign(host, { serves: newOf(node), notAfter: left(90), authorities: ['CA:01'] });
      return { answer: { installed: true, generation: GENERATION, fingerprint: newOf(node) } };
    case 'certificate-rollback':
      Object.assign(host, host.former ?? {});
      return { answer: { restored: true } };
  }
}

/** What was sent to hosts, without the probes that change nothing. */
export const changes = ({ log }: World): string[] =>
  log.filter((line) => line.startsWith('act certificate-')).map((line) => line.slice(16));
