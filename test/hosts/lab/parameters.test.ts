import { describe, expect, it } from 'vitest';
import { InvalidParameters } from '../../../simulator/lab/ssm-agent.ts';
import { type DocumentName, runningLab } from '../support/running-lab.ts';

const { lab, document, send } = await runningLab();

const INSTALLATION = {
  Generation: '20261123T101112Z-0123abcd',
  Certificate: 'A'.repeat(1000),
  Authorities: 'A'.repeat(1000),
  Name: 'node-a.orthweb.test',
};

/** Documents with a parameter, and what the others of each are meanwhile. */
const PARAMETERS: readonly (readonly [DocumentName, string, Readonly<Record<string, string>>])[] = [
  ['restart', 'Service', {}],
  ['logs', 'Service', { Lines: '10' }],
  ['logs', 'Lines', { Service: 'nginx' }],
  ['update', 'Bundle', {}],
  ...Object.keys(INSTALLATION).map(
    (name) => ['certificate-install', name, without(INSTALLATION, name)] as const,
  ),
  ['certificate-rollback', 'Generation', {}],
];

function without(values: Readonly<Record<string, string>>, name: string) {
  return Object.fromEntries(Object.entries(values).filter(([other]) => other !== name));
}

const HASH = 'a'.repeat(64);
/** Values that would do something if anything took them for more than a value. */
const HOSTILE: Readonly<Record<string, string>> = {
  'a single quote': `nginx'; touch /run/orthweb/drained; '`,
  'double quotes': 'nginx"; touch /run/orthweb/drained; "',
  'a newline': 'nginx\ntouch /run/orthweb/drained',
  'a newline at its end': 'nginx\n',
  'a number and a newline': '10\n',
  'a command': '$(touch /run/orthweb/drained)',
  backticks: '`touch /run/orthweb/drained`',
  'a semicolon': 'nginx;touch /run/orthweb/drained',
  'a pipe': 'nginx|touch /run/orthweb/drained',
  'an ampersand': 'nginx&touch /run/orthweb/drained',
  'an option': '--timeout=0',
  'a way out of its folder': '../../../../etc/shadow',
  'a way out of a bucket': `s3://bucket/../${HASH}.zip`,
  'an expression': 'a[$(touch /run/orthweb/drained)]',
  'ten thousand letters': 'x'.repeat(10_240),
  nothing: '',
  'other letters': 'größe',
  'digits of another script': '١٠',
  'zero lines': '0',
  'too many lines': '501',
  'fewer than no lines': '-1',
  'a number in another notation': '1e2',
};

/** A host may be called by a number. */
const NAMES_TOO = ['zero lines', 'too many lines', 'a number in another notation'];

/** All that a script could have changed: files with their hashes, and containers. */
const state = async () => {
  const { stdout } = await lab.a.run([
    'bash',
    '-c',
    `find /opt/orthweb /etc /run/orthweb -xdev ! -type d -print0 | sort -z | xargs -0 sha256sum 2>&1
    find /opt/orthweb /etc /run/orthweb -printf '%p %M %u %l\\n' | sort`,
  ]);
  return { files: stdout.split('\n'), containers: await lab.a.containers() };
};

/** Runs a script as the agent would if the document let everything through. */
const direct = (script: string, variables: Readonly<Record<string, string>>) =>
  lab.a.run([
    'env',
    ...Object.entries(variables).map(([name, value]) => `SSM_${name}=${value}`),
    ...['bash', `/opt/orthweb/host/${script}.sh`],
  ]);

describe.each(PARAMETERS)('the document %s with a parameter %s', (name, parameter, others) => {
  it('refuses whatever is none of its values, and so does its script', async () => {
    const before = await state();
    const hostile = Object.entries(HOSTILE).filter(
      ([what]) => parameter !== 'Name' || !NAMES_TOO.includes(what),
    );

    for (const [what, value] of hostile) {
      await expect(send('a', name, { ...others, [parameter]: value }), what).rejects.toThrow(
        InvalidParameters,
      );
    }
    const all = hostile.map(async ([what, value]) => ({
      what,
      value,
      ended: await direct(name, { ...others, [parameter]: value }),
    }));

    for (const { what, value, ended } of await Promise.all(all)) {
      const shown = JSON.stringify([...value].slice(0, 60).join(''));
      expect(ended, what).toMatchObject({ code: 64, stderr: '' });
      expect(ended.stdout.match(/\n/g), what).toHaveLength(1);
      const { reason } = JSON.parse(ended.stdout) as { readonly reason: string };
      expect(reason, what).toContain(`${parameter}: ${shown} `);
      expect(reason.slice(parameter.length + shown.length), what).toMatch(/\. Write \S/);
      expect(reason.length, what).toBeLessThan(300);
    }
    expect(await state()).toEqual(before);
  });

  it('is refused by a script that did not get it, with what the agent must be', async () => {
    const { code, stdout } = await direct(name, others);

    expect(code).toBe(64);
    const { reason } = JSON.parse(stdout) as { readonly reason: string };
    expect(reason).toMatch(
      new RegExp(`^${parameter}: .*the agent must be 3\\.3\\.2746\\.0 or newer`),
    );
  });
});

describe('a document', () => {
  it.each(['boot', 'probe', 'drain', 'undrain', 'secrets', 'certificate-request'] as const)(
    '%s that has no parameters takes none',
    async (name) => {
      await expect(send('a', name, { Service: 'nginx' })).rejects.toThrow(InvalidParameters);
    },
  );

  it('puts no value into the text of its command', () => {
    for (const [name] of PARAMETERS) {
      const text = JSON.stringify(document(name).mainSteps);

      expect(text).not.toContain('{{');
    }
  });
});
