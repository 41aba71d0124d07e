import { expect, it } from 'vitest';
import { hostLines, telling } from '../../../simulator/report/hosts.ts';

it.each([
  ['{"booted":true}', 'booted'],
  ['{"left":0}', 'left 0'],
  ['{"left":2,"reason":"two are still open"}', 'two are still open'],
  ['{"serves":true,"verdict":"serves","disk":{}}', 'serves'],
  [
    '{"serves":false,"verdict":"drained","reason":"This host is drained."}',
    'This host is drained.',
  ],
  ['drain.sh: line 3: touch: not found', 'drain.sh: line 3: touch: not found'],
  ['127', '127'],
  ['[1]', '[1]'],
  ['', ''],
])('of %s a report tells "%s"', (output, told) => {
  expect(telling(output)).toBe(told);
});

it('gives each command a line with its time, node, exit code and seconds, under its date', () => {
  const drain = { who: 'node a', what: 'drain', code: 1, seconds: 240.04, output: '{"left":2}' };
  const commands = [
    { ...drain, at: '2026-12-01T00:00:51.000Z' },
    { ...drain, at: '2026-12-02T00:00:51.000Z' },
  ];

  expect(hostLines(commands, 'America/Toronto')).toEqual([
    '',
    'Mon 2026-11-30, UTC-05:00',
    '19:00:51  node a    drain                 exit 1    240.0 s  left 2',
    '',
    'Tue 2026-12-01, UTC-05:00',
    '19:00:51  node a    drain                 exit 1    240.0 s  left 2',
  ]);
});
