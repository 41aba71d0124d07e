#!/usr/bin/env -S NODE_COMPILE_CACHE=/mnt/compiled /mnt/node
import { pass } from './call.ts';

await pass('/run/systemd.sock', 'Failed to connect to bus: No such file or directory');
