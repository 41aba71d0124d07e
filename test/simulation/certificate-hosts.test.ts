import { describe, expect, it } from 'vitest';
import { ends } from './support/ends.ts';
import { clinic } from './support/faulted.ts';
import { at, BOTH, LOOK, look, renewing, shown } from './support/renewals.ts';

/** A minute before the look. */
const EARLIER = '2026-11-30T10:29';

describe('a node whose agent does not answer', () => {
  it('is sent nothing and told at once, and the other is renewed all the same', async () => {
    const fault = { name: 'silent-agent', on: 'a', at: EARLIER, minutes: 5 } as const;

    const { mails, renewed, runs, sent } = await renewing({ faults: [fault], days: 0.01 });

    expect(sent).toEqual(['request b', 'install b']);
    expect(renewed).toEqual(['b']);
    expect(runs.map(({ status }) => status)).toEqual(['FAILED']);
    expect(mails[0]?.text).toContain('NOT RENEWED: certificate of node a');
    expect(mails[0]?.text).toContain('28 days are left, and its agent does not answer');
  });

  it('is renewed when it answers again', async () => {
    const fault = { name: 'silent-agent', on: 'a', at: EARLIER, minutes: 5 } as const;

    const { renewed, sent } = await renewing({ faults: [fault], days: 0.03 });

    expect(sent).toEqual(['request b', 'install b', 'request a', 'install a']);
    expect(renewed).toEqual(['a', 'b']);
  });

  it('keeps what it serves where the agent falls silent in the middle', async () => {
    const fault = { name: 'silent-agent', on: 'b', at: '2026-11-30T10:31', minutes: 15 } as const;

    const { renewed, sent } = await renewing({ faults: [fault], days: 0.04 });

    expect(sent.slice(0, 2)).toEqual(['request a', 'install a']);
    expect(sent.slice(-2)).toEqual(['request b', 'install b']);
    expect(renewed).toEqual(['a', 'b']);
  });
});

describe('a node that is stopped', () => {
  it('is left alone at night, and renewed when the site is open again', async () => {
    const night = '2026-11-30T21:00';
    let before: readonly unknown[] = [];

    const { renewed, runs, sent, world } = await renewing(
      {
        from: '2026-11-30T18:50',
        days: 0.75,
        prepare: (of) => {
          before = [shown(of, 'a'), shown(of, 'b')];
          at(of, night, () => look(of, { force: true }));
        },
      },
      clinic,
    );

    expect(before).not.toContain(undefined);
    expect(runs[0]?.state).toBe('Nothing To Do');
    expect(sent).toEqual(BOTH);
    expect(renewed).toEqual(['a', 'b']);
    expect(world.site.node('a')?.state).toBe('running');
  });
});

describe('a stop that is due in the middle of a renewal', () => {
  it('waits for its end, and then happens within its bound', async () => {
    const result = await renewing(
      {
        from: '2026-11-30T18:50',
        days: 0.03,
        prepare: (world) => at(world, '2026-11-30T18:59', () => look(world)),
      },
      clinic,
    );

    const end = result.runs[0]?.endedAt ?? 0;
    const stops = result.entries.filter(({ text }) => /^(drain|ec2:Stop|rds:Stop)/.test(text));
    expect(result.sent).toEqual(BOTH);
    expect(new Date(end).toISOString() > '2026-12-01T00:00:30').toBe(true);
    for (const { at: when } of stops) expect(Date.parse(when)).toBeGreaterThan(end);
    expect(ends(result)).toEqual({ 'node a': 'stopped', 'node b': 'stopped', database: 'stopped' });
    expect(result.kinds).toEqual(['RENEWED', 'STOPPED']);
  });

  it('does not wait for a renewal that hangs any longer than its ten minutes', async () => {
    const result = await renewing(
      {
        from: '2026-11-30T18:50',
        days: 0.04,
        faults: [{ name: 'silent-agent', on: 'b', at: '2026-11-30T18:59', minutes: 5 }],
        prepare: (world) => at(world, '2026-11-30T18:58', () => look(world)),
      },
      clinic,
    );

    expect(result.renewed).toContain('a');
    expect(ends(result)).toEqual({ 'node a': 'stopped', 'node b': 'stopped', database: 'stopped' });
  });
});

describe('a node that is gone between request and installation', () => {
  it('ends the run with the lease given back, and nothing is installed', async () => {
    const { renewed, runs, sent, world } = await renewing({
      days: 0.01,
      prepare: (of) => {
        at(of, LOOK, () => look(of));
        at(of, LOOK, () => terminate(of), 14);
      },
    });

    expect(sent).toEqual(['request a']);
    expect(renewed).toEqual([]);
    expect(runs[0]?.status).toBe('FAILED');
    expect(world.site.truth().get('LEASE')).not.toHaveProperty('owner');
    expect(world.site.truth().get('CERTIFICATE#a')).not.toHaveProperty('run');
  });

  function terminate({ site }: Parameters<typeof look>[0]): void {
    const a = site.node('a');
    if (!a) return;
    a.host.shutDown();
    a.state = 'terminated';
    a.seen = { ...a.seen, state: 'terminated' };
  }
});

it('is renewed though it ran out, before the site is announced as open', async () => {
  const { entries, renewed, sent } = await renewing({
    certificates: { a: 91, b: 91 },
    prepare: () => {},
  });

  const index = (text: string) => entries.findIndex((one) => one.text.startsWith(text));
  expect(sent).toEqual(BOTH);
  expect(renewed).toEqual(['a', 'b']);
  expect(index('certificate-install node b')).toBeLessThan(index('[clinic] OPEN'));
});
