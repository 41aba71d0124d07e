import { mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { build, type Plugin } from 'esbuild';
import type { Clients, Services } from '../functions/shared/clients.ts';

const ROOT = path.join(import.meta.dirname, '..');

/** Where the bundles lie: one folder per function, `<capability>/<name>/<capability>/<name>.mjs`. */
export const BUNDLES = path.join(ROOT, 'build');

/** The SDK package and client behind each member of `Clients`. */
const SERVICES: Record<keyof Services, { readonly from: string; readonly client: string }> = {
  dynamodb: { from: '@aws-sdk/client-dynamodb', client: 'DynamoDBClient' },
  ec2: { from: '@aws-sdk/client-ec2', client: 'EC2Client' },
  eventbridge: { from: '@aws-sdk/client-eventbridge', client: 'EventBridgeClient' },
  kms: { from: '@aws-sdk/client-kms', client: 'KMSClient' },
  lambda: { from: '@aws-sdk/client-lambda', client: 'LambdaClient' },
  rds: { from: '@aws-sdk/client-rds', client: 'RDSClient' },
  s3: { from: '@aws-sdk/client-s3', client: 'S3Client' },
  sfn: { from: '@aws-sdk/client-sfn', client: 'SFNClient' },
  sns: { from: '@aws-sdk/client-sns', client: 'SNSClient' },
  ssm: { from: '@aws-sdk/client-ssm', client: 'SSMClient' },
};

/** The clients that are our own code: file and class, which is made without arguments. */
const OURS: Record<
  Exclude<keyof Clients, keyof Services>,
  { readonly from: string; readonly client: string }
> = {
  view: { from: './functions/shared/sockets.ts', client: 'Sockets' },
  answers: { from: './functions/shared/http-answers.ts', client: 'HttpAnswers' },
  measures: { from: './functions/shared/log-measures.ts', client: 'LogMeasures' },
};

/** What a library that is large for a reason may weigh, in bytes, where it is imported. */
const LIBRARIES: Readonly<Record<string, number>> = {
  // ASN.1 and X.509 with their schemas: nothing in them can be left out by a bundler.
  '@peculiar/asn1-schema': 120_000,
};

/** What one bundle weighs and may weigh, in bytes (1 KB = 1,000 bytes). */
export interface BundleSize {
  readonly name: string;
  readonly bytes: number;
  readonly limit: number;
  readonly clients: readonly string[];
  /** The libraries of `LIBRARIES` in it. */
  readonly libraries: readonly string[];
}

/**
 * Bundles every Lambda handler in one esbuild pass and returns what each weighs.
 *
 * Throws, naming them, when bundles are over 150 KB + 100 KB per SDK client + `LIBRARIES`.
 */
export async function bundle(): Promise<BundleSize[]> {
  const handlers = await findHandlers();
  const { metafile, outputFiles } = await build({
    absWorkingDir: ROOT,
    entryPoints: handlers.map(({ name }) => ({ in: `entry:${name}`, out: `${name}/${name}` })),
    outdir: BUNDLES,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    write: false,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    mainFields: ['module', 'main'],
    conditions: ['module', 'import', 'node'],
    minify: true,
    legalComments: 'none',
    metafile: true,
    external: UNUSED_PROVIDERS,
    plugins: [entries(handlers), pureSchemas],
    banner: {
      js: "import{createRequire as __cr}from'node:module';const require=__cr(import.meta.url);",
    },
  });
  const sizes = handlers.map(({ name, services, libraries }) => ({
    name,
    bytes: metafile.outputs[`build/${name}/${name}.mjs`]?.bytes ?? 0,
    limit: 150_000 + 100_000 * services.length + weightOf(libraries),
    clients: services,
    libraries,
  }));
  const heavy = sizes.filter(({ bytes, limit }) => bytes > limit);
  if (heavy.length > 0) throw new Error(heavy.map(tooHeavy).join('\n'));
  for (const { path: file, contents } of outputFiles) replaceFile(file, contents);
  return sizes;
}

/** A reader at the same moment, such as another test, gets the old file or the new one whole. */
function replaceFile(file: string, contents: Uint8Array): void {
  mkdirSync(path.dirname(file), { recursive: true });
  const draft = path.join(BUNDLES, `.${process.pid}-${path.basename(file)}`);
  writeFileSync(draft, contents);
  renameSync(draft, file);
}

const weightOf = (libraries: readonly string[]): number =>
  libraries.reduce((sum, library) => sum + (LIBRARIES[library] ?? 0), 0);

const tooHeavy = ({ name, bytes, limit, clients, libraries }: BundleSize): string =>
  `functions/${name}.ts: its bundle is ${bytes} bytes, over its limit of ${limit} (150 KB + 100 KB` +
  ` for each of ${clients.length} SDK clients${libraries.map((one) => ` and room for ${one}`)}):` +
  ' find what it imports without need';

interface Handler {
  readonly name: string;
  readonly services: readonly (keyof Services)[];
  readonly ours: readonly (keyof typeof OURS)[];
  readonly libraries: readonly string[];
}

/**
 * The files under `functions/` that export `create`, with the clients each one needs; nobody has to
 * keep a list.
 *
 * A function can only call a service whose command classes it imports, so its imports say which SDK
 * clients it needs. Our own clients need no class: whose code, with all of ours that it imports and
 * uses, takes a property of a client's name, may mean that client and gets it. That may be one too
 * many, never one too few.
 */
async function findHandlers(): Promise<Handler[]> {
  const files = readdirSync(path.join(ROOT, 'functions'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .filter((file) =>
      /^export const create\b/m.test(readFileSync(path.join(ROOT, 'functions', file), 'utf8')),
    )
    .map((file) => file.slice(0, -3))
    .sort();
  const { metafile, outputFiles } = await build({
    absWorkingDir: ROOT,
    entryPoints: files.map((name) => ({ in: `functions/${name}.ts`, out: name })),
    outdir: BUNDLES,
    bundle: true,
    write: false,
    packages: 'external',
    platform: 'node',
    format: 'esm',
    metafile: true,
  });
  return files.map((name) => {
    const imports = metafile.outputs[`build/${name}.js`]?.imports.map(({ path: from }) => from);
    const code = outputFiles.find((file) => file.path === path.join(BUNDLES, `${name}.js`))?.text;
    return {
      name,
      services: keysOf(SERVICES).filter((key) => imports?.includes(SERVICES[key].from)),
      ours: keysOf(OURS).filter((key) => takesProperty(code ?? '', key)),
      libraries: Object.keys(LIBRARIES).filter((library) => imports?.includes(library)),
    };
  });
}

const keysOf = <K extends string>(of: Readonly<Record<K, unknown>>): K[] => Object.keys(of) as K[];

/** `clients.view`, `clients?.view`, or `{ ec2, view } = clients`; comments and types are gone. */
const takesProperty = (code: string, name: string): boolean =>
  new RegExp(String.raw`(?:\.|[{,]\s*)${name}\b`).test(code);

/** The deployed entry: `create`, called once with the environment and real clients. */
const entries = (handlers: readonly Handler[]): Plugin => ({
  name: 'lambda-entries',
  setup(setup) {
    setup.onResolve({ filter: /^entry:/ }, ({ path: name }) => ({
      path: name,
      namespace: 'entry',
    }));
    setup.onLoad({ filter: /^entry:/, namespace: 'entry' }, ({ path: entry }) => {
      const handler = handlers.find(({ name }) => entry === `entry:${name}`);
      const services = handler?.services.map((key) => ({ key, ...SERVICES[key] })) ?? [];
      const ours = handler?.ours.map((key) => ({ key, ...OURS[key] })) ?? [];
      return {
        resolveDir: ROOT,
        contents: [
          ...[...services, ...ours].map(
            ({ client, from }) => `import { ${client} } from '${from}';`,
          ),
          `import { create } from './functions/${handler?.name}.ts';`,
          'export const handler = create(process.env, {',
          ...services.map(({ key, client }) => `  ${key}: new ${client}({}),`),
          ...ours.map(({ key, client }) => `  ${key}: new ${client}(),`),
          '});',
        ].join('\n'),
      };
    });
  },
});

/**
 * The SDK's schema tables are plain arrays with computed keys, which esbuild cannot prove free of
 * side effects. Marking each one pure lets it drop the unused ones: client-ec2 falls from 547 KB
 * to 27 KB.
 */
const pureSchemas: Plugin = {
  name: 'pure-sdk-schemas',
  setup(setup) {
    const filter = /@aws-sdk[\\/].*dist-es[\\/].*schemas[\\/]schemas_\d+\.js$/;
    setup.onLoad({ filter }, ({ path: file }) => ({
      contents: readFileSync(file, 'utf8').replace(
        /^((?:export )?(?:var|const) [\w$]+ = )(\[[\s\S]*?\n?\]);$/gm,
        (_match, head: string, table: string) => `${head}/* @__PURE__ */ (() => (${table}))();`,
      ),
      loader: 'js',
    }));
  },
};

/** Lambda always has credentials in its environment, so the SDK's other providers stay outside. */
const UNUSED_PROVIDERS = ['sso', 'ini', 'process', 'web-identity', 'http', 'login']
  .map((name) => `@aws-sdk/credential-provider-${name}`)
  .concat('@smithy/credential-provider-imds', '@aws-sdk/token-providers');

export const bundleLine = ({ name, bytes, limit, clients }: BundleSize): string =>
  `${name.padEnd(14)} ${(bytes / 1000).toFixed(0).padStart(4)} KB of ${limit / 1000} KB, ` +
  `${clients.length} SDK clients`;

if (import.meta.main) {
  for (const size of await bundle()) console.error(bundleLine(size));
}
