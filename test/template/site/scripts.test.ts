import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { HOST_BUNDLE } from '../../../infra/site/host-bundle.ts';
import { synth, userData } from '../support/site-stack.ts';

const folder = path.join(HOST_BUNDLE, 'host');
const scripts = readdirSync(folder)
  .filter((file) => file.endsWith('.sh'))
  .map((file) => [file, readFileSync(path.join(folder, file), 'utf8')] as const);

describe('the first boot of a host', () => {
  const boots = userData(synth());

  it('has Docker and the timer of credentials running again after each further boot', () => {
    for (const text of boots) expect(text).toMatch(/^systemctl enable --now docker$/m);
    expect(new Map(scripts).get('install.sh')).toMatch(
      /^systemctl enable --now orthweb-credentials\.timer$/m,
    );
  });

  it('sets Docker so that no container waits for its log, or fills the disk with it', () => {
    for (const text of boots) {
      expect(text).toContain('"log-driver": "awslogs"');
      expect(text).toContain('mode: "non-blocking"');
    }
  });
});

describe.each([
  ...scripts,
  ...userData(synth()).map((text, at) => [`user data of node ${'ab'[at]}`, text] as const),
])('%s', (_, text) => {
  it('fetches nothing at its latest, and no code from a repository', () => {
    expect(text).not.toMatch(/\blatest\b|\bgit\b|\b(dnf|yum) (update|upgrade)/);
  });

  it('gives no user Docker’s socket, which is as good as root', () => {
    expect(text).not.toMatch(/docker\.sock|\b(usermod|gpasswd|chmod [0-7]*[67]\b)/);
  });

  it('stops at the first error, so that nothing is half done unseen', () => {
    expect(text).toMatch(/^set -euo pipefail$/m);
  });
});
