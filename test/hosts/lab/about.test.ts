import { expect, it } from 'vitest';
import { differences } from '../../../simulator/lab/differences.ts';
import { versions } from '../../../simulator/lab/versions.ts';

const found = await versions();

it('says what the lab runs, and what it is not', () => {
  const programs = Object.entries(found).map((one) => one.join(' '));
  const not = differences().map((line) => `- ${line}`);
  console.warn(
    [`The lab runs ${programs.join(', ')}.`, 'It is not what it stands for:', ...not].join('\n'),
  );

  for (const version of Object.values(found)) expect(version).toMatch(/^\d+\.\d/);
});

it.each([
  ['nginx', `nginx ${majorMinor(found.nginx)} of Debian`],
  ['Orthanc', `Orthanc ${majorMinor(found.Orthanc)} of Debian`],
  ['PostgreSQL', `Debian has PostgreSQL ${found.PostgreSQL.split('.')[0]})`],
])('names the version of %s that it found where it says so', (_, words) => {
  expect(differences().filter((line) => line.includes(words))).toHaveLength(1);
});

/** `1.22` of `1.22.1`. */
function majorMinor(version: string): string {
  return version.split('.').slice(0, 2).join('.');
}
