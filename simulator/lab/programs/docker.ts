#!/usr/bin/env -S NODE_COMPILE_CACHE=/mnt/compiled /mnt/node
import { pass } from './call.ts';

await pass(
  '/run/docker.sock',
  'Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?',
);
