import { describe, expect, it } from 'vitest';
import type { ConfigInput } from '../../infra/config.ts';
import { rehearse } from '../../simulator/rehearsal.ts';
import { instantAt } from '../../simulator/report/local-time.ts';
import { planRows } from '../../simulator/report/plan-table.ts';
import type { SimulationResult } from '../../simulator/simulation.ts';
import {
  edited,
  optionsOf,
  type Play,
  play,
  type Site,
  siteOf,
  type Template,
  type TemplateResource,
  templateOf,
} from './support/play.ts';

const west: Partial<ConfigInput> = {
  site: 'west',
  timeZone: 'America/Winnipeg',
  schedule: { windows: [{ from: '06:30', to: '20:15', weekdays: 'mon-sat' }], nodes: 'one' },
  alerts: { emails: ['west@example.org'] },
};
const east = siteOf({ site: 'east', alerts: { emails: ['east@example.org'] } });
const neighbour = siteOf(west);

const week = { from: '2026-11-30T00:00', days: 7 } as const;
const monday = { from: '2026-11-30T00:00', days: 1 } as const;

/** What happened at one of the sites; the one that is played has no name in the trace. */
const at = (result: SimulationResult, name?: string): SimulationResult => ({
  ...result,
  entries: result.entries.filter(({ site }) => site === name).map(unmarked),
  deliveries: result.deliveries.filter(({ site }) => site === name).map(unmarked),
  runs: result.runs.filter(({ site }) => site === name).map(unmarked),
});
const unmarked = <T extends { readonly site?: string }>({ site: _site, ...rest }: T) =>
  rest as unknown as T;

const rowsOf = (result: SimulationResult, { plan }: Site) => {
  const from = instantAt(week.from, east.timeZone);
  return planRows(result, plan, from, new Date(from.getTime() + week.days * 86_400_000));
};

describe('two sites in one account and region', () => {
  it('keep every promise together for a week, with their events doubled, too', async () => {
    const result = await rehearse(optionsOf(east, { ...week, neighbours: [neighbour] }));

    expect(result.failure).toBeUndefined();
    expect(result.findings).toEqual([]);
  });

  it('open and close each on its own schedule, in its own zone', async () => {
    const result = await play(east, { ...week, neighbours: [neighbour] });

    const rows = [rowsOf(at(result), east), rowsOf(at(result, 'west'), neighbour)];
    // The deployment, five openings and closings here, six of each there.
    expect(rows.map(({ length }) => length)).toEqual([11, 13]);
    for (const row of rows.flat()) expect(row.done).toBeLessThan(20 * 60);
    expect(rows.map(([, opening]) => opening?.planned)).toEqual([
      '2026-11-30T12:00:00.000Z',
      '2026-11-30T12:30:00.000Z',
    ]);
    const stopped = at(result, 'west').entries.filter(({ text }) => text === 'stopped');
    expect([...new Set(stopped.map(({ who }) => who))]).toEqual(['node b']);
  });

  it.each([
    ['east', east, neighbour],
    ['west', neighbour, east],
  ])('do together what each does alone: %s', async (_name, site, other) => {
    const alone = await play(site, week);
    const together = await play(site, { ...week, neighbours: [other] });

    const { entries, deliveries, runs } = at(together);
    expect({ entries, deliveries, runs }).toEqual({
      entries: alone.entries,
      deliveries: alone.deliveries,
      runs: alone.runs,
    });
    expect(together.entries.length).toBeGreaterThan(alone.entries.length);
  });

  it('leave what strikes one of them to that one', async () => {
    const faults = [
      { name: 'throttled-api', on: 'ec2:*', at: '2026-11-30T07:00', minutes: 90 },
      { name: 'failing-database', at: '2026-11-30T07:30', minutes: 30 },
      // West starts its node b at 07:30 by the clock of east, which has started its own by then.
      { name: 'insufficient-capacity', on: 'b', at: '2026-11-30T07:20' },
      { name: 'dead-host', on: 'b', at: '2026-11-30T09:00' },
      { name: 'lost-events', on: 'tick', at: '2026-11-30T07:00', minutes: 30 },
      { name: 'deploy', at: '2026-11-30T07:01' },
      { name: 'aborted-run', at: '2026-11-30T07:31' },
    ] as const;
    const calm = await play(east, { ...monday, neighbours: [neighbour] });
    const alone = await play(east, { ...monday, faults });
    const struck = await play(east, { ...monday, faults, neighbours: [neighbour] });

    expect(struck.failure).toBeUndefined();
    expect(struck.unstruck.map(({ name }) => name)).toEqual(['insufficient-capacity']);
    expect(at(struck).entries).toEqual(alone.entries);
    expect(alone.entries.map(({ kind }) => kind)).toContain('alarm');
    expect(at(struck, 'west').entries).toEqual(at(calm, 'west').entries);
  });

  it('tell each its own operators', async () => {
    const result = await play(east, { ...week, neighbours: [neighbour] });

    for (const { to, subject } of result.deliveries) {
      expect(subject).toContain(to === 'west@example.org' ? '[west]' : '[east]');
    }
    expect(new Set(result.deliveries.map(({ to }) => to)).size).toBe(2);
  });

  it('are refused where CloudFormation would refuse the second', async () => {
    const together = (other: Partial<ConfigInput>) =>
      play(east, { ...monday, neighbours: [siteOf({ ...west, ...other })] });

    await expect(together({ site: 'east' })).rejects.toThrow(
      'the site east: the stack east is taken by the site east',
    );
    await expect(
      together({ region: 'us-west-2', zones: ['us-west-2a', 'us-west-2b'] }),
    ).rejects.toThrow('the site west is in us-west-2, and one world is one region');
  });

  it('are refused if a name that both give would be taken', async () => {
    const named = (of: Site) =>
      edited(of, (template) => {
        for (const document of all(template, 'AWS::SSM::Document')) {
          if (/-drain$/.test(document.Properties.Name)) document.Properties.Name = 'drain';
        }
      });

    await expect(play(named(east), { ...monday, neighbours: [named(neighbour)] })).rejects.toThrow(
      /^west:.*: AWS::SSM::Document drain is taken by OrthwebOperations\/Commands\/Drain/,
    );
  });
});

const all = ({ Resources }: Template, type: string): TemplateResource[] =>
  Object.values(Resources).filter(({ Type }) => Type === type);

/** East as if somebody had copied the settings of west into its functions. */
const astray = edited(east, (template) => {
  for (const { Properties } of all(template, 'AWS::Lambda::Function')) {
    const { Variables } = Properties.Environment;
    if (Variables.SITE) Variables.SITE = 'west';
  }
});

/** And as if its rights had been copied with them. */
const trespassing = edited(astray, (template) => {
  for (const { Properties } of all(template, 'AWS::IAM::Policy')) {
    for (const { Condition } of Properties.PolicyDocument.Statement) {
      for (const key of ['aws:ResourceTag/orthweb:site', 'ssm:resourceTag/orthweb:site']) {
        if (Condition?.StringEquals?.[key]) Condition.StringEquals[key] = 'west';
      }
    }
  }
});

/** East as if its rule had lost whose runs it is about. */
const nosy = edited(east, (template) => {
  for (const { Properties } of all(template, 'AWS::Events::Rule')) {
    if (!Properties.EventPattern.detail?.stateMachineArn) continue;
    delete Properties.EventPattern.detail.stateMachineArn;
  }
});

describe('a border that is not there shows', () => {
  it('as a missing right, where only the settings of one site name the other', async () => {
    const { findings } = await play(astray, { ...monday, neighbours: [neighbour] });

    expect(findings.map(({ message }) => message)).toContainEqual(
      expect.stringMatching(/Power\/Act\/Role .* has no statement that allows ssm:SendCommand on/),
    );
  });

  it('as broken promises of the other site, where its rights do as well', async () => {
    const { findings, entries } = await play(trespassing, { ...monday, neighbours: [neighbour] });

    expect(findings.map(({ message }) => message)).toContainEqual(
      expect.stringMatching(
        /invariant 13 \(Record first\) .* site west: power\/act of east for .*:east-power:/,
      ),
    );
    expect(entries).toContainEqual(
      expect.objectContaining({ kind: 'call', text: 'ec2:StopInstances node b of west' }),
    );
  });

  it('in the trace, where the rule of one site hears of the runs of the other', async () => {
    const badEnd: Pick<Play, 'prepare'> = {
      prepare: ({ clock, stepFunctions }) => {
        clock.at(instantAt('2026-11-30T06:32', 'America/Winnipeg').getTime(), () => {
          for (const { abort, site } of stepFunctions.executions) if (site.mark) abort();
        });
      },
    };
    const triggers = async (site: Site) => {
      const result = await play(site, { ...monday, ...badEnd, neighbours: [neighbour] });
      return result.entries
        .filter(({ who, at }) => who === 'EventBridge' && at.startsWith('2026-11-30T12:32'))
        .map((entry) => entry.site ?? 'east');
    };

    // Two rules of each site hear of its runs: for its tick, and for who looks at its health.
    expect(await triggers(east)).toEqual(['west', 'west']);
    expect((await triggers(nosy)).sort()).toEqual(['east', 'east', 'west', 'west']);
  });
});

it('shares no physical name between two sites', () => {
  const names = (site: Site): string[] =>
    (['Orthweb', 'OrthwebOperations'] as const).flatMap((stack) => {
      const { Resources, Outputs = {} } = templateOf(site, stack) as Template & {
        Outputs?: Record<string, { Export?: { Name: unknown } }>;
      };
      return [
        ...Object.values(Resources).flatMap(physicalName),
        ...Object.values(Outputs).flatMap(({ Export }) =>
          Export ? [`export ${JSON.stringify(Export.Name)}`] : [],
        ),
      ];
    });

  const [here, there] = [names(east), names(neighbour)];

  expect(here).toContain('AWS::KMS::Alias alias/east');
  expect(here).toContain('AWS::RDS::DBInstance east');
  expect(here.filter((name) => there.includes(name))).toEqual([]);
});

/** What we call a resource, in the property that CloudFormation has for it: one string, if any. */
function physicalName({ Type, Properties = {} }: TemplateResource): string[] {
  // An inline policy is named within its role.
  if (Type === 'AWS::IAM::Policy') return [];
  const kind = Type.split('::')[2];
  return ['Name', `${kind}Name`, `${kind}Identifier`]
    .map((property) => Properties[property])
    .filter((name) => typeof name === 'string')
    .map((name) => `${Type} ${name}`);
}
