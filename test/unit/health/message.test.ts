import { readFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Cause, Judgement } from '../../../functions/health/judgement.ts';
import { alertsOn } from '../../../functions/health/message.ts';
import { type Alert, headlineOf, outboxRow } from '../../../functions/shared/alerts.ts';
import type { NodeName, OutboxRow } from '../../../functions/shared/operations-table.ts';
import { runbookSections } from '../../template/support/runbook.ts';
import { FLAW, judgement, trouble, Watched } from '../support/course.ts';
import { at, iso, secondsAfter } from '../support/time.ts';

const A_DOWN = judgement({ a: trouble('a') });
const BOTH_DOWN = judgement({ a: trouble('a'), b: trouble('b') });
const WELL = judgement();

/** The nodes that answered at the end of the look; each at another time if it is said. */
type Proven = readonly NodeName[] | { readonly [node in NodeName]?: Date };

/** A site that is looked at, with the messages that come of it. */
class Told {
  readonly #watched = new Watched();

  at(time: string, seen: Judgement, proven: Proven = [], began = time): Alert[] {
    const now = at(time);
    const times = Array.isArray(proven)
      ? Object.fromEntries(proven.map((node: NodeName) => [node, now]))
      : proven;
    return alertsOn(this.#watched.look(seen, now, at(began)), {
      now,
      timeZone: 'Europe/London',
      judgement: seen,
      seenFrom: 'from inside the network',
      proofs: Object.fromEntries(
        Object.entries(times).map(([node, answered]) => [
          node,
          { at: (answered as Date).toISOString(), address: `${node}.example` },
        ]),
      ),
    });
  }
}

/** All of it, as it is read in a mailbox. */
const read = ([alert, ...more]: readonly Alert[]): readonly string[] =>
  alert && more.length === 0 ? [headlineOf(alert), ...alert.body] : [`${more.length} more`];

describe('the message of a node that is down', () => {
  const [alert] = new Told().at('10:15:24', A_DOWN, ['b'], '10:15:02') as [Alert];

  it('says which address to use, since when it is down, and what to read', () => {
    expect(read([alert])).toEqual([
      'Node a DOWN: Orthanc hangs - use https://b.example',
      'Node b   https://b.example',
      '         DICOM b.example port 11112',
      '         answered Mon 23 Nov 10:15, asked from inside the network',
      'Not now  node a',
      'What     Orthanc on node a does not answer.',
      'Since    Mon 23 Nov 10:15, noticed after 22 s',
      'You      docs/runbook.md#health-orthanc-hung',
      'Devices  send to the address above; one that has both in its list changes by itself',
      'Orthweb  repairs nothing by itself yet; it keeps looking each minute and tells you when it is over',
      'More     npm run orthweb -- incidents 20261123T101502Z-a',
    ]);
  });

  it('is what docs/health.md shows', () => {
    const page = readFileSync(path.join(import.meta.dirname, '../../../docs/health.md'), 'utf8');
    const [headline, ...body] = read([alert]);
    const text = [headline, '', ...body].join('\n');

    expect(page).toContain(
      text.replaceAll('b.example', 'ec2-203-0-113-11.ca-central-1.compute.amazonaws.com'),
    );
  });

  it('has the same for programs', () => {
    expect(alert).toMatchObject({
      kind: 'OPENED',
      severity: 'high',
      key: '20261123T101502Z-a#OPENED',
    });
    expect(alert.details).toEqual({
      incidents: ['20261123T101502Z-a'],
      nodes: ['a'],
      class: 'node',
      cause: 'orthanc-hung',
      since: iso('10:15:02'),
      detectedAfterSec: 22,
      evidence: [{ check: 'web', result: 'status 504, Orthanc alone 504' }],
      useNow: {
        web: 'https://b.example/',
        dicom: 'b.example:11112',
        verifiedAt: iso('10:15:24'),
        verifiedFrom: 'from inside the network',
      },
      doNotUse: ['a'],
      runbook: ['docs/runbook.md#health-orthanc-hung'],
    });
  });

  it('does not recommend an address that was proven more than a minute ago', () => {
    const [alert] = new Told().at('10:15:24', A_DOWN, { b: at('10:14:23') }) as [Alert];

    expect(headlineOf(alert)).toBe('Node a DOWN: Orthanc hangs - no address is proven to work');
    expect(alert.body.join('\n')).not.toContain('b.example');
    expect(alert.details).toMatchObject({ useNow: null, doNotUse: ['a', 'b'] });
  });
});

describe('the message of both nodes down', () => {
  it('is one, of both incidents', () => {
    const alerts = new Told().at('10:15', BOTH_DOWN);

    expect(read(alerts)).toEqual([
      'BOTH NODES DOWN - no address is proven to work',
      'Not now  node a and node b',
      'What     Orthanc on node a does not answer.',
      'Since    Mon 23 Nov 10:15, noticed after 0 s',
      'You      docs/runbook.md#health-orthanc-hung',
      'What     Orthanc on node b does not answer.',
      'Since    Mon 23 Nov 10:15, noticed after 0 s',
      'You      docs/runbook.md#health-orthanc-hung',
      'Orthweb  repairs nothing by itself yet; it keeps looking each minute and tells you when it is over',
      'More     npm run orthweb -- incidents 20261123T101500Z-a',
      'More     npm run orthweb -- incidents 20261123T101500Z-b',
    ]);
    expect(alerts[0]).toMatchObject({
      severity: 'critical',
      key: '20261123T101500Z-a+20261123T101500Z-b#OPENED',
    });
  });

  it('says so also where the first one has been told before', () => {
    const told = new Told();
    told.at('10:15', A_DOWN, ['b']);

    const [alert, ...more] = told.at('10:20', BOTH_DOWN);

    expect(more).toEqual([]);
    expect(alert && headlineOf(alert)).toBe('BOTH NODES DOWN - no address is proven to work');
    expect(alert).toMatchObject({ kind: 'OPENED', severity: 'critical' });
  });
});

describe('the message of recovery', () => {
  function afterAnHour(seen: Judgement, proven: Proven) {
    const told = new Told();
    told.at('10:15', A_DOWN, ['b']);
    told.at('10:27:30', seen, proven);
    return told.at('10:31', seen, proven);
  }

  it('says how long it lasted, what happened meanwhile, and that both can be used', () => {
    expect(read(afterAnHour(WELL, ['a', 'b']))).toEqual([
      'RECOVERED: both nodes serve - use https://a.example',
      'Node a   https://a.example',
      '         DICOM a.example port 11112',
      '         answered Mon 23 Nov 10:31, asked from inside the network',
      'Node b   https://b.example',
      '         DICOM b.example port 11112',
      '         answered Mon 23 Nov 10:31, asked from inside the network',
      'Was      Orthanc on node a does not answer.',
      'Lasted   12 min 30 s, from Mon 23 Nov 10:15',
      '         Mon 23 Nov 10:15  The first bad look: Orthanc on node a does not answer.',
      '         Mon 23 Nov 10:15  Confirmed and told: Orthanc on node a does not answer.',
      '         Mon 23 Nov 10:27  The first good look.',
      '         Mon 23 Nov 10:31  All has been well since; over, and told.',
      'Both     addresses can be used again',
      'More     npm run orthweb -- incidents 20261123T101500Z-a',
    ]);
  });

  it('says of one address that it can be used where the other is not proven', () => {
    const lines = read(afterAnHour(judgement({ b: trouble('b', { class: 'node' }) }), ['a']));
    const [, recovered] = afterAnHour(WELL, ['a']);

    expect(lines.join('\n')).not.toContain('can be used again');
    expect(recovered).toBeUndefined();
    expect(read(afterAnHour(WELL, ['a']))[0]).toBe(
      'RECOVERED: node a serves again - use https://a.example',
    );
  });

  it('says what is left to mend', () => {
    const flawed = judgement({ a: trouble('a', FLAW) });

    expect(read(afterAnHour(flawed, ['a', 'b']))).toContain(
      'But      The disk of node a is 91 % full.',
    );
  });

  it('claims no service where a planned stop ended it', () => {
    const told = new Told();
    told.at('10:15', A_DOWN, ['b']);

    const alerts = told.at('10:20', judgement({}, { a: 'planned' }), ['b']);

    expect(read(alerts)).toEqual([
      'OVER: ended by a planned stop or change - use https://b.example',
      'Node b   https://b.example',
      '         DICOM b.example port 11112',
      '         answered Mon 23 Nov 10:20, asked from inside the network',
      'What     Orthanc on node a does not answer. A planned stop or change ended it.',
      'Since    Mon 23 Nov 10:15, 5 min 0 s',
      'More     npm run orthweb -- incidents 20261123T101500Z-a',
    ]);
    expect(alerts[0]).toMatchObject({ kind: 'RECOVERED', severity: 'info' });
  });

  it('has the beginning and the end of a long story', () => {
    const told = new Told();
    for (let minute = 0; minute < 30; minute++) {
      const cause = minute % 2 ? 'orthanc-down' : 'orthanc-hung';
      told.at(`10:${10 + minute}`, judgement({ a: trouble('a', { cause }) }), ['b']);
    }
    told.at('10:40', WELL, ['a', 'b']);

    const lines = read(told.at('10:43', WELL, ['a', 'b']));

    expect(lines.filter((line) => line.includes('23 Nov 10:')).length).toBeLessThan(14);
    expect(lines).toContain('         ... and 24 more');
  });

  it('calls mended what had always served', () => {
    const told = new Told();
    const flawed = judgement({ a: trouble('a', FLAW) });
    told.at('10:00', flawed, ['a', 'b']);
    const [care] = told.at('10:10', flawed, ['a', 'b']) as [Alert];
    told.at('10:20', WELL, ['a', 'b']);

    expect(headlineOf(care)).toBe('Node a needs care: disk fills - use https://a.example');
    expect(read(told.at('10:23', WELL, ['a', 'b']))[0]).toBe(
      'MENDED: node a - use https://a.example',
    );
  });
});

describe('a reminder', () => {
  it('says that it is still so, and has a key of its own', () => {
    const told = new Told();
    told.at('10:15', A_DOWN, ['b']);

    const [first] = told.at('11:15', A_DOWN, ['b']) as [Alert];
    const [second] = told.at('16:15', A_DOWN, ['b']) as [Alert];

    expect(headlineOf(first)).toBe('Node a still DOWN: Orthanc hangs - use https://b.example');
    expect([first.key, second.key]).toEqual([
      '20261123T101500Z-a#REMINDER-1',
      '20261123T101500Z-a#REMINDER-2',
    ]);
  });
});

describe('what nodes share, and who looks', () => {
  it.each([
    ['database', 'DATABASE DOWN: both nodes wait for it - no address is proven to work'],
    ['storage', 'BUCKET of images DOWN - no address is proven to work'],
  ] as const)('have their own first line: %s', (subject, line) => {
    const seen = judgement({ [subject]: trouble(subject) });

    expect(read(new Told().at('10:15', seen))[0]).toBe(line);
  });

  it('is told to be blind where it is, and to see again', () => {
    const told = new Told();
    const blind = judgement(
      { observer: trouble('observer') },
      { a: 'unseen', b: 'unseen', withheld: ['a', 'b'] },
    );
    told.at('10:15', blind);

    expect(read(told.at('10:18', blind))[0]).toBe(
      'BLIND: Orthweb cannot see the nodes - no address is proven to work',
    );
    told.at('10:20', WELL, ['b']);
    expect(read(told.at('10:23', WELL, ['b']))[0]).toBe(
      'RECOVERED: Orthweb sees the nodes again - use https://b.example',
    );
  });
});

describe('whatever the cause', () => {
  /** Complete, or this does not compile. */
  const ALL: Readonly<Record<Cause, 'node' | 'degraded' | 'shared' | 'observer'>> = {
    stopped: 'node',
    missing: 'node',
    system: 'node',
    volume: 'node',
    unreachable: 'node',
    docker: 'node',
    nginx: 'node',
    'orthanc-down': 'node',
    'orthanc-hung': 'node',
    dicom: 'node',
    certificate: 'node',
    clock: 'node',
    disk: 'node',
    drained: 'node',
    'way-to-database': 'node',
    'way-to-storage': 'node',
    agent: 'degraded',
    'disk-filling': 'degraded',
    'clock-drift': 'degraded',
    database: 'shared',
    storage: 'shared',
    observer: 'observer',
    unanswered: 'observer',
  };
  const causes = Object.keys(ALL) as Cause[];

  it.each(causes)('%s has its section in the runbook', (cause) => {
    expect(runbookSections()).toContain(`health-${cause}`);
  });

  it.each(causes.filter((cause) => ALL[cause] === 'node' || ALL[cause] === 'degraded'))(
    '%s is said in words, in a subject that has the whole address',
    (cause) => {
      const told = new Told();
      const kind = ALL[cause] as 'node' | 'degraded';
      const seen = judgement({ a: trouble('a', { class: kind, cause }) });
      const first = told.at('10:00', seen, ['b']);
      const [opened, ...more] = [...first, ...told.at('10:10', seen, ['b'])] as [Alert];
      const [reminder] = told.at('11:30', seen, ['b']) as [Alert];
      const address = 'ec2-203-113-110-110.ap-southeast-2.compute.amazonaws.com';

      const subjects = [opened, reminder].map((one) => {
        const long = { ...one, advice: `use https://${address}` };
        const write = outboxRow('research-group-sydney', long, at('11:30'));
        return ('put' in write ? write.value : {}) as OutboxRow;
      });

      expect(more).toEqual([]);
      expect(headlineOf(opened)).toMatch(
        /^Node a (DOWN|needs care): [A-Za-z][A-Za-z ]+ - use https/,
      );
      for (const { subject } of subjects) expect(subject).toContain(address);
    },
  );

  it('an address is recommended only if it was proven within the minute before', () => {
    const ages = fc.record({
      a: fc.option(fc.integer({ min: 0, max: 180 })),
      b: fc.option(fc.integer({ min: 0, max: 180 })),
    });
    const looks = fc.constantFrom(A_DOWN, BOTH_DOWN, judgement({ database: trouble('database') }));

    fc.assert(
      fc.property(looks, ages, (seen, { a, b }) => {
        const ago = (age: number | null) => age !== null && secondsAfter(at('10:15'), -age);
        const proven = { ...(a !== null && { a: ago(a) }), ...(b !== null && { b: ago(b) }) };
        const [alert] = new Told().at('10:15', seen, proven as Proven) as [Alert];
        const text = [...read([alert]), JSON.stringify(alert.details)].join('\n');

        expect(text.includes('a.example')).toBe(a !== null && a <= 60);
        expect(text.includes('b.example')).toBe(b !== null && b <= 60);
      }),
    );
  });
});
