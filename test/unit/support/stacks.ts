import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { CloudAssembly } from 'aws-cdk-lib/cx-api';
import { announce, type Stacks } from '../../../cli/changes/announcement.ts';
import type { Resource, Template } from '../../../cli/changes/change.ts';
import { synthesize } from '../../../infra/app.ts';
import { type ConfigInput, parseConfig } from '../../../infra/config.ts';
import { CLINIC } from '../../support/clinic.ts';
import { at } from './time.ts';

/** The templates of one configuration. */
export interface Templates {
  readonly site: Template;
  readonly operations: Template;
}

/** Those of the clinic, unless the test says otherwise. */
export function templates(different: Partial<ConfigInput> = {}): Templates {
  const assembly = assemblyOf({ ...CLINIC, ...different });
  const [site = {}, operations = {}] = assembly.stacks.map(({ template }) => template as Template);
  return { site, operations };
}

/** In a folder of its own, which stays until all tests are over. */
export const assemblyOf = (input: ConfigInput): CloudAssembly =>
  synthesize({
    config: parseConfig(input),
    outdir: mkdtempSync(path.join(tmpdir(), 'orthweb-assembly-')),
    validate: false,
  });

/** What is said about a deployment that turns one into the other, in the clinic's open hours. */
export const told = (
  before: Partial<Templates>,
  after: Templates,
  {
    now = at('20:00'),
    ...options
  }: { readonly acceptDataLoss?: boolean; readonly now?: Date } = {},
) =>
  announce(
    {
      site: { name: 'clinic', before: before.site, after: after.site },
      operations: { name: 'operations', before: before.operations, after: after.operations },
    } satisfies Stacks,
    now,
    options,
  );

/** The sentences about hosts and data, without those that count the rest. */
export const sentences = ({ lines }: ReturnType<typeof told>): string[] =>
  lines.filter((line) => !/^(clinic|operations): /.test(line));

type Editable = Record<string, { -readonly [K in keyof Resource]: Resource[K] }>;

/** The same with the site's resources edited by hand, for what no configuration can do. */
export function edited({ site, operations }: Templates, edit: (of: Editable) => void): Templates {
  const copy = structuredClone(site);
  edit(copy.Resources as Editable);
  return { site: copy, operations };
}

/** The site with a resource under another logical id, as after a rename in our code. */
export const renamed = (all: Templates, ...ids: readonly string[]): Templates => {
  const text = ids.reduce(
    (json, id) => json.replaceAll(`"${id}"`, `"${id}Anew"`),
    JSON.stringify(all.site),
  );
  return { ...all, site: JSON.parse(text) };
};

/** The logical id of the resource at a construct path: `Hosts/A/Instance`. */
export function idOf({ site }: Templates, path: string): string {
  const found = Object.entries(site.Resources ?? {}).find(([, { Metadata }]) =>
    [`Orthweb/${path}`, `Orthweb/${path}/Resource`].includes(String(Metadata?.['aws:cdk:path'])),
  );
  if (!found) throw new Error(`the site has no ${path}`);
  return found[0];
}
