import { marshall } from '@aws-sdk/util-dynamodb';
import type { Invariant } from '../../../simulator/judge/invariants.ts';
import { oneAtNight, type Play, type Site, siteOf } from '../support/play.ts';

/** A play in which one fault in our code would break one invariant. */
export interface Scenario {
  /** The patch beside this file, without its ending. */
  readonly patch: string;
  /** What the patch does to our code. */
  readonly plants: string;
  readonly site: () => Site;
  readonly play: Play;
}

const clinic = () => siteOf();
const opening = { from: '2026-11-30T06:30', days: 0.15 } as const;
const closing = { from: '2026-11-30T18:30', days: 0.15 } as const;

const CERTIFICATE = 'arn:aws:states:ca-central-1:111122223333:stateMachine:clinic-certificate';

const stayClosed = {
  wish: 'stopped',
  from: '2026-11-30T12:01:30.000Z',
  until: '2026-11-30T14:00:00.000Z',
  by: 'arn:aws:iam::111122223333:user/pat',
  reason: 'no list today',
};

/** For each invariant of the design a fault in our code, and where it shows. */
export const SCENARIOS: Readonly<Record<Invariant, Scenario>> = {
  1: {
    patch: '01-serving',
    plants: 'a stop no longer waits for the proof that the peer serves',
    site: oneAtNight,
    play: {
      ...closing,
      faults: [{ name: 'dead-host', on: 'a', at: '2026-11-30T18:50', minutes: 60 }],
    },
  },
  2: {
    patch: '02-intent',
    plants: 'a run goes on to its goal when that is no longer what is wished',
    site: clinic,
    play: {
      ...opening,
      prepare: ({ clock, dynamodb }) => {
        clock.at(Date.parse('2026-11-30T12:01:30Z'), () => {
          const [table] = dynamodb.tables.values();
          const item = marshall({ pk: 'SITE', sk: 'OVERRIDE', version: 1, value: stayClosed });
          table?.items.set('override', item);
        });
      },
    },
  },
  3: {
    patch: '03-mutex',
    plants: 'the lease of a run that is at work is taken from it',
    site: clinic,
    play: {
      ...opening,
      prepare: ({ clock, stepFunctions }) => {
        clock.at(Date.parse('2026-11-30T12:01:30Z'), () => {
          const machine = stepFunctions.executions.at(-1)?.machine ?? '';
          stepFunctions.start(machine, JSON.stringify({ trigger: 'person' }));
        });
      },
    },
  },
  4: {
    patch: '04-lease',
    plants: 'a run that is done keeps the lease, and the tick sweeps it no more',
    site: clinic,
    play: opening,
  },
  5: {
    patch: '05-alerts',
    plants: 'the row of an alert is cleared before the alert is published',
    site: clinic,
    play: {
      ...opening,
      faults: [{ name: 'killed-function', on: 'power/report#4', at: '2026-11-30T07:00' }],
    },
  },
  6: {
    patch: '06-truth',
    plants: 'a probe that has ended is a proof, whatever it found',
    site: clinic,
    play: {
      ...opening,
      faults: [
        { name: 'insufficient-capacity', on: 'b', at: '2026-11-30T07:00', minutes: 30 },
        { name: 'failing-database', at: '2026-11-30T07:12', minutes: 6 },
      ],
    },
  },
  7: {
    patch: '07-shared',
    plants: 'a host whose database is away is told to take clients again',
    site: clinic,
    play: {
      ...opening,
      faults: [{ name: 'failing-database', at: '2026-11-30T07:06', minutes: 8 }],
    },
  },
  8: {
    patch: '08-bounds',
    plants: 'a refused call is made again at the next look',
    site: clinic,
    play: {
      ...opening,
      faults: [{ name: 'insufficient-capacity', on: 'a', at: '2026-11-30T07:00', minutes: 25 }],
    },
  },
  9: {
    patch: '09-certificates',
    plants: 'what clients were not seen to accept stays installed',
    site: clinic,
    play: {
      from: '2026-11-30T09:50',
      days: 0.03,
      faults: [{ name: 'unseen-node', on: 'a', at: '2026-11-30T10:00', minutes: 5 }],
      prepare: ({ clock, stepFunctions }) => {
        clock.at(Date.parse('2026-11-30T15:00:30Z'), () => {
          stepFunctions.start(CERTIFICATE, JSON.stringify({ nodes: ['a'], force: true }));
        });
      },
    },
  },
  10: {
    patch: '10-idempotence',
    plants:
      'a second trigger does everything again after the first, and hosts are undrained unasked',
    site: clinic,
    play: opening,
  },
  11: {
    patch: '11-liveness',
    plants: 'a run goes on for as long as it takes',
    site: clinic,
    play: {
      ...opening,
      faults: [{ name: 'insufficient-capacity', on: 'a', at: '2026-11-30T07:00', minutes: 90 }],
    },
  },
  12: {
    patch: '12-blind',
    plants: 'a call no longer asks how old its evidence is',
    site: clinic,
    play: {
      ...opening,
      faults: [
        { name: 'hanging-function', on: 'power/act', at: '2026-11-30T07:00' },
        { name: 'hanging-function', on: 'power/act', at: '2026-11-30T07:01' },
      ],
    },
  },
  13: {
    patch: '13-record-first',
    plants: 'an intent no longer says whose it is, and nobody asks',
    site: clinic,
    play: opening,
  },
  14: {
    patch: '14-determinism',
    plants: 'a pause hangs on the clock of the machine',
    site: clinic,
    play: opening,
  },
  15: {
    patch: '15-plan',
    plants: 'the database of a closed site is left running',
    site: clinic,
    play: closing,
  },
};
