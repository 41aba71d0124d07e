import { type Change, course } from '../../../functions/health/course.ts';
import type { Judgement, NodeStanding, Trouble } from '../../../functions/health/judgement.ts';
import { type Incident, SUBJECTS, type Subject } from '../../../functions/shared/incident.ts';
import type { NodeName, Stored } from '../../../functions/shared/operations-table.ts';

const CLASSES = { database: 'shared', storage: 'shared', observer: 'blind' } as const;

/** `trouble('a')`: node a is down; `trouble('database')`; or what differs. */
export function trouble(subject: Subject, more: Partial<Trouble> = {}): Trouble {
  const isNode = subject === 'a' || subject === 'b';
  return {
    class: isNode ? 'node' : CLASSES[subject],
    cause: isNode ? 'orthanc-hung' : subject,
    reason: isNode
      ? `Orthanc on node ${subject} does not answer.`
      : `The ${subject} does not answer.`,
    findings: [{ check: 'web', result: 'status 504, Orthanc alone 504' }],
    ...more,
  };
}

export const FLAW: Partial<Trouble> = {
  class: 'degraded',
  cause: 'disk-filling',
  reason: 'The disk of node a is 91 % full.',
};

/** A look: nodes stand as their troubles say, or as told. */
export function judgement(
  troubles: Judgement['troubles'] = {},
  more: {
    readonly a?: NodeStanding;
    readonly b?: NodeStanding;
    readonly withheld?: readonly Subject[];
  } = {},
): Judgement {
  const standing = (node: NodeName) => {
    const its = troubles[node]?.class === 'node' || troubles.database || troubles.storage;
    const standing = more[node] ?? (its ? 'fails' : 'serves');
    return { standing, reason: `it ${standing}` };
  };
  return {
    nodes: { a: standing('a'), b: standing('b') },
    troubles,
    withheld: more.withheld ?? [],
  };
}

type Incidents = Partial<Record<Subject, Stored<Incident>>>;

/** The table as far as incidents go, and all that was changed in it. */
export class Watched {
  incidents: Incidents = {};
  readonly changes: (Change & { readonly at: Date })[] = [];

  /** What a look changes. */
  look(seen: Judgement, now: Date, began?: Date): Change[] {
    const changes = course(this.incidents, seen, now, began);
    const next = { ...this.incidents };
    for (const { subject, before, after } of changes) {
      if (after) {
        const version = (before?.version ?? 0) + 1;
        next[subject] = { key: `INCIDENT#${subject}`, version, value: after };
      } else delete next[subject];
    }
    this.incidents = next;
    this.changes.push(...changes.map((change) => ({ ...change, at: now })));
    return changes;
  }

  /** One look a minute: the first one at this time. */
  looks(from: Date, minutes: number, seen: (minute: number) => Judgement): void {
    for (let minute = 0; minute < minutes; minute++) {
      this.look(seen(minute), new Date(from.getTime() + minute * 60_000));
    }
  }

  of(subject: Subject): Incident | undefined {
    return this.incidents[subject]?.value;
  }

  /** `a OPENED`, in order. */
  told(): string[] {
    return this.changes.flatMap(({ subject, tells }) => (tells ? [`${subject} ${tells}`] : []));
  }

  /** How many items the table has for incidents. */
  get items(): number {
    return SUBJECTS.filter((subject) => this.incidents[subject]).length;
  }
}
