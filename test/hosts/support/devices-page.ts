import { readFileSync } from 'node:fs';
import path from 'node:path';

const PAGE = readFileSync(path.join(import.meta.dirname, '../../../docs/devices.md'), 'utf8');

/** What docs/devices.md says makes an authority for devices, and a certificate for one. */
export const DEVICE_CERTIFICATE_COMMANDS: string =
  /```sh\n(# The authority.*?)```/s.exec(PAGE)?.[1] ?? '';
