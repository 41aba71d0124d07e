import { describe, expect, it } from 'vitest';
import { decide } from '../../../functions/certificate/decide.ts';
import { secondsBetween } from '../../../functions/shared/clocks.ts';
import {
  issued,
  left,
  newOf,
  oldOf,
  run,
  scene,
  sent,
  stepsOf,
  truth,
} from '../support/certificate.ts';
import { changes, play, type Story } from '../support/certificate-world.ts';
import { at, iso } from '../support/time.ts';

const UNTRUSTED = { trusted: false, said: 'self-signed certificate' };

describe('the first failure', () => {
  const refusing =
    (kind: string, answer: object): Story['answers'] =>
    (asked) =>
      asked === kind ? { ok: false, code: 1, ...answer } : 'as usual';
  const answer = { phase: 'preflight', reason: 'the disk is full' };

  it('of a request ends the run, and the other node is not touched', () => {
    const answers = refusing('certificate-request', { answer, said: 'the disk is full' });

    const world = play(run(), { answers });

    expect(changes(world)).toEqual(['request a']);
    expect(world.run.progress.failure).toEqual({
      node: 'a',
      stage: 'request',
      reason: 'the disk is full',
      passing: true,
      restored: null,
    });
  });

  it.each([
    ['nothing was switched', { phase: 'preflight', restored: null }, null, true],
    ['the host has put back what it served', { phase: 'serving', restored: true }, true, false],
  ])('of an install ends the run where %s', (_, answer, restored, passing) => {
    const answers = refusing('certificate-install', { answer, said: 'no' });

    const world = play(run(), { answers });

    expect(changes(world)).toEqual(['request a', 'install a']);
    expect(world.run.progress.failure).toMatchObject({
      node: 'a',
      stage: 'install',
      reason: 'no',
      passing,
      restored,
    });
  });

  it.each([
    ['the host could not put back what it served', { phase: 'serving', restored: false }],
    ['the host said nothing that could be read', {}],
  ])('of an install is undone where %s', (_, answer) => {
    const answers = refusing('certificate-install', { answer, said: 'no' });

    const world = play(run(), { answers });

    expect(changes(world)).toEqual(['request a', 'install a', 'rollback a']);
    expect(world.commands.at(-1)?.step.parameters).toEqual({ Generation: issued('a').generation });
    expect(world.run.progress.failure).toMatchObject({ reason: 'no', restored: true });
  });

  it('is one of the second node, while the first keeps its new certificate', () => {
    const answers: Story['answers'] = (kind, node) =>
      kind === 'certificate-request' && node === 'b' ? { ok: false, said: 'no' } : 'as usual';

    const world = play(run(), { answers });

    expect(world.run).toMatchObject({
      outcome: 'failed',
      progress: { renewed: { a: { fingerprint: newOf('a') } }, failure: { node: 'b' } },
    });
  });
});

describe('what clients see of a node right after its install', () => {
  /** The nth look at node a after its install, from 0. */
  const sees =
    (wrong: (nth: number) => { readonly web?: object; readonly dicom?: object }): Story['sees'] =>
    (node, usual, { log, hosts }) => {
      if (node !== 'a' || hosts.a.serves !== newOf('a')) return usual;
      const nth = log.slice(log.indexOf('act certificate-install a')).filter(isLook).length - 1;
      const { web, dicom } = wrong(nth);
      return { ...usual, web: { ...usual.web, ...web }, dicom: { ...usual.dicom, ...dicom } };
    };
  const isLook = (line: string) => line.startsWith('verify');

  it.each([
    ['another certificate on one port', { dicom: { fingerprint: oldOf('a') } }],
    ['one that they do not trust', { web: UNTRUSTED }],
    ['no answer to a C-ECHO', { dicom: { echo: false } }],
  ])('may be %s for less than 30 seconds', (_, ill) => {
    const world = play(run(), { sees: sees((nth) => (nth < 3 ? ill : {})) });

    expect(world.log.slice(7, 11)).toEqual(['verify a', 'verify a', 'verify a', 'wait 60']);
    expect(world.run.outcome).toBe('done');
  });

  it.each([
    [
      'another certificate',
      { web: { fingerprint: oldOf('a') } },
      'they are shown another certificate',
    ],
    [
      'one that they do not trust',
      { dicom: UNTRUSTED },
      'Port 11112 is not to be trusted (self-signed certificate).',
    ],
  ])('puts back the former pair where it stays %s', (_, ill, wrong) => {
    const world = play(run(), { sees: sees(() => ill) });

    const installed = world.commands.find(({ step }) => step.kind === 'certificate-install');
    const undone = world.commands.at(-1);
    const waited = secondsBetween(installed?.sentAt ?? '', undone?.sentAt ?? at('12:00'));
    expect(changes(world)).toEqual(['request a', 'install a', 'rollback a']);
    expect(waited).toBeGreaterThan(30);
    expect(waited).toBeLessThan(50);
    expect(world.run.progress.failure).toEqual({
      node: 'a',
      stage: 'verify',
      reason: `clients do not see what was installed: ${wrong}`,
      passing: false,
      restored: true,
    });
  });

  it('is not held against it where the database behind it does not answer', () => {
    const world = play(run({ wanted: { nodes: ['a'] } }), {
      sees: sees(() => ({ web: { status: 503 } })),
    });

    expect(world.run.outcome).toBe('done');
  });

  it('is not a C-ECHO where clients need a certificate of their own', () => {
    const world = play(run(), { sees: sees(() => ({ dicom: { echo: undefined } })) });

    expect(world.run.outcome).toBe('done');
  });

  it('is looked at once more after a minute, and what is lost then is undone', () => {
    const world = play(run(), { sees: sees((nth) => (nth > 0 ? { web: UNTRUSTED } : {})) });

    expect(changes(world)).toEqual(['request a', 'install a', 'rollback a']);
    expect(world.run.progress.failure).toMatchObject({ stage: 'soak', restored: true });
    expect(world.log).toContain('wait 60');
  });

  it('may be wrong for a moment then, too', () => {
    const world = play(run(), { sees: sees((nth) => (nth === 1 ? { web: UNTRUSTED } : {})) });

    expect(world.run.outcome).toBe('done');
  });
});

describe('the end of a rollback', () => {
  const broken = { phase: 'serving', restored: false };
  const install = { ok: false, code: 1, answer: broken, said: 'nginx is down' };

  it('is looked at by a client, so that it is told what is left', () => {
    const answers: Story['answers'] = (kind, _node, _nth, host) => {
      if (kind !== 'certificate-install') return 'as usual';
      Object.assign(host, { serves: newOf('a'), notAfter: left(90) });
      host.former = { serves: oldOf('a'), notAfter: left(20) };
      return install;
    };

    const world = play(run(), { answers });

    expect(world.log.slice(-3)).toEqual([
      'act certificate-rollback a',
      'verify a b',
      'finish failed',
    ]);
    expect(world.run.progress.seen.a?.web.notAfter).toBe(left(20));
  });

  it('may be a failure, too: both are told', () => {
    const answers: Story['answers'] = (kind) => {
      if (kind === 'certificate-install') return install;
      return kind === 'certificate-rollback' ? { ok: false, said: 'no former pair' } : 'as usual';
    };

    const world = play(run(), { answers });

    expect(world.log.at(-1)).toBe('finish failed');
    expect(world.run.progress.failure).toMatchObject({
      reason: 'nginx is down; putting back the former pair: no former pair',
      restored: false,
    });
    expect(world.count['certificate-rollback a']).toBe(1);
  });

  it('is not waited for on a host whose agent is gone', () => {
    const answers: Story['answers'] = (kind) =>
      kind === 'certificate-install' ? install : 'as usual';

    const world = play(run(), {
      answers,
      before: (world) => {
        if (changes(world).includes('install a')) world.truth = { a: { online: false } };
      },
    });

    expect(changes(world)).toEqual(['request a', 'install a']);
    expect(world.run.progress.failure).toMatchObject({ restored: false });
  });
});

describe('a host at which another script is at work', () => {
  it.each(['certificate-request', 'certificate-install', 'certificate-rollback'] as const)(
    'is sent the %s again',
    (kind) => {
      const install = { ok: false, code: 1, answer: { phase: 'serving', restored: false } };
      const answers: Story['answers'] = (asked, _node, nth) => {
        if (asked === kind && nth < 2) return { ok: false, code: 75, said: 'busy' };
        const breaks = kind === 'certificate-rollback' && asked === 'certificate-install';
        return breaks ? install : 'as usual';
      };

      const world = play(run({ wanted: { nodes: ['a'] } }), { answers });

      expect(world.count[`${kind} a`]).toBe(3);
      expect(world.run.outcome).toBe(kind === 'certificate-rollback' ? 'failed' : 'done');
    },
  );

  it.each(['certificate-request', 'certificate-install'] as const)(
    'for five minutes has its %s given up, and nothing was changed',
    (kind) => {
      const answers: Story['answers'] = (asked) =>
        asked === kind ? { ok: false, code: 75, said: 'busy' } : 'as usual';

      const world = play(run({ wanted: { nodes: ['a'] } }), { answers });

      expect(world.run.progress.failure).toMatchObject({ passing: true, restored: null });
      expect(world.run.because).toMatch(/ did not come to its end in five minutes$/);
      expect(secondsBetween(iso('12:05'), world.now)).toBeLessThan(60);
    },
  );
});

describe('a command that a host never answers', () => {
  it.each([
    ['certificate-request', null, ['request a']],
    ['certificate-install', true, ['request a', 'install a', 'rollback a']],
  ] as const)('is given up after five minutes: %s', (kind, restored, sent) => {
    const answers: Story['answers'] = (asked) => (asked === kind ? undefined : 'as usual');

    const world = play(run({ wanted: { nodes: ['a'] } }), { answers });

    expect(changes(world)).toEqual(sent);
    expect(world.run.progress.failure).toMatchObject({
      reason: 'the host gave no answer',
      restored,
    });
    expect(secondsBetween(iso('12:05'), world.now)).toBeLessThan(60);
  });
});

describe('a node that ends while it is renewed', () => {
  const from = (line: string, more: object, seconds = 0): Story => ({
    before: (world) => {
      const index = world.log.indexOf(line);
      if (index < 0) return;
      const sentAt = world.commands.at(-1)?.sentAt ?? world.now;
      if (secondsBetween(sentAt, world.now) >= seconds) world.truth = { a: more };
    },
  });

  it('between its request and its install ends the run: nothing is left behind', () => {
    const world = play(run(), from('sign a', { state: 'terminated' }));

    expect(changes(world)).toEqual(['request a']);
    expect(world.run).toMatchObject({ outcome: 'failed', because: 'node a: it is terminated' });
    expect(world.run.progress.failure).toMatchObject({ passing: true, restored: null });
  });

  it.each([
    ['its install is under way', 'act certificate-install a'],
    ['clients are looking', 'wait 60'],
  ])('while %s is not said to serve what it served before', (_, line) => {
    const world = play(run(), from(line, { state: 'stopped' }));

    expect(world.run.progress.failure).toMatchObject({ restored: false });
    expect(world.run.progress.seen).not.toHaveProperty('a');
    expect(changes(world)).toEqual(['request a', 'install a']);
  });
});

describe('a run that takes too long', () => {
  const plan = { a: { due: true, urgent: false, reason: 'x' } };
  const late = (more: Parameters<typeof run>[0]) => run({ beganAt: iso('11:24'), ...more });

  it('ends itself after 36 minutes, before its workflow is ended', () => {
    const ours = late({
      progress: { plan, node: 'a', stage: 'request', stageSince: iso('11:59') },
    });

    const [early, due] = ['11:59:59', '12:00'].map((time) => decide(scene(time, ours)).outcome);

    expect([early, due]).toEqual([undefined, 'failed']);
  });

  it.each(['verify', 'soak'] as const)('puts back a pair that is not seen yet: %s', (stage) => {
    const ours = late({
      progress: { plan, node: 'a', stage, stageSince: iso('11:59'), issued: issued('a') },
    });

    const first = decide(scene('12:00', ours));
    const second = decide(scene('12:00:01', { ...ours, ...first }));

    expect([first.next, first.seconds]).toEqual(['wait', 1]);
    expect(stepsOf(second)).toEqual(['certificate-rollback a']);
  });

  it('waits for an install that is under way, and takes it back', () => {
    const commands = { a: sent('certificate-install', 'a', '11:59:50') };
    const stage = { plan, node: 'a', stage: 'install', stageSince: iso('11:59') } as const;
    const ours = late({ progress: { ...stage, commands, issued: issued('a') } });
    const ended = {
      state: 'ended',
      document: '',
      ok: true,
      code: 0,
      at: '',
      answer: {},
      said: '',
    } as const;

    const first = decide(scene('12:00', ours));
    const second = decide(scene('12:00:01', { ...ours, ...first }));
    const third = decide(
      scene('12:00:05', { ...ours, ...second }, { truth: truth({ commands: { a: ended } }) }),
    );

    expect([first.next, second.next]).toEqual(['wait', 'wait']);
    expect(stepsOf(third)).toEqual(['certificate-rollback a']);
  });

  it('has put back what was not seen to the end in five minutes, too', () => {
    const ours = run({
      progress: { plan, node: 'a', stage: 'verify', stageSince: iso('12:00'), issued: issued('a') },
    });

    const decision = decide(scene('12:05', ours));

    expect(decision.progress.failure).toMatchObject({ stage: 'verify', restored: false });
  });
});
