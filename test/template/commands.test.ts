import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { Assembly, type Properties } from './support/assembly.ts';
import { clinic, hospital } from './support/sites.ts';

const HOST_SCRIPTS = path.join(import.meta.dirname, '../../compose/host');
const SCRIPTS = [
  'probe',
  'drain',
  'undrain',
  'certificate-request',
  'certificate-install',
  'certificate-rollback',
  'boot',
  'restart',
  'logs',
  'secrets',
  'update',
];

const GENERATION = '20261123T101112Z-0123abcd';
/** What parameters take that have neither choices nor a default. */
const EXAMPLES: Readonly<Record<string, string>> = {
  'certificate-install Generation': GENERATION,
  'certificate-install Certificate': 'A'.repeat(1000),
  'certificate-install Authorities': 'A'.repeat(3000),
  'certificate-install Name': 'ec2-203-0-113-10.ca-central-1.compute.amazonaws.com',
  'certificate-rollback Generation': GENERATION,
};

/** What hosts.md has of them, a row for each. */
const [TABLE = ''] =
  /^\| document .*?(?=\n\n)/ms.exec(
    readFileSync(path.join(import.meta.dirname, '../../docs/hosts.md'), 'utf8'),
  ) ?? [];

/** What no parameter of any document may take. */
const HOSTILE = [
  '',
  ' ',
  '\n',
  '"',
  "'",
  '`id`',
  '$(id)',
  '${IFS}',
  ';id',
  '{{ssm:secret}}',
  '../../etc/shadow',
  'x'.repeat(10_000),
  '1'.repeat(10_000),
  '\u0000',
];

describe.each([
  ['a test site', clinic()],
  ['a production site', hospital()],
] as const)('the documents of %s', (_, config) => {
  const assembly = new Assembly(config);
  const documents = assembly.of('SSM::Document').map(({ properties }) => properties);
  const parameters = documents.flatMap(({ Name, Content }) =>
    Object.entries<Properties>(Content.parameters ?? {}).map(
      ([key, parameter]) => [`${Name} ${key}`, parameter] as const,
    ),
  );
  const parameter = (name: string) =>
    new Map<string, Properties>(parameters).get(`${config.site}-${name}`) ?? {};

  /** Whether a document lets a value through; a pattern is held against any part of the value. */
  const takes = ({ allowedPattern, allowedValues }: Properties, value: string) =>
    new RegExp(allowedPattern).test(value) && (allowedValues?.includes(value) ?? true);

  it('are one for each script that a person or a function may run, called after the site', () => {
    expect(documents.map(({ Name }) => Name)).toEqual(
      SCRIPTS.map((script) => `${config.site}-${script}`),
    );
  });

  it('each run the host’s own copy of one script, in one line, and end it in time', () => {
    for (const { Name, Content } of documents) {
      const script = Name.replace(`${config.site}-`, '');
      const { timeoutSeconds } = Content.mainSteps[0].inputs;

      expect(Content.mainSteps).toEqual([
        {
          action: 'aws:runShellScript',
          name: script,
          inputs: {
            runCommand: [`exec /usr/bin/bash /opt/orthweb/host/${script}.sh`],
            timeoutSeconds,
          },
        },
      ]);
      expect(existsSync(path.join(HOST_SCRIPTS, `${script}.sh`))).toBe(true);
      expect(Number(timeoutSeconds)).toBeGreaterThanOrEqual(30);
      expect(Number(timeoutSeconds)).toBeLessThanOrEqual(1800);
    }
  });

  it('say that nothing changes of no script that writes to the bucket', () => {
    for (const { Name, Content } of documents) {
      const script = Name.replace(`${config.site}-`, '');
      const writes = /\bbucket put\b/.test(
        readFileSync(path.join(HOST_SCRIPTS, `${script}.sh`), 'utf8'),
      );
      const [row = ''] = new RegExp(`^.*\`<site>-${script}\`.*$`, 'm').exec(TABLE) ?? [];

      expect([script, writes]).toEqual([script, script === 'probe']);
      for (const said of [Content.description, row]) {
        if (writes) expect(said).toMatch(/one small object of the bucket/);
        if (writes) expect(said).not.toMatch(/changes nothing(?! but)/i);
      }
    }
  });

  it('promise of logs no more than known phrases, as the page on hosts does', () => {
    const logs = documents.find(({ Name }) => Name === `${config.site}-logs`);

    expect(logs?.Content.description).toMatch(/known phrases in them; no other word comes through/);
    expect(TABLE).toMatch(
      /`<site>-logs` .*constant phrases .*no other word of a line comes through/,
    );
  });

  it('put no value into the text of a command', () => {
    expect(documents).toHaveLength(SCRIPTS.length);
    expect(JSON.stringify(documents)).not.toContain('{{');
  });

  it('hand each value over as a variable, and hold the whole of it against a pattern', () => {
    expect(parameters.map(([name]) => name.replace(`${config.site}-`, ''))).toEqual([
      ...Object.keys(EXAMPLES),
      'restart Service',
      'logs Service',
      'logs Lines',
      'update Bundle',
    ]);
    for (const [, { type, interpolationType, allowedPattern, description }] of parameters) {
      expect([type, interpolationType]).toEqual(['String', 'ENV_VAR']);
      expect(allowedPattern).toMatch(/^\^(\([^()]*(\([^()]*\)[^()]*)*\)|[^|]*)\$$/);
      expect(description).toMatch(/\.$/);
    }
  });

  it.each(parameters)('take nothing hostile as %s', (name, described) => {
    const example = EXAMPLES[name.replace(`${config.site}-`, '')];
    const harmless = example ?? described.default ?? described.allowedValues[0];

    if (example !== undefined) expect(takes(described, example)).toBe(true);
    for (const value of HOSTILE) {
      expect([value, takes(described, value)]).toEqual([value, false]);
      const around = [`${harmless}${value}`, `${value}${harmless}`];
      for (const other of value === '' ? [] : around) {
        expect([other, takes(described, other)]).toEqual([other, false]);
      }
    }
  });

  it('take every choice of theirs, and their own default', () => {
    for (const [, described] of parameters) {
      for (const value of described.allowedValues ?? []) {
        expect(new RegExp(described.allowedPattern).test(value)).toBe(true);
      }
      if (described.default !== undefined) {
        const real = described.default.replace('<AWS::AccountId>', '111122223333');
        expect([real, takes(described, real)]).toEqual([real, true]);
      }
    }
  });

  it('restart a service of the site or all of them, and show the log of one', () => {
    expect(parameter('restart Service').allowedValues).toEqual(['orthanc', 'nginx', 'all']);
    expect(parameter('logs Service').allowedValues).toEqual(['orthanc', 'nginx']);
  });

  it('are held against no pattern that counts further than Go does', () => {
    for (const [name, { allowedPattern }] of parameters) {
      const counts = [...allowedPattern.matchAll(/\{(\d+)(?:,(\d+))?\}/g)].map(([, from, to]) =>
        Number(to ?? from),
      );
      expect([name, counts.filter((count) => count > 1000)]).toEqual([name, []]);
      expect([name, /\{\d+,?\d*\}\)?\{/.test(allowedPattern)]).toEqual([name, false]);
    }
  });

  it.each([
    ['Certificate', 4000],
    ['Authorities', 8000],
  ])('install a %s of 400 to %i letters', (name, most) => {
    const value = parameter(`certificate-install ${name}`);
    const long = [399, 400, 401, 1350, 1351, most - 1, most, most + 1];

    for (const ending of ['', '=', '==']) {
      expect(long.filter((length) => takes(value, `${'A'.repeat(length)}${ending}`))).toEqual(
        long.slice(1, -1),
      );
    }
    expect(takes(value, `${'A'.repeat(500)}===`)).toBe(false);
    expect(takes(value, `${'A'.repeat(500)}=A`)).toBe(false);
  });

  it('show 1 to 500 lines', () => {
    const lines = parameter('logs Lines');
    const numbers = Array.from({ length: 1200 }, (_none, at) => at);

    expect(numbers.filter((number) => takes(lines, String(number)))).toEqual(numbers.slice(1, 501));
    for (const odd of ['01', '+5', '5.0', '1e2', '-1']) expect(takes(lines, odd)).toBe(false);
  });

  it('update to the bundle of this deployment unless told otherwise, and from S3 alone', () => {
    const bundle = parameter('update Bundle');
    const key = /[0-9a-f]{64}\.zip$/.exec(bundle.default)?.[0] ?? 'none';
    const rights = assembly.site
      .filter(({ type }) => type === 'AWS::IAM::Policy')
      .flatMap(({ properties }) => properties.PolicyDocument.Statement)
      .find(({ Sid }) => Sid === 'Bundle');

    // So that no other can be had, whatever somebody names: the parameter says what to do then.
    expect([rights.Resource].flat()).toEqual([expect.stringContaining(`/${key}`)]);
    expect(bundle.description).toMatch(/that of the last deployment alone: .*deploy the earlier/);
    expect(TABLE).toMatch(
      /`<site>-update` .*the last deployment, which is the only one that hosts/,
    );
    for (const other of [
      `https://bucket/${key}`,
      `s3://bucket/folder/${key}`,
      `S3://bucket/${key}`,
    ])
      expect(takes(bundle, other)).toBe(false);
  });
});
