#!/usr/bin/env -S NODE_COMPILE_CACHE=/mnt/compiled /mnt/node
import { readFileSync } from 'node:fs';
import { pass } from './call.ts';

// What the real one reads of the host it runs on: a file of credentials, whether it may ask for the
// host's own role, and the file to send.
const more: Record<string, string> = {};
const credentials = process.env.AWS_SHARED_CREDENTIALS_FILE;
if (credentials !== undefined) more.credentials = read(credentials).toString();
if (process.env.AWS_EC2_METADATA_DISABLED?.toLowerCase() === 'true') more.role = 'not asked for';
const body = process.argv.indexOf('--body');
if (body > 0) more.body = read(process.argv[body + 1] ?? '').toString('base64');

await pass('/mnt/aws/socket', 'Could not connect to the endpoint URL', more);

function read(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch {
    return Buffer.from('');
  }
}
