import { cpSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { play, siteOf } from './support/play.ts';
import { stillWorld } from './support/still-world.ts';

const BUNDLE = `s3://cdk-assets/${'0123456789abcdef'.repeat(4)}.zip`;

/** What becomes of a document that is sent to node a with these values. */
async function send(script: string, Parameters?: Readonly<Record<string, readonly string[]>>) {
  const { world, by } = await stillWorld();
  const DocumentName = `clinic-${script}`;
  const InstanceIds = [world.site.node('a')?.id];
  const input = { DocumentName, InstanceIds, ...(Parameters && { Parameters }) };
  return () => world.ssm.operations.SendCommand?.run(input as never, by);
}

describe('Systems Manager takes no command', () => {
  it.each([
    ['with a value for what is no parameter', 'probe', { Command: ['id'] }, /^Command is no/],
    [
      'with a parameter called like a method of every object',
      'probe',
      { toString: ['id'] },
      /is no/,
    ],
    ['without a value that has no default', 'restart', {}, /^Service needs a value/],
    ['without any', 'logs', undefined, /^Service needs a value/],
    ['with no choice of the document', 'restart', { Service: ['sshd'] }, /^the value of Service/],
    ['with an empty value', 'restart', { Service: [''] }, /^the value of Service/],
    ['with two values', 'restart', { Service: ['nginx', 'orthanc'] }, /takes one value/],
    ['with none in its list', 'restart', { Service: [] }, /takes one value/],
    ['off its pattern', 'logs', { Service: ['nginx'], Lines: ['501'] }, /^the value of Lines/],
    ['with a newline', 'logs', { Service: ['nginx'], Lines: ['5\n'] }, /^the value of Lines/],
    ['with a command behind it', 'update', { Bundle: [`${BUNDLE};id`] }, /^the value of Bundle/],
  ] as const)('%s', async (_what, script, parameters, message) => {
    expect(await send(script, parameters)).toThrow(
      expect.objectContaining({
        name: 'InvalidParameters',
        message: expect.stringMatching(message),
      }),
    );
  });
});

describe('with values that fit it does not guess what a script of a person does', () => {
  it.each([
    ['restart', { Service: ['all'] }],
    ['logs', { Service: ['orthanc'] }],
    ['logs', { Service: ['nginx'], Lines: ['500'] }],
    ['update', undefined],
    ['update', { Bundle: [BUNDLE] }],
    ['boot', undefined],
    ['secrets', undefined],
  ] as const)('%s %j', async (script, parameters) => {
    expect(await send(script, parameters)).toThrow(
      expect.objectContaining({
        name: 'NotModelled',
        message: `clinic-${script}: what ${script}.sh does to a host is not modelled`,
      }),
    );
  });
});

it('runs no script that the bundle of the host does not hold', async () => {
  const site = siteOf();
  const directory = mkdtempSync(path.join(tmpdir(), 'orthweb-'));
  cpSync(site.directory, directory, { recursive: true });
  for (const file of readdirSync(directory).filter((name) => /^asset\.[0-9a-f]+$/.test(name))) {
    rmSync(path.join(directory, file, 'host/drain.sh'), { force: true });
  }

  const evening = { from: '2026-11-30T18:55', days: 0.05 };
  const { failure } = await play({ ...site, directory }, evening);

  expect(failure?.message).toMatch(/has no host\/drain\.sh to run/);
});
