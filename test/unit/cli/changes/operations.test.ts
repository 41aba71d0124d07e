import { describe, expect, it } from 'vitest';
import { sentences, templates, told } from '../../support/stacks.ts';

const clinic = templates();

describe('operations', () => {
  it('tell who is asked to confirm alerts, and who gets no more', () => {
    const duty = templates({ alerts: { emails: ['duty@example.org'] } });

    expect(sentences(told(clinic, duty))).toEqual([
      'Nothing happens to hosts and data.',
      'alerts: AWS asks duty@example.org to confirm, and sends none there before that.',
      'alerts: no more go to pacs@example.org.',
    ]);
  });

  it('ask every address to confirm again when the way of alerts is another', () => {
    const elsewhere = JSON.stringify(clinic.operations).replaceAll(
      /"AlertsTopic[0-9A-F]{8}"/g,
      '"Anew"',
    );
    const said = told(clinic, { ...clinic, operations: JSON.parse(elsewhere) });

    expect(sentences(said)[1]).toMatch(/^alerts: .* AWS asks each address to confirm again/);
    expect(said.verdict).toBe('interrupts');
  });

  it('are new without a word about addresses when only they were destroyed', () => {
    const said = told({ site: clinic.site }, clinic);

    expect(said.lines[0]).toBe('Nothing happens to hosts and data.');
    expect(said.lines).toHaveLength(3);
    expect(said.verdict).toBe('safe');
  });
});
