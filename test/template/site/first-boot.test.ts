import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { HOST_BUNDLE } from '../../../infra/site/host-bundle.ts';
import { secondsOf } from '../../../simulator/lab/systemd/time-span.ts';
import { sectionOfRunbook } from '../support/runbook.ts';
import { synth } from '../support/site-stack.ts';

const bundled = (file: string): string => readFileSync(path.join(HOST_BUNDLE, file), 'utf8');

const script = bundled('host/first-boot.sh');
const boot = bundled('host/boot.sh');
const unit = bundled('systemd/orthweb.service');
const section = sectionOfRunbook('host-not-prepared');

describe('the bounds of a first boot fit into one another', () => {
  const [, list = ''] = /^ {2}for pause in ([\d ]+); do$/m.exec(script) ?? [];
  const pauses = list.split(' ').map(Number);
  const pausing = pauses.reduce((sum, pause) => sum + pause, 0);
  const tried = Array.from(script.matchAll(/^try (.*)$/gm), ([, what = '']) => what);
  const [, start = ''] = /^TimeoutStartSec=(.*)$/m.exec(unit) ?? [];
  const [, serving = ''] = /\bserving (\d+)$/m.exec(boot) ?? [];
  const minutes = Object.values(synth().findResources('AWS::EC2::Instance')).map(
    ({ CreationPolicy }) => Number(/^PT(\d+)M$/.exec(CreationPolicy.ResourceSignal.Timeout)?.[1]),
  );

  it('a boot waits until the host serves, with time for all that comes before', () => {
    expect(Number(serving)).toBeGreaterThan(0);
    // In the rest a gigabyte of images comes, at 6 MB a second.
    expect(secondsOf(start)).toBeGreaterThanOrEqual(Number(serving) + 180);
  });

  it('a first boot gives up, and says why, before CloudFormation does', () => {
    expect(tried.map((what) => what.split(' ')[0])).toEqual(['dnf', 'curl', 'aws', 'systemctl']);
    expect(pausing).toBeGreaterThan(120);
    const starts = (pauses.length + 1) * secondsOf(start);
    // Packages, Compose and bundle take their own time besides their pauses.
    const downloads = 4 * 60;

    expect(minutes).toHaveLength(2);
    for (const bound of minutes) {
      expect(tried.length * pausing + starts + downloads).toBeLessThan(bound * 60);
    }
  });

  it('the runbook names the same minutes', () => {
    for (const bound of minutes) expect(section).toContain(`for ${bound} minutes.`);
  });
});

describe('an operator whose host did not come up', () => {
  const steps = Array.from(script.matchAll(/^step='(.+)'$/gm), ([, step = '']) => step);
  const ways = Array.from(boot.matchAll(/\b(?:step|fail) '([^']+)'/g), ([, what = '']) => what);

  it('finds each step of the first boot in the runbook, and no other', () => {
    const entries = Array.from(section.matchAll(/^- (.*?):/gm), ([, names = '']) => names);
    const named = entries.flatMap((names) =>
      Array.from(names.matchAll(/\*([^*]+)\*/g), ([, name]) => name),
    );

    expect(steps).toHaveLength(8);
    expect(named).toEqual([...steps, 'no signal at all']);
  });

  it('finds there what may keep the site from starting, and where to read it', () => {
    // What an update or an undrain left is no matter of a host's first boot.
    const first = ways.filter((what) => !/bundle|closes|an update/.test(what));

    expect(first.length).toBeGreaterThan(5);
    for (const what of first) expect(section).toContain(`*${what}*`);
    expect(section).toContain('journalctl -u orthweb.service');
    expect(section).toContain('*Get system log*');
  });
});
