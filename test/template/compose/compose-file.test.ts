import { readFileSync } from 'node:fs';
import path from 'node:path';
import { DCLinter } from 'dclint';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';

const file = path.join(import.meta.dirname, '../../../compose/compose.yaml');

interface Service {
  readonly image: string;
  readonly user?: string;
  readonly restart: string;
  readonly ports?: readonly string[];
  readonly cap_drop: readonly string[];
  readonly cap_add?: readonly string[];
  readonly security_opt: readonly string[];
  readonly read_only: boolean;
  readonly privileged?: boolean;
  readonly network_mode?: string;
  readonly pids_limit: number;
  readonly stop_grace_period: string;
  readonly stop_signal?: string;
  readonly environment?: Readonly<Record<string, string>>;
  readonly healthcheck: { readonly test: readonly string[] };
  readonly volumes: readonly {
    readonly type: string;
    readonly source: string;
    readonly read_only: boolean;
    readonly bind: { readonly create_host_path: boolean };
  }[];
  readonly logging?: unknown;
}

interface Findings {
  readonly messages: readonly unknown[];
}

const compose: {
  readonly services: Readonly<Record<'nginx' | 'orthanc', Service>>;
  readonly secrets: Readonly<Record<string, { readonly file: string }>>;
  readonly networks?: unknown;
} = parse(readFileSync(file, 'utf8'));
const { nginx, orthanc } = compose.services;
const services = Object.entries(compose.services);

it('is valid by the schema of the Compose specification, and such as a linter finds nothing in', async () => {
  const linter = new DCLinter({
    rules: {
      // Clients come from elsewhere, and who may come is decided by security groups.
      'no-unbound-port-interfaces': 0,
      // A reader wants what belongs together side by side.
      'service-keys-order': 0,
      // They are: in double quotes, as Biome and this file have them.
      'require-quotes-in-ports': 0,
    },
    quiet: false,
    debug: false,
    exclude: [],
  });

  expect(linter.lintFiles([file], false).flatMap((found: Findings) => found.messages)).toEqual([]);
});

it('lets clients reach nginx on 443 and 11112, and nothing else at all', () => {
  expect(nginx.ports).toEqual(['443:443', '11112:11112']);
  expect(orthanc.ports).toBeUndefined();
});

it('leaves networks and logs to Docker, which is set up for this site', () => {
  expect(compose.networks).toBeUndefined();
  for (const [, service] of services) {
    expect(service.network_mode).toBeUndefined();
    expect(service.logging).toBeUndefined();
  }
});

describe.each(services)('the container of %s', (_, service) => {
  it('can write nothing but memory', () => {
    expect(service.read_only).toBe(true);
    expect(service.volumes.filter(({ read_only }) => !read_only)).toEqual([]);
  });

  it('is not started without what it mounts: Docker would make empty folders in its place', () => {
    for (const { type, bind } of service.volumes) {
      expect(type).toBe('bind');
      expect(bind.create_host_path).toBe(false);
    }
  });

  it('has no more rights than it needs, and can get no others', () => {
    expect(service.cap_drop).toEqual(['ALL']);
    expect(service.security_opt).toEqual(['no-new-privileges:true']);
    expect(service.privileged).toBeUndefined();
    expect(service.pids_limit).toBeGreaterThan(0);
  });

  it('is started again when it fails, but after a power cycle only once its secrets are there', () => {
    expect(service.restart).toBe('on-failure');
  });

  it('has a health check, and time to end what it is doing', () => {
    expect(service.healthcheck.test[0]).toBe('CMD');
    expect(service.stop_grace_period).toMatch(/^\d+s$/);
  });
});

it('runs Orthanc as nobody in particular, with no capability at all', () => {
  expect(orthanc.user).toBe('999:999');
  expect(orthanc.cap_add).toBeUndefined();
});

it('lets running transfers finish when nginx is stopped', () => {
  expect(nginx.stop_signal).toBe('SIGQUIT');
});

it('mounts secrets from memory, as files, and has none in an environment', () => {
  for (const { file: source } of Object.values(compose.secrets)) {
    expect(source).toMatch(/^\/run\/orthweb\/secrets\//);
  }
  for (const [, { environment = {} }] of services) {
    expect(Object.keys(environment).join()).not.toMatch(/PASSWORD|SECRET|TOKEN|_KEY\b|URI/);
  }
});
