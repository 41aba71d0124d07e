import { describe, expect, it } from 'vitest';
import { sentences, templates, told } from '../../support/stacks.ts';
import { at } from '../../support/time.ts';

const clinic = templates();

describe('the schedule', () => {
  const windows = (from: string, to: string) => [{ from, to, weekdays: 'mon-fri' as const }];
  const day = { windows: windows('07:00', '19:00') };
  const shorter = templates({ schedule: { windows: windows('07:00', '12:00') } });
  /** 15:00 and 06:00 at the clinic. */
  const [open, closed] = [at('20:00'), at('11:00')];

  it('that closes the site at this moment interrupts it', () => {
    const said = told(clinic, shorter, { now: open });

    expect(sentences(said)).toEqual([
      'schedule: changes. By it the site is closed now: hosts and database stop within minutes.',
    ]);
    expect(said.verdict).toBe('interrupts');
  });

  it('that opens the site at this moment says so', () => {
    const said = told(shorter, clinic, { now: open });

    expect(sentences(said)).toEqual([
      'schedule: changes. By it the site is open now: hosts and database start within minutes.',
    ]);
    expect(said.verdict).toBe('safe');
  });

  it('that changes nothing at this moment is announced all the same', () => {
    const said = told(clinic, shorter, { now: closed });

    expect(sentences(said)).toEqual(['schedule: changes.']);
    expect(said.verdict).toBe('safe');
  });

  it('names the node that it leaves alone at this moment', () => {
    const one = templates({ schedule: { ...day, nodes: 'one' } });

    expect(sentences(told(clinic, one, { now: closed }))).toEqual([
      'schedule: changes. By it the site is closed now: node a and database start within minutes.',
    ]);
    expect(sentences(told(templates({ schedule: undefined }), one, { now: closed }))).toEqual([
      'schedule: changes. By it the site is closed now: node b stops within minutes.',
    ]);
  });

  it('of a version that is not understood is said to change, and no more', () => {
    const odd = JSON.parse(JSON.stringify(clinic.operations).replaceAll('mon-fri', 'any'));
    const said = told({ ...clinic, operations: odd }, clinic);

    expect(sentences(said)).toEqual(['schedule: changes.']);
  });
});
