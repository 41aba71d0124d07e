import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { instantAt } from '../../simulator/report/local-time.ts';
import { reportJson } from '../../simulator/report/report.ts';
import { rsaKey } from '../../simulator/rsa-key.ts';
import { keysOf } from '../../simulator/services/kms.ts';
import type { World } from '../../simulator/world.ts';
import { privateKeysIn } from '../support/private-keys.ts';
import { clinic } from './support/faulted.ts';
import { optionsOf, play } from './support/play.ts';

const MORNING = '2026-11-30T06:30';

/** Everything that a play leaves behind, by where. */
interface Left {
  readonly places: Readonly<Record<string, readonly string[]>>;
  readonly keys: readonly KeyObject[];
  readonly renewals: number;
}

/** A first deployment is opened, both nodes get their first certificates; `plant` spoils it. */
async function left(plant: (world: World) => void = () => {}): Promise<Left> {
  const [history, calls, logs, metrics, tables]: string[][] = [[], [], [], [], []];
  const worlds: World[] = [];
  const scene = { from: MORNING, days: 0.06, certificates: 'interim' } as const;
  const result = await play(clinic, {
    ...scene,
    prepare: (world) => {
      worlds.push(world);
      listen(world, { history, calls, logs, metrics });
      plant(world);
    },
  });
  const [world] = worlds;
  if (!world) throw result.failure;
  const { assembly } = world.site;
  for (const { items } of world.dynamodb.tables.values())
    tables?.push(...[...items.values()].map(text));
  const options = optionsOf(clinic, scene);
  const from = instantAt(MORNING, clinic.timeZone);
  const about = { ...clinic, ...options, config: 'clinic', from, end: from, days: 1 };
  return {
    places: {
      'the history of each execution': history ?? [],
      'calls of AWS, with commands and what hosts answered': calls ?? [],
      'the log of each function': logs ?? [],
      metrics: metrics ?? [],
      'the operations table': tables ?? [],
      'parameters of Systems Manager': assembly
        .resources('AWS::SSM::Parameter')
        .map((one) => one.text('Value')),
      alerts: result.deliveries.map(text),
      'what happened': result.entries.map(text),
      'what npm start --json writes': [reportJson({ ...about, result } as never)],
    },
    keys: keysIn(world),
    renewals: calls?.filter((call) => call.includes('certificate-install')).length ?? 0,
  };
}

/** As JSON, with bytes as AWS writes them. */
const text = (value: unknown): string =>
  JSON.stringify(value, (_key, inner) => {
    const bytes = inner?.type === 'Buffer' ? inner.data : inner;
    const isBytes = inner?.type === 'Buffer' || inner instanceof Uint8Array;
    return isBytes ? Buffer.from(bytes).toString('base64') : inner;
  }) ?? '';

type Heard = Readonly<Record<'history' | 'calls' | 'logs' | 'metrics', string[] | undefined>>;

function listen(world: World, { history, calls, logs, metrics }: Heard): void {
  const { api, cloudwatch, lambda, stepFunctions } = world;
  stepFunctions.heard = (event) => history?.push(text(event));
  for (const operations of Object.values(api.services)) {
    for (const [name, { permissions, run }] of Object.entries(operations)) {
      const heard = (input: never, by: never) => {
        const answer = run(input, by);
        calls?.push(text([name, input, answer]));
        return answer;
      };
      Object.assign(operations, { [name]: { permissions, run: heard } });
    }
  }
  // A deployed function logs its answer, or why it failed.
  const { invoke } = lambda;
  lambda.invoke = async (...call) => {
    const answer = await invoke.apply(lambda, call).catch((error) => {
      logs?.push(String(error));
      throw error;
    });
    logs?.push(text(answer));
    return answer;
  };
  const { record } = cloudwatch;
  cloudwatch.record = (...value) => {
    metrics?.push(text(value));
    record.apply(cloudwatch, value);
  };
}

/** Those of hosts and of KMS. */
function keysIn({ site }: World): KeyObject[] {
  const pairs = ['a', 'b'].flatMap((node) => {
    const { live, former } = site.node(node)?.host.tls ?? {};
    return [live, former];
  });
  const hosts = pairs.flatMap((pair) => pair?.key?.privateKey ?? []);
  const ours = keysOf(site.assembly, new Date()).filter(({ pair }) => pair);
  return [...hosts, ...ours.map(({ arn }) => rsaKey(arn, 3072).privateKey)];
}

/** Where private keys are, in words. */
const found = ({ places, keys }: Left): string[] =>
  Object.entries(places).flatMap(([place, contents]) => {
    const whats = contents.flatMap((content) => privateKeysIn(content, keys));
    return [...new Set(whats)].map((what) => `${place}: ${what}`);
  });

describe('a first deployment with the renewal of both nodes', () => {
  it('leaves no private key anywhere', async () => {
    const all = await left();

    expect(all.renewals).toBeGreaterThanOrEqual(2);
    expect(all.keys.length).toBeGreaterThanOrEqual(5);
    for (const [place, contents] of Object.entries(all.places)) {
      expect(contents.length, place).toBeGreaterThan(0);
    }
    expect(found(all)).toEqual([]);
  });

  it('would be found to leave one that a host answers with', async () => {
    const all = await left(({ site }) => {
      const host = site.node('a')?.host;
      if (!host) return;
      const { run } = host;
      host.run = (script, done, parameters) =>
        run.call(
          host,
          script,
          (result) => {
            const key = host.tls.live?.key?.privateKey.export({ type: 'pkcs1', format: 'der' });
            const output = result.output.replace(/}$/, `,"reason":"${key?.toString('base64')}"}`);
            done({ ...result, output });
          },
          parameters,
        );
    });

    expect(found(all).join('\n')).toMatch(/calls of AWS.*: PKCS1 in DER, in base64/);
  });

  it('would be found to leave one that somebody writes into an input', async () => {
    const all = await left((world) => {
      const { stepFunctions } = world;
      const machine = 'arn:aws:states:ca-central-1:111122223333:stateMachine:clinic-certificate';
      const input = JSON.stringify({ trigger: 'person', reason: PEM });
      world.clock.at(instantAt('2026-11-30T07:30', clinic.timeZone).getTime(), () => {
        stepFunctions.start(machine, input);
      });
    });

    const places = new Set(found(all).map((one) => one.split(':')[0]));
    expect([...places]).toEqual(
      expect.arrayContaining([
        'the history of each execution',
        'what happened',
        'what npm start --json writes',
      ]),
    );
  });

  it('would be found to leave one in any of the places', async () => {
    const all = await left();
    const [known] = all.keys;
    const { p = '' } = known?.export({ format: 'jwk' }) ?? {};
    const prime = Buffer.from(p, 'base64url').toString('hex').toUpperCase();

    for (const [place, contents] of Object.entries(all.places)) {
      const spoilt = { ...all, places: { [place]: [...contents, `{"serial":"${prime}"}`] } };
      expect(found(spoilt), place).toEqual([`${place}: the number p of the known key 1`]);
    }
  });
});

const OTHER = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
const EC = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
const PEM = OTHER.export({ type: 'pkcs8', format: 'pem' }).toString();
const DER = OTHER.export({ type: 'pkcs8', format: 'der' });
const numbers = OTHER.export({ format: 'jwk' });
const exponent = Buffer.from(numbers.d ?? '', 'base64url');
const behind = (bytes: number, what: Buffer) =>
  Buffer.concat([Buffer.alloc(bytes, 7), what, Buffer.from('more')]).toString('base64');

describe('the search for private keys', () => {
  it.each([
    ['PEM', PEM],
    ['PEM in JSON', JSON.stringify({ key: PEM })],
    ['PEM in base64', Buffer.from(PEM).toString('base64')],
    ['PKCS #1', OTHER.export({ type: 'pkcs1', format: 'der' }).toString('base64')],
    ['PKCS #8 in an URL', DER.toString('base64url')],
    ['PKCS #8 with text around', `key=${DER.toString('base64')}&x`],
    ['PKCS #8 in wrapped lines', `a\n${DER.toString('base64').replace(/(.{76})/g, '$1\n')}`],
    ['PKCS #8 in JSON lines', JSON.stringify(DER.toString('base64').replace(/(.{64})/g, '$1\n'))],
    ['PKCS #8 in base64 of base64', Buffer.from(DER.toString('base64')).toString('base64')],
    ['PKCS #8 in hexadecimal', DER.toString('hex')],
    ['an elliptic curve in SEC 1', EC.export({ type: 'sec1', format: 'der' }).toString('base64')],
    ['bytes', DER],
  ])('finds a key that nobody knows: %s', (_what, content) => {
    expect(privateKeysIn(content)).not.toEqual([]);
  });

  it.each([
    ['bytes', exponent],
    ['hexadecimal', exponent.toString('hex')],
    [
      'hexadecimal with colons',
      exponent
        .toString('hex')
        .toUpperCase()
        .replace(/(..)(?=.)/g, '$1:'),
    ],
    ['base64', exponent.toString('base64')],
    ['base64 of an URL', numbers.d ?? ''],
    ['base64, one byte in', behind(1, exponent)],
    ['base64, two bytes in', behind(2, exponent)],
    ['base64, three bytes in', behind(3, exponent)],
    ['a decimal number', BigInt(`0x${exponent.toString('hex')}`).toString()],
  ])('finds the exponent of a key that is known: %s', (_what, content) => {
    expect(privateKeysIn(content)).toEqual([]);
    expect(privateKeysIn(content, [OTHER])).toEqual(['the number d of the known key 1']);
  });

  it('takes no public key and no certificate for a private one', () => {
    const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const spki = publicKey.export({ type: 'spki', format: 'der' });

    expect(privateKeysIn(spki, [OTHER])).toEqual([]);
    expect(privateKeysIn(spki.toString('base64'), [OTHER])).toEqual([]);
    expect(privateKeysIn(publicKey.export({ type: 'spki', format: 'pem' }), [OTHER])).toEqual([]);
  });
});
