#!/usr/bin/env bash
# Asks this host what a client would ask: nginx over TLS, through Orthanc, down to the database.
# Exit 0 and one JSON line when it answers; exit 1 and the reason when it does not.
set -euo pipefail

if answer=$(curl --silent --show-error --fail --max-time 15 \
  --cacert /opt/orthweb/tls/ca.pem \
  --connect-to '::localhost:443' \
  "https://$(cat /opt/orthweb/tls/name)/healthz/deep" 2>&1); then
  printf '{"serves":true}\n'
else
  printf '%s\n' "${answer:0:500}"
  exit 1
fi
