#!/usr/bin/env bash
# Asks this host what a client would ask: nginx over TLS, through Orthanc, down to the database.
# One JSON line on stdout. Exit 0 when it answers, 1 with the reason when it does not.
set -euo pipefail

sick() {
  # The reason is somebody else's text: what could end a JSON string is taken out of it.
  printf '{"serves":false,"reason":"%s"}\n' "$(tr -c '[:alnum:] .:/()_=-' ' ' <<<"${1:0:400}" | sed 's/ *$//')"
  exit 1
}

readonly tls=/opt/orthweb/tls
name=$(cat "$tls/name" 2>&1) || sick "$name"
answer=$(curl --silent --show-error --fail --max-time 15 --cacert "$tls/ca.pem" \
  --connect-to '::localhost:443' "https://$name/healthz/deep" 2>&1) || sick "$answer"
printf '{"serves":true}\n'
