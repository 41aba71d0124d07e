import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { synthesize } from '../infra/app.ts';
import { bundle } from '../infra/bundle.ts';
import { type Config, loadConfig } from '../infra/config.ts';
import { hospital } from './template/support/sites.ts';

// Holds the templates against cfn-lint, whose rules come from neither CDK nor us. It is a tool of
// Python and no package of npm, so this is no part of `npm test`.

interface Finding {
  readonly rule: string;
  readonly level: 'Error' | 'Warning' | 'Informational';
  /** The construct: `Orthweb/Network/Vpc/PublicSubnet1/Subnet`. */
  readonly path: string;
  readonly message: string;
}

interface Acknowledged {
  readonly rule: string;
  /** Construct paths; `*` stands for one name. */
  readonly on: readonly string[];
  readonly because: string;
}

const ACKNOWLEDGED: readonly Acknowledged[] = [
  {
    rule: 'W3010',
    on: ['Orthweb/Network/Vpc/*/Subnet'],
    because: 'Zones are named in the configuration: looking them up at synth needs credentials.',
  },
  {
    rule: 'W3005',
    on: [
      'Orthweb/Database/Instance/Resource',
      'Orthweb/Hosts/*/Instance',
      'Orthweb/Authority/Maker/Function/Resource',
      'OrthwebOperations/*/*/Function/Resource',
      'OrthwebOperations/*/Workflow/StateMachine/Resource',
    ],
    because:
      'CDK names the role or group beside the policy or rule that must be there first. The one implies ' +
      'the other, and saying both does no harm.',
  },
  {
    rule: 'W3691',
    on: ['Orthweb/Database/Instance/Resource'],
    because:
      'It knows full versions alone. RDS takes the major one, which stays right when RDS itself has ' +
      'gone on to a newer minor one.',
  },
];

const INSTALL =
  'cfn-lint is not installed, so nothing was checked. Install it with `pip install cfn-lint`.';

process.exitCode = await main();

async function main(): Promise<0 | 1 | 2> {
  if (cfnLint('--version').error !== undefined) {
    console.error(INSTALL);
    return 2;
  }
  await bundle();
  const checked = [await loadConfig('orthweb.config.ts'), withEveryOption()].map(lint);
  const findings = checked.flatMap((site) => site.findings);
  const meets = ({ rule, on }: Acknowledged, finding: Finding) =>
    finding.rule === rule && on.some((pattern) => path.matchesGlob(finding.path, pattern));
  const open = findings.filter(
    (finding) => finding.level !== 'Warning' || !ACKNOWLEDGED.some((row) => meets(row, finding)),
  );
  const stale = ACKNOWLEDGED.flatMap((row) => row.on.map((on) => ({ ...row, on: [on] }))).filter(
    (row) => !findings.some((finding) => meets(row, finding)),
  );
  for (const { rule, level, path: at, message } of open) {
    console.error(`${level} ${rule} ${at}: ${message}`);
  }
  for (const { rule, on } of stale) {
    console.error(`${rule} ${on}: is acknowledged and no longer found. Take it off the list.`);
  }
  const errors = open.filter(({ level }) => level === 'Error').length;
  const others = open.length - errors;
  const templates = checked.reduce((sum, site) => sum + site.templates, 0);
  process.stdout.write(
    `${templates} templates, ${errors} errors, ` +
      `${others === 0 ? '' : `${others} open warnings, `}` +
      `${findings.length - open.length} warnings acknowledged\n`,
  );
  return open.length + stale.length > 0 ? 1 : 0;
}

/** A production site with everything that a configuration can turn on. */
function withEveryOption(): Config {
  return hospital({
    network: { endpoints: 'management' },
    schedule: {
      windows: [{ from: '06:00', to: '22:00' }],
      exceptions: [{ dates: '12-25', name: 'Christmas' }],
      nodes: 'one',
    },
    tags: { CostCentre: '4711' },
  });
}

/** What cfn-lint says of the templates of a site, for the site's own region. */
function lint(config: Config): { readonly templates: number; readonly findings: Finding[] } {
  const outdir = mkdtempSync(path.join(tmpdir(), 'orthweb-lint-'));
  const files = synthesize({ config, outdir, validate: false }).stacks.map(
    ({ templateFullPath }) => templateFullPath,
  );
  const resources = new Map(
    files.map((file) => [file, JSON.parse(readFileSync(file, 'utf8')).Resources]),
  );
  const { stdout, stderr } = cfnLint(
    '--regions',
    config.region,
    '--format',
    'json',
    '--template',
    ...files,
  );
  rmSync(outdir, { recursive: true });
  // Its exit code says which levels it found; a run that broke down prints no list.
  if (!stdout.startsWith('[')) throw new Error(`cfn-lint gave no list of findings: ${stderr}`);
  // biome-ignore lint/suspicious/noExplicitAny: the output of a foreign tool
  const findings = JSON.parse(stdout).map(({ Rule, Level, Message, Filename, Location }: any) => ({
    rule: Rule.Id,
    level: Level,
    path:
      resources.get(Filename)?.[Location.Path[1]]?.Metadata?.['aws:cdk:path'] ??
      Location.Path.join('/'),
    message: Message,
  }));
  return { templates: files.length, findings };
}

function cfnLint(...args: string[]) {
  return spawnSync('cfn-lint', args, { encoding: 'utf8' });
}
