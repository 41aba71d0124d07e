import { describe, expect, it, vi } from 'vitest';
import { readBusy } from '../../../functions/health/host-words.ts';
import { refuse, service } from '../support/clients.ts';
import { at, stillClock } from '../support/time.ts';

stillClock();

/** What is said to change the host at noon. */
function busy(...running: readonly (readonly [document: string, since: string])[]) {
  vi.setSystemTime(at('12:00'));
  const ssm = service({
    ListCommandInvocations: () => ({
      CommandInvocations: running.map(([DocumentName, since]) => ({
        DocumentName,
        RequestedDateTime: at(since),
      })),
    }),
  });
  return readBusy(ssm, 'clinic-probe', 'i-a').then((said) => ({ said, calls: ssm.calls }));
}

describe('a host is busy', () => {
  it('with a command of the site that changes it', async () => {
    const { said, calls } = await busy(['clinic-update', '11:50']);

    expect(said).toBe('clinic-update');
    expect(calls).toEqual([
      {
        name: 'ListCommandInvocations',
        input: { InstanceId: 'i-a', Filters: [{ key: 'Status', value: 'InProgress' }] },
      },
    ]);
  });

  it('with one that comes after others in the list', async () => {
    const { said } = await busy(['clinic-probe', '11:59'], ['clinic-drain', '11:58']);

    expect(said).toBe('clinic-drain');
  });

  it.each<[string, readonly [string, string][]]>([
    ['with nothing', []],
    ['with what only looks', [['clinic-probe', '11:59']]],
    ['with what clients do not notice', [['clinic-certificate-install', '11:59']]],
    ['with what AWS does on its own', [['AWS-GatherSoftwareInventory', '11:59']]],
    ['with what another site is told', [['other-update', '11:59']]],
    ['with what should have ended long ago', [['clinic-update', '11:30']]],
  ])('not %s', async (_, running) => {
    await expect(busy(...running)).resolves.toMatchObject({ said: undefined });
  });

  it('not when Systems Manager does not say', async () => {
    const ssm = service({ ListCommandInvocations: refuse('ThrottlingException') });

    await expect(readBusy(ssm, 'clinic-probe', 'i-a')).resolves.toBeUndefined();
  });
});
