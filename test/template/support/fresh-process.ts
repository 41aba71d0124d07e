import { fork } from 'node:child_process';
import { readdirSync } from 'node:fs';
import path from 'node:path';
import type { Granted } from './assembly.ts';
import type { Outcome } from './invoke.ts';

/** What Lambda itself puts into a function's environment. */
const lambdaEnvironment = (endpoint: string): Record<string, string> => ({
  AWS_REGION: 'eu-central-1',
  AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
  AWS_SECRET_ACCESS_KEY: 'secret',
  AWS_SESSION_TOKEN: 'token',
  AWS_LAMBDA_FUNCTION_NAME: 'function',
  // Not of Lambda: everything goes to this machine, once, and no file of its user is read.
  AWS_ENDPOINT_URL: endpoint,
  AWS_MAX_ATTEMPTS: '1',
  HOME: '/nonexistent',
});

/** Calls a function as it was staged for deployment, in a Node process that has loaded nothing. */
export function callInFreshProcess(
  fn: Granted,
  event: unknown,
  endpoint: string,
  environment: Readonly<Record<string, string>> = fn.environment,
): Promise<Outcome> {
  const staged = path.join(fn.asset, `${fn.name}.mjs`);
  const child = fork(path.join(import.meta.dirname, 'invoke.ts'), [staged], {
    env: { ...environment, ...lambdaEnvironment(endpoint) },
    execArgv: [],
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  let stderr = '';
  child.stderr?.on('data', (chunk) => {
    stderr += chunk;
  });
  return new Promise((resolve, reject) => {
    child.once('message', (outcome) => resolve(outcome as Outcome));
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`${fn.name} ended with ${code}: ${stderr}`)));
    child.send(event as object);
  });
}

/** The files of an asset, as they will be deployed. */
export const stagedFiles = (fn: Granted): string[] =>
  readdirSync(fn.asset, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(fn.asset, path.join(entry.parentPath, entry.name)));
