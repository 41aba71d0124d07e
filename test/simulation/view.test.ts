import { describe, expect, it } from 'vitest';
import type { Sight } from '../../functions/shared/view.ts';
import type { Invocation } from '../../simulator/api.ts';
import type { Ailment } from '../../simulator/host-ailments.ts';
import type { World } from '../../simulator/world.ts';
import { clinic } from './support/faulted.ts';
import { stillWorld } from './support/still-world.ts';

const NOON = '2026-11-30T12:00';

/** What the function that looks sees of node a, after something was done to the world. */
async function seen({
  change = () => {},
  ask = {},
  certificates,
}: Scene = {}): Promise<Sight & { readonly world: World }> {
  const { world } = await stillWorld(clinic, NOON, certificates);
  await change(world);
  const { site } = world;
  const node = site.node('a');
  const fn = site.assembly
    .resources('AWS::Lambda::Function')
    .find((resource) => resource.text('Handler') === 'certificate/verify.handler');
  const by = {
    site,
    functionName: 'certificate/verify',
    functionArn: fn && site.assembly.names(fn).attributes?.Arn,
    network: world.chance('a look'),
  } as unknown as Invocation;
  const parameter = site.assembly.resources('AWS::SSM::Parameter')[0];
  const question = {
    address: node?.privateAddress ?? '',
    name: 'ec2-203-0-113-217.ca-central-1.compute.amazonaws.com',
    authorities: parameter?.text('Value') ?? '',
    aeTitle: 'ORTHANC',
    ...ask,
  };
  return { ...world.view.look(question, by), world };
}

interface Scene {
  readonly change?: (world: World) => unknown;
  readonly ask?: {
    readonly name?: string;
    readonly address?: string;
    readonly authorities?: string;
  };
  readonly certificates?: 'interim' | 'issued';
}

const minutes = (world: World, some: number) =>
  world.clock.runUntil(new Date(world.clock.now + some * 60_000), () => {});

const suffers =
  (ailment: Ailment) =>
  ({ site }: World) =>
    site.node('a')?.host.suffer(ailment);

describe('who looks at a node from inside the network', () => {
  it('trusts what the authority has issued for its name, and is served', async () => {
    const { web, dicom, world } = await seen();

    const { certificate } = world.site.node('a')?.host.tls.live ?? {};
    const fingerprint = certificate?.fingerprint256;
    const shown = { trusted: true, fingerprint, notAfter: '2027-02-28T16:00:00.000Z' };
    expect(web).toEqual({ ...shown, status: 200 });
    expect(dicom).toEqual({ ...shown, echo: true });
  });

  it.each<[string, Scene, string]>([
    ['an interim pair', { certificates: 'interim' }, 'self-signed certificate'],
    ['another name', { ask: { name: 'pacs.example.org' } }, 'Hostname/IP does not match'],
    ['no authority that it knows', { ask: { authorities: '' } }, 'unable to verify the first'],
  ])('does not trust %s', async (_what, scene, said) => {
    const { web, dicom } = await seen(scene);

    for (const port of [web, dicom]) {
      expect(port).toMatchObject({ trusted: false, said: expect.stringContaining(said) });
      expect(port.fingerprint).toMatch(/^[0-9A-F:]{95}$/);
    }
    expect(web).not.toHaveProperty('status');
  });

  it('hears from nginx that the database is away, and from Orthanc still', async () => {
    const { web, dicom } = await seen({ change: ({ site }) => site.database.fail(1) });

    expect(web).toMatchObject({ trusted: true, status: 504, orthanc: 200 });
    expect(dicom).toMatchObject({ trusted: true, echo: true });
  });

  const CLOSED = 'C-ECHO: the connection was closed without an answer';
  const UNANSWERED = 'C-ECHO: no answer within 8 s';

  // As the real view says it of real hosts: test/hosts/lab/view.test.ts.
  it.each<[Ailment, status: number, orthanc: number, dicom: object]>([
    [{ is: 'dead', service: 'orthanc' }, 502, 502, { echo: false, said: CLOSED }],
    [{ is: 'hung', service: 'orthanc' }, 504, 504, { echo: false, said: UNANSWERED }],
    [{ is: 'refused password' }, 503, 200, { echo: true }],
  ])('hears from nginx what becomes of $is $service', async (ailment, status, orthanc, echo) => {
    const { web, dicom } = await seen({ change: suffers(ailment) });

    expect(web).toMatchObject({ trusted: true, status, orthanc });
    expect(dicom).toMatchObject({ trusted: true, ...echo });
  });

  it.each<Ailment>([{ is: 'hung', service: 'nginx' }, { is: 'hung disk' }])(
    'hears nothing from a host that takes its connections: $is $service',
    async (ailment) => {
      const { web, dicom } = await seen({ change: suffers(ailment) });

      const mute = { trusted: false, said: 'no answer within 8 s' };
      expect({ web, dicom }).toEqual({ web: mute, dicom: mute });
    },
  );

  it('hears from Orthanc that a database that is stopped refuses it', async () => {
    const { web, dicom } = await seen({
      change: (world) => {
        world.site.database.stopByHand();
        return minutes(world, 10);
      },
    });

    expect(web).toMatchObject({ status: 503, orthanc: 200 });
    expect(dicom.echo).toBe(true);
  });

  it.each<[string, Scene, string]>([
    ['has no nginx', { change: suffers({ is: 'dead', service: 'nginx' }) }, 'ECONNREFUSED'],
    ['has no machine below it', { change: suffers({ is: 'dead machine' }) }, 'ETIMEDOUT'],
    ['hangs', { change: ({ site }) => site.node('a')?.host.hang(1) }, 'ETIMEDOUT'],
    ['is at another address', { ask: { address: '10.42.0.1' } }, 'ETIMEDOUT 10.42.0.1'],
    [
      'is drained',
      {
        change: (world) => {
          world.site.node('a')?.host.run('drain', () => {});
          return minutes(world, 1);
        },
      },
      'ECONNREFUSED',
    ],
  ])('sees nothing of one that %s', async (_what, scene, said) => {
    const { web, dicom } = await seen(scene);

    expect(web).toEqual({ trusted: false, said: expect.stringContaining(`connect ${said}`) });
    expect(dicom).toEqual({ trusted: false, said: expect.stringContaining(':11112') });
  });
});

it('a look of a function outside the network is a gap in the templates', async () => {
  const { world } = await seen();
  const by = { site: world.site, functionName: 'power/look', functionArn: 'arn' };
  const address = world.site.node('a')?.privateAddress ?? '';

  const question = { address, name: '', authorities: '', aeTitle: '' };
  const sight = world.view.look(question, by as unknown as Invocation);

  expect(sight.web.trusted).toBe(false);
  expect(world.findings.map(({ message }) => message)).toEqual([
    expect.stringMatching(/power\/look looks at nodes, and is in no VPC$/),
  ]);
});
