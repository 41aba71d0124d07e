import { secondsBetween } from '../shared/clocks.ts';
import type { Measure } from '../shared/measures.ts';
import { NODES } from '../shared/operations-table.ts';
import type { Run } from './run.ts';

const DAY = 86_400;

/**
 * What a run tells CloudWatch: the days that are left of what clients are shown on each port, the
 * smallest of them, those of the authority that signs, and how renewals went.
 */
export function measuresOf(Site: string, run: Run, broken: boolean, now: Date): Measure[] {
  const { seen, renewed, failure } = run.progress;
  const left = (notAfter: string) => -secondsBetween(notAfter, now) / DAY;
  const count = (name: string, value: number): Measure => ({
    name,
    unit: 'Count',
    value,
    dimensions: { Site },
  });
  const ports = NODES.flatMap((Node) =>
    [
      ['443', seen[Node]?.web.notAfter] as const,
      ['11112', seen[Node]?.dicom.notAfter] as const,
    ].flatMap(([Port, notAfter]) =>
      notAfter === undefined ? [] : [{ Node, Port, days: left(notAfter) }],
    ),
  );
  const done = NODES.flatMap((node) => renewed[node] ?? []);
  const [authority] = run.authorities;
  return [
    ...ports.map(({ Node, Port, days }) => ({
      ...count('CertificateDaysLeft', days),
      dimensions: { Site, Node, Port },
    })),
    ...(ports.length > 0
      ? [count('CertificateDaysLeft', Math.min(...ports.map(({ days }) => days)))]
      : []),
    ...(authority ? [count('AuthorityDaysLeft', left(authority.notAfter))] : []),
    ...(done.length > 0 ? [count('CertificateRenewals', done.length)] : []),
    ...done.map(({ seconds }) => ({
      ...count('CertificateRenewalSeconds', seconds),
      unit: 'Seconds' as const,
    })),
    ...(failure || broken ? [count('CertificateRollbacks', failure?.restored ? 1 : 0)] : []),
  ];
}
