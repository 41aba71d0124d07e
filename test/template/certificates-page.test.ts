import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import type { ConfigInput } from '../../infra/config.ts';
import { templates, told } from '../unit/support/stacks.ts';

const PAGE = readFileSync(path.join(import.meta.dirname, '../../docs/certificates.md'), 'utf8');

/** What the page has written into a site, in its order. */
const written = [...PAGE.matchAll(/^ *certificate: \{ authorities: \[(.*)\] \},$/gm)].map(
  ([, authorities = '']): ConfigInput['certificate'] => ({
    authorities: [...authorities.matchAll(/\{ number: (\d+)(?:, signed: '(.*?)')? \}/g)].map(
      ([, number, signed]) => ({ number: Number(number), ...(signed !== undefined && { signed }) }),
    ),
  }),
);

it('docs/certificates.md has authorities signed anew and changed by deployments that are taken', () => {
  const [anew, ...change] = written.map((certificate) => templates({ certificate }));
  const now = templates();
  const steps = [now, ...change].map((before, at) => [before, change[at]] as const);
  const announced = [[now, anew] as const, ...steps.slice(0, -1)].map(([before, after]) =>
    after ? told(before, after).verdict : 'no step',
  );

  expect(announced).toEqual(['safe', 'safe', 'interrupts', 'interrupts']);
});
