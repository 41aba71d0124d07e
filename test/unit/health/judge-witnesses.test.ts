import { describe, expect, it } from 'vitest';
import type { Judgement } from '../../../functions/health/judgement.ts';
import type { NodeObservation, Observation } from '../../../functions/health/observation.ts';
import { proofsOf } from '../../../functions/health/proofs.ts';
import type { Incident } from '../../../functions/shared/incident.ts';
import {
  database,
  NO_DATABASE,
  nodeSeen,
  ORTHANC_HUNG,
  seen,
  UNTRUSTED,
  unlooked,
  wellSeen,
  word,
} from '../support/health.ts';
import { judged, standings, troubles } from '../support/judged.ts';
import { reached, siteState } from '../support/site.ts';
import { iso } from '../support/time.ts';

const summary = (judgement: Judgement): string[] => [standings(judgement), ...troubles(judgement)];

const instance = (more: object) => ({
  ...nodeSeen('a').instance,
  state: 'running',
  names: [],
  ...more,
});
const without = (node: 'a' | 'b'): NodeObservation => {
  const { instance: _, ...rest } = nodeSeen(node);
  return rest;
};
const blindWith = (a: NodeObservation, b: NodeObservation = {}): Observation => {
  const { nodes, ...rest } = unlooked();
  return { ...rest, nodes: { a: { ...nodes.a, ...a }, b: { ...nodes.b, ...b } } };
};
const NO_ECHO = wellSeen({ dicom: { echo: false, said: 'C-ECHO: refused' } });
const LATE_CERTIFICATE = wellSeen({ dicom: { trusted: false, said: 'certificate has expired' } });
const unheard = (status: number) => wellSeen({ web: { status, said: 'no answer within 8 s' } });

describe('a client that is served beats who says otherwise', () => {
  it.each<[string, Observation, string[]]>([
    [
      'EC2 gives no answer',
      { ...seen({ unanswered: ['EC2: X'] }), nodes: { a: without('a'), b: without('b') } },
      ['serves serves'],
    ],
    [
      'EC2 still says stopped',
      seen({ a: { instance: instance({ state: 'stopped' }) } }),
      ['serves serves'],
    ],
    [
      'the host does not know the word for what it means',
      seen({ a: { host: word('else') } }),
      ['serves serves'],
    ],
    ...(
      [
        ['nginx-down', 'nginx'],
        ['docker-down', 'docker'],
        ['orthanc-down', 'orthanc-down'],
        ['orthanc-hung', 'orthanc-hung'],
        ['database-refused', 'way-to-database'],
        ['database-silent', 'way-to-database'],
        ['certificate-mismatch', 'certificate'],
        ['certificate-untrusted', 'certificate'],
        ['drained', 'drained'],
      ] as const
    ).map(([verdict, cause]): [string, Observation, string[]] => [
      `its host says ${verdict}: that is to be looked into`,
      seen({ a: { host: word(verdict) } }),
      ['serves serves', `a degraded ${cause}`],
    ]),
    [
      'its host cannot store images: no client sees that',
      seen({ a: { host: word('storage-failing') } }),
      ['fails serves', 'a node way-to-storage'],
    ],
  ])('%s', (_, of, expected) => {
    expect(summary(judged(of))).toEqual(expected);
  });
});

it('nobody is sent to a node whose host says that it does not serve', () => {
  const of = seen({ a: { host: word('orthanc-hung') }, b: { host: word() } });

  expect(Object.keys(proofsOf(judged(of), of).proofs)).toEqual(['b']);
});

describe('what is not known is not said', () => {
  it.each<[string, Observation, string[]]>([
    [
      'Orthanc gave no answer of its own: the database is not to blame',
      seen({ a: { sight: unheard(504) }, b: { sight: unheard(504) } }),
      ['fails fails', 'a node orthanc-hung', 'b node orthanc-hung'],
    ],
    [
      'Orthanc is away, and is not asked twice',
      seen({ a: { sight: unheard(502) } }),
      ['fails serves', 'a node orthanc-down'],
    ],
    [
      'the database is silent to who looks, and answers through the node whose DICOM fails',
      seen({ a: { sight: NO_ECHO }, database: database('available', 'silent') }),
      ['fails serves', 'a node dicom'],
    ],
    [
      'DICOM fails on one and the database on the other: one cause explains both',
      seen({
        a: { sight: NO_ECHO },
        b: { sight: NO_DATABASE },
        database: database('available', 'silent'),
      }),
      ['fails fails', 'database shared database'],
    ],
    [
      'the certificate of DICOM alone is not trusted',
      seen({ a: { sight: LATE_CERTIFICATE } }),
      ['fails serves', 'a node certificate'],
    ],
  ])('%s', (_, of, expected) => {
    expect(summary(judged(of))).toEqual(expected);
  });

  it('a certificate that nobody says a word about is told without one', () => {
    const sight = { ...UNTRUSTED, web: { trusted: false, fingerprint: 'AA:01' } };

    expect(judged(seen({ a: { sight } })).troubles.a?.reason).toBe(
      'Clients do not trust the certificate of node a.',
    );
  });
});

describe('who cannot see goes on saying so', () => {
  it.each<[string, Observation, string[]]>([
    [
      'both hosts say that they have lost the database',
      blindWith({ host: word('database-silent') }, { host: word('database-silent') }),
      ['fails fails', 'observer blind observer', 'database shared database'],
    ],
    [
      'both instances were stopped by hand',
      blindWith(
        { instance: instance({ state: 'stopped' }) },
        { instance: instance({ state: 'stopped' }) },
      ),
      ['fails fails', 'observer blind observer', 'a node stopped', 'b node stopped'],
    ],
    [
      'EC2 gives no answer either',
      { ...unlooked({ unanswered: ['EC2: X'] }), nodes: { a: {}, b: {} } },
      ['unseen unseen', 'observer blind observer'],
    ],
  ])('%s', (_, of, expected) => {
    expect(summary(judged(of))).toEqual(expected);
  });

  it('but not while no node is meant to serve', () => {
    const closed = siteState(reached({ a: 'stopped', b: 'stopped', database: 'stopped' }));

    expect(summary(judged(unlooked(), closed))).toEqual(['planned planned']);
  });
});

describe('after the bucket has come back', () => {
  const backFrom = (more: Partial<Incident>) => {
    const storage: Incident = {
      id: '20261123T115000Z-storage',
      subject: 'storage',
      class: 'shared',
      cause: 'storage',
      reason: 'it was so',
      firstBadAt: iso('11:50'),
      openedAt: iso('11:50'),
      reminders: 0,
      relapses: 0,
      findings: [],
      timeline: [],
      ...more,
    };
    return siteState({ ...reached(), 'INCIDENT#storage': storage });
  };
  const lacking = seen({ a: { host: word('storage-failing') } });

  it('a host that has not noticed is given five minutes', () => {
    const judgement = judged(lacking, backFrom({ goodSince: iso('11:56') }));

    expect(judgement.troubles).toEqual({});
    expect([...judgement.withheld].sort()).toEqual(['a', 'storage']);
  });

  it('the first good look of the bucket counts, though a host has not noticed', () => {
    expect(judged(lacking, backFrom({})).withheld).toEqual(['a']);
  });

  it('then its failure is its own', () => {
    const judgement = judged(lacking, backFrom({ goodSince: iso('11:55') }));

    expect(summary(judgement)).toEqual(['fails serves', 'a node way-to-storage']);
  });

  it('what has nothing to do with it is told at once', () => {
    const judgement = judged(
      seen({ a: { sight: ORTHANC_HUNG } }),
      backFrom({ goodSince: iso('11:58') }),
    );

    expect(summary(judgement)).toEqual(['fails serves', 'a node orthanc-hung']);
  });
});
