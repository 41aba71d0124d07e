import { expect, it } from 'vitest';
import { FREE_DISK, filledDisk, killed } from '../support/break.ts';
import { runningLab } from '../support/running-lab.ts';

const { lab, on } = await runningLab();

/** How a host lacks what the probe looks at, and what it says then. */
const LACKS = [
  {
    what: 'Docker does not answer, and containers run on without it',
    strike: 'mv /run/docker.sock /run/away',
    said: { serves: true, verdict: 'serves', containers: null },
    mend: 'mv /run/away /run/docker.sock',
  },
  {
    what: 'Docker does not answer, and nginx is dead',
    strike: `${killed('nginx')} && mv /run/docker.sock /run/away`,
    said: { serves: false, verdict: 'docker-down', listens: false },
    mend: 'mv /run/away /run/docker.sock && docker compose --project-directory /opt/orthweb up --detach --wait',
  },
  {
    what: 'there is no certificate',
    strike: 'mv /opt/orthweb/tls /opt/orthweb/away',
    said: { serves: false, verdict: 'certificate-mismatch' },
    mend: 'mv /opt/orthweb/away /opt/orthweb/tls',
  },
  {
    what: 'there is no room on the disk at all',
    strike: filledDisk(0),
    said: { serves: true, verdict: 'disk-full' },
    mend: FREE_DISK,
  },
  {
    what: 'nothing was made in memory',
    strike: 'mv /run/orthweb /run/away',
    said: { serves: false, verdict: 'storage-failing' },
    mend: 'mv /run/away /run/orthweb',
  },
];

it.each(LACKS)(
  'says one line and leaves all as it is when $what',
  async ({ strike, said, mend }) => {
    const where = '/tmp/where-the-agent-is';
    await on('a', `mkdir -p ${where} && touch ${where}/kept && ${strike}`);

    const { code, stdout } = await lab.a.run([
      ...['env', '--chdir', where],
      ...['bash', '--norc', '/opt/orthweb/host/probe.sh'],
    ]);

    expect(stdout.split('\n')).toHaveLength(2);
    expect(JSON.parse(stdout)).toMatchObject(said);
    expect(code).toBe(said.serves ? 0 : 1);
    expect(await on('a', `ls ${where}`)).toBe('kept\n');
    await on('a', mend);
    expect(await on('a', 'ls --almost-all /run/orthweb')).not.toContain('tmp.');
  },
);
