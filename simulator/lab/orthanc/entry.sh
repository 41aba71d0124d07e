#!/usr/bin/env bash
# Stands for the entry point of Orthanc's image.
set -euo pipefail
/lab/node /lab/source/configuration.ts >/tmp/orthanc.json
exec Orthanc /tmp/orthanc.json
