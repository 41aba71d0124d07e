import { describe, expect, it } from 'vitest';
import { decide } from '../../../functions/certificate/decide.ts';
import { secondsBetween } from '../../../functions/shared/clocks.ts';
import {
  authority,
  inspection,
  issued,
  left,
  newOf,
  oldOf,
  record,
  renewed,
  run,
  scene,
  sight,
  stepsOf,
} from '../support/certificate.ts';
import { changes, play, type Story, usually } from '../support/certificate-world.ts';
import { iso } from '../support/time.ts';

const LEFT = { a: { notAfter: left(20) }, b: { notAfter: left(60) } };
const UNTRUSTED = { trusted: false, said: 'self-signed certificate' };

describe('a run that finds both nodes due', () => {
  const world = play();

  it('renews one after the other, each while the other was seen to serve a moment ago', () => {
    expect(world.log).toEqual([
      'act probe a',
      'act probe b',
      'verify a b',
      'act certificate-request a',
      'sign a',
      'act certificate-install a',
      'verify a',
      'wait 60',
      'verify a b',
      'act certificate-request b',
      'sign b',
      'act certificate-install b',
      'verify b',
      'wait 60',
      'verify a b',
      'finish done',
    ]);
  });

  it('ends with both renewed, and says how long each took', () => {
    const { renewed: done, node, stage, failure } = world.run.progress;

    expect(world.run).toMatchObject({ outcome: 'done', because: 'renewed: node a, node b' });
    expect(done).toMatchObject({ a: { fingerprint: newOf('a') }, b: { fingerprint: newOf('b') } });
    expect([node, stage, failure]).toEqual([undefined, undefined, undefined]);
    expect(done.b?.seconds).toBeGreaterThan(60);
    expect(done.b?.seconds).toBeLessThan(120);
  });

  it('hands the host what was issued, and the authorities as they are published', () => {
    const install = world.commands.find(({ step }) => step.kind === 'certificate-install')?.step;

    expect(install).toEqual({
      kind: 'certificate-install',
      node: 'a',
      instanceId: 'i-a',
      parameters: {
        Generation: issued('a').generation,
        Certificate: 'leaf of a',
        Authorities: Buffer.from('authority 1\n').toString('base64'),
        Name: 'a.example',
      },
    });
  });

  it('leaves each command that is under way its time', () => {
    for (const [index, { step, sentAt }] of world.commands.entries()) {
      const next = world.commands.slice(index + 1).find((one) => one.step.node === step.node);
      if (next) expect(secondsBetween(sentAt, next.sentAt)).toBeGreaterThanOrEqual(4);
    }
  });

  it('has the number of the authority that signs in it from the signing on', () => {
    expect(world.run.signer).toBe(1);
  });
});

describe('which node comes first', () => {
  it('is the one whose certificate runs out first', () => {
    const world = play(run(), { hosts: { a: { notAfter: left(20) }, b: { notAfter: left(10) } } });

    expect(changes(world)[0]).toBe('request b');
  });

  it('is the one that clients refuse, however long the other has', () => {
    const hosts = { a: { notAfter: left(10) }, b: { notAfter: left(60), ill: { web: UNTRUSTED } } };
    const sees: Story['sees'] = (node, usual, { hosts }) =>
      node === 'b' && hosts.b.serves === newOf('b')
        ? { ...usual, web: { ...usual.web, trusted: true } }
        : usual;

    const world = play(run(), { hosts, sees });

    expect(changes(world)).toEqual(['request b', 'install b', 'request a', 'install a']);
  });
});

describe('a node that could not be renewed before', () => {
  const failing = (attempts: number) => ({
    since: iso('11:00'),
    attempts,
    notBefore: iso('11:05'),
    reason: 'the disk is full',
  });
  const answers: Story['answers'] = (kind, node) =>
    kind === 'certificate-request' && node === 'a' ? { ok: false, said: 'full' } : 'as usual';
  const both = (a: number, b: number) => ({
    a: record({ failing: failing(a) }),
    b: record(b > 0 ? { failing: failing(b) } : {}),
  });

  it.each([
    ['the other has not', 1, 0],
    ['the other has less often', 5, 1],
  ])('comes last where %s, so that it never keeps the other from it', (_, a, b) => {
    const hosts = { a: { notAfter: left(10) }, b: { notAfter: left(20) } };

    const world = play(run(), { hosts, answers, scene: { records: both(a, b) } });

    expect(changes(world)).toEqual(['request b', 'install b', 'request a']);
    expect(world.run.progress.renewed).toHaveProperty('b');
  });

  it('comes first all the same where clients have lost it alone', () => {
    const hosts = { a: { notAfter: left(1) }, b: { notAfter: left(20) } };

    const world = play(run(), { hosts, scene: { records: both(5, 0) } });

    expect(changes(world)[0]).toBe('request a');
  });
});

describe('a run that finds nothing to do', () => {
  const fine = { hosts: { a: { notAfter: left(60) }, b: { notAfter: left(31) } } };

  it('looks at both nodes from within and from without, and is done', () => {
    const world = play(run(), fine);

    expect(world.log).toEqual(['act probe a', 'act probe b', 'verify a b', 'finish done']);
    expect(world.run.because).toBe('node a: 59 days are left; node b: 30 days are left');
  });

  it('renews all the same where somebody has asked for it', () => {
    const world = play(run({ wanted: { force: true } }), fine);

    expect(changes(world)).toEqual(['request b', 'install b', 'request a', 'install a']);
  });

  it('is deferred, not done, where a node that was asked for is not there', () => {
    const away = { a: { state: 'stopped' } };

    const world = play(run(), { ...fine, truth: away });
    const other = play(run({ wanted: { nodes: ['b'] } }), { ...fine, truth: away });

    expect(world.run).toMatchObject({
      outcome: 'deferred',
      because: 'node a: it is stopped; node b: 30 days are left',
    });
    expect(other.run.outcome).toBe('done');
  });

  it('does not look at, nor renew, a node that is stopped by plan', () => {
    const world = play(run({ wanted: { force: true, nodes: ['b'] } }), {
      scene: { wishes: { a: 'running', b: 'stopped' } },
    });

    expect(world.log).toEqual(['act probe a', 'verify a', 'finish deferred']);
    expect(world.run.because).toBe('node b: it is stopped by plan');
  });
});

describe('a run that is only asked what it would do', () => {
  it('says what is due and why, and changes nothing', () => {
    const world = play(run({ wanted: { dryRun: true } }), { hosts: LEFT });

    expect(world.log.at(-1)).toBe('finish planned');
    expect(changes(world)).toEqual([]);
    expect(world.run.because).toBe('node a: 19 days are left; node b: 59 days are left');
  });

  it('says, too, that no authority may sign what is due', () => {
    const ours = { wanted: { dryRun: true }, authorities: [authority(2)] };

    const [due, idle] = [20, 60].map((days) => {
      const host = { notAfter: left(days), authorities: ['CA:02'] };
      return play(run(ours), { hosts: { a: host, b: host } });
    });

    expect(due?.run).toMatchObject({ outcome: 'planned' });
    expect(due?.run.because).toContain(
      '; but authority 2 has not been published by both hosts for 180 days',
    );
    expect(idle?.run.because).not.toContain('180 days');
  });
});

describe('a run that is asked for one node', () => {
  it('renews that one alone, and looks at the other for its sake', () => {
    const world = play(run({ wanted: { nodes: ['b'] } }));

    expect(changes(world)).toEqual(['request b', 'install b']);
    expect(world.log).toContain('verify a b');
    expect(world.run.because).toBe('renewed: node b');
  });
});

describe('a node that needs nothing, and whose host says that clients refuse its certificate', () => {
  const reason = 'Clients refuse the certificate: it is not yet valid';
  const story = (a: number): Story => ({
    hosts: { a: { notAfter: left(60) }, b: { notAfter: left(a) } },
    answers: (kind, node, _nth, host) => {
      const usual = usually(kind, node, host);
      if (kind !== 'probe' || node !== 'a') return 'as usual';
      const answer = { ...usual?.answer, verdict: 'certificate-untrusted' };
      return { ok: false, code: 1, answer, said: reason };
    },
  });

  it('fails the run, so that it rests before a start asks for it again', () => {
    const world = play(run(), story(60));

    expect(changes(world)).toEqual([]);
    expect(world.run).toMatchObject({
      outcome: 'failed',
      progress: {
        failure: {
          node: 'a',
          stage: 'prove',
          reason: `59 days are left, and yet its host says: ${reason}`,
          passing: true,
          restored: null,
        },
      },
    });
  });

  it('does so only when the other node has been renewed', () => {
    const world = play(run(), story(20));

    expect(changes(world)).toEqual(['request b', 'install b']);
    expect(world.run).toMatchObject({ outcome: 'failed', progress: { failure: { node: 'a' } } });
    expect(world.run.progress.renewed.b).toBeDefined();
  });
});

describe('a node whose agent does not answer', () => {
  const mute = { truth: { a: { online: false } } };

  it('fails the run before anything is sent to it, where it is due', () => {
    const hosts = { a: { ill: { dicom: UNTRUSTED } }, b: { notAfter: left(60) } };
    const world = play(run(), { ...mute, hosts });

    expect(world.log).toEqual(['act probe b', 'verify a b', 'finish failed']);
    expect(world.run.progress.failure).toEqual({
      node: 'a',
      stage: 'prove',
      reason: 'clients refuse it: self-signed certificate, and its agent does not answer',
      passing: false,
      restored: null,
    });
  });

  it('is no failure where what clients see of it is well', () => {
    const world = play(run(), { ...mute, hosts: { a: { notAfter: left(60) }, b: LEFT.b } });

    expect(world.run.outcome).toBe('done');
  });

  it('is one whose probe came to no verdict, too', () => {
    const answers: Story['answers'] = (kind, node) =>
      kind === 'probe' && node === 'a' ? { ok: false, said: 'Undeliverable' } : 'as usual';

    const world = play(run({ wanted: { nodes: ['a'] } }), { answers });

    expect(changes(world)).toEqual([]);
    expect(world.run.because).toBe('node a: 19 days are left, and Undeliverable');
  });

  it('keeps nothing from its peer, which has its turn before it', () => {
    const answers: Story['answers'] = (kind, node) =>
      kind === 'probe' && node === 'a' ? { ok: false, said: 'Undeliverable' } : 'as usual';

    const world = play(run(), { answers });

    expect(changes(world)).toEqual(['request b', 'install b']);
    expect(world.run.outcome).toBe('failed');
  });

  it('is given five minutes to answer a probe', () => {
    const answers: Story['answers'] = (_kind, node) => (node === 'a' ? undefined : 'as usual');

    const world = play(run({ wanted: { nodes: ['a'] } }), { answers });

    expect(world.run.because).toBe('node a: 19 days are left, and the host gave no answer');
    expect(secondsBetween(iso('12:05'), world.now)).toBeLessThan(30);
  });
});

describe('a peer that does not serve', () => {
  const ill = { web: { status: 503 } };

  it('keeps the run from touching the node that is due', () => {
    const world = play(run({ wanted: { nodes: ['a'] } }), { hosts: { b: { ill } } });

    expect(changes(world)).toEqual([]);
    expect(world.run).toMatchObject({
      outcome: 'failed',
      progress: { failure: { node: 'a', passing: true, restored: null } },
      because:
        'node a: node b is not proven to serve: Port 443 answers 503 when asked as far as the database.',
    });
  });

  it('keeps it from the install, too, if it falls ill while the request is signed', () => {
    const world = play(run({ wanted: { nodes: ['a'] } }), {
      before: (world) => {
        if (world.log.includes('sign a')) world.hosts.b.ill = ill;
        // The signing took its time: what was seen before counts no longer.
        if (world.log.at(-1) === 'sign a') world.now = new Date(world.now.getTime() + 60_000);
      },
    });

    expect(world.log.slice(-3)).toEqual(['sign a', 'verify b', 'finish failed']);
    expect(changes(world)).toEqual(['request a']);
  });

  it('is none that does not run', () => {
    const world = play(run({ wanted: { nodes: ['a'] } }), { truth: { b: { state: 'stopped' } } });

    expect(changes(world)).toEqual([]);
    expect(world.run.because).toBe('node a: node b is not proven to serve: it does not run');
  });

  it.each([
    ['less than 48 hours are left', { notAfter: left(1) }],
    ['it has run out', { notAfter: left(-1) }],
  ])('does not count where %s', (_, host) => {
    const world = play(run({ wanted: { nodes: ['a'] } }), { hosts: { a: host, b: { ill } } });

    expect(changes(world)).toEqual(['request a', 'install a']);
    expect(world.run.outcome).toBe('done');
  });

  it('is looked at again before each call, where its last look is 45 seconds old', () => {
    const ready = (age: string) =>
      run({
        progress: {
          node: 'a',
          stage: 'install',
          stageSince: iso('12:00:30'),
          issued: issued('a'),
          plan: { a: { due: true, urgent: false, reason: 'x' } },
          seen: { b: sight(age, oldOf('b')) },
        },
      });

    const [fresh, old] = ['12:00:16', '12:00:15'].map((age) => decide(scene('12:01', ready(age))));

    expect(stepsOf(fresh ?? { steps: [] })).toEqual(['certificate-install a']);
    expect(old).toMatchObject({
      next: 'verify',
      targets: [{ node: 'b', address: '10.0.0.2', name: 'b.example' }],
      progress: { addresses: { b: 'b.example' } },
    });
  });
});

describe('a certificate that clients cannot know yet', () => {
  const records = { a: record(), b: record() };

  it('is not signed: nothing is sent, and it is said what to do', () => {
    const world = play(run({ authorities: [authority(2)] }), { scene: { records } });

    expect(world.log).toEqual(['act probe a', 'act probe b', 'verify a b', 'finish failed']);
    expect(world.run.progress.failure).toMatchObject({ node: 'a', stage: 'sign', passing: false });
    expect(world.run.because).toContain('authority 2 has not been published by both hosts');
  });
});

describe('what a run knows of its nodes', () => {
  it('is taken up where a run was cut off: a node that is renewed is left alone', () => {
    const ours = run({
      progress: {
        plan: {
          a: { due: true, urgent: false, reason: 'x' },
          b: { due: false, urgent: false, reason: 'y' },
        },
        renewed: { a: renewed('a') },
        inspections: { a: inspection('a'), b: inspection('b') },
      },
    });

    const decision = decide(scene('12:02', ours));

    expect(decision).toMatchObject({ next: 'finish', outcome: 'done' });
  });
});
