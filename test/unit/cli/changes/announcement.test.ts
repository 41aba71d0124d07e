import { describe, expect, it } from 'vitest';
import { sentences, templates, told } from '../../support/stacks.ts';

const clinic = templates();

describe('a deployment that touches nothing', () => {
  it('of the same templates changes nothing, and says so', () => {
    expect(told(clinic, clinic)).toEqual({
      lines: [
        'Nothing happens to hosts and data.',
        'clinic: nothing changes.',
        'operations: nothing changes.',
      ],
      verdict: 'safe',
      reason: 'Nothing is interrupted, replaced or lost.',
    });
  });

  it('of another tag is safe, and counts what it changes', () => {
    const said = told(clinic, templates({ tags: { Owner: 'Imaging' } }));

    expect(said.lines[0]).toBe('Nothing happens to hosts and data.');
    expect(said.lines[1]).toMatch(/^clinic: other resources: 0 added, \d\d changed, 0 removed\.$/);
    expect(said.verdict).toBe('safe');
  });

  it('of a third zone is safe, and leaves hosts and database where they are', () => {
    const said = told(clinic, templates({ zones: ['a', 'b', 'd'].map((z) => `ca-central-1${z}`) }));

    expect(sentences(said)).toEqual(['Nothing happens to hosts and data.']);
    expect(said.lines[1]).toMatch(/^clinic: other resources: \d+ added, \d+ changed, 0 removed\.$/);
    expect(said.verdict).toBe('safe');
  });

  it('of a site that does not exist yet is new throughout', () => {
    const said = told({}, clinic);

    expect(said.lines).toEqual([
      expect.stringMatching(
        /^clinic: the stack is not there yet, or not finished; all \d+ of its resources are new/,
      ),
      expect.stringMatching(
        /^operations: the stack is not there yet, or not finished; all \d+ of its/,
      ),
      'A site of another name or region stays as it is, and is paid for.',
    ]);
    expect(said.verdict).toBe('safe');
  });
});
