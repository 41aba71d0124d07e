#!/usr/bin/env bash
# Asks this host what a client would ask: nginx over TLS, through Orthanc, down to the database.
# One JSON line on stdout. Exit 0 when it answers, 1 with the reason when it does not.
set -euo pipefail

sick() {
  # The reason is somebody else's text: what could end a JSON string is taken out of it.
  printf '{"serves":false,"listens":%s,"reason":"%s"}\n' "$2" "$(tr -c '[:alnum:] .:/()_=-' ' ' <<<"${1:0:400}" | sed 's/ *$//')"
  exit 1
}

readonly tls=/opt/orthweb/tls
name=$(cat "$tls/name" 2>&1) || sick "$name" false
answer=$(curl --silent --show-error --fail --max-time 15 --cacert "$tls/ca.pem" \
  --connect-to '::localhost:443' "https://$name/healthz/deep" 2>&1) || {
  # 7: nobody takes the connection. Whoever takes one may have trouble further down.
  case $? in 7) sick "$answer" false ;; *) sick "$answer" true ;; esac
}
printf '{"serves":true}\n'
