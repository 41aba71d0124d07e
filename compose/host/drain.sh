#!/usr/bin/env bash
# Lets running DICOM associations and downloads finish and takes no new ones, so that the host
# can be stopped. One JSON line on stdout. Exit 0 when nothing is left, 1 when after four minutes
# something still is. undrain.sh undoes it, and so does a boot.
set -euo pipefail

readonly deadline=$((SECONDS + 240))
open() { ss --no-header --tcp state established '( sport = :443 or sport = :11112 )' | wc -l; }

if command -v docker >/dev/null && docker compose --project-directory /opt/orthweb ps --quiet nginx 2>/dev/null | grep -q .; then
  # QUIT lets nginx finish what runs and closes its listening sockets.
  docker compose --project-directory /opt/orthweb kill --signal QUIT nginx </dev/null >/dev/null
fi
while (($(open) > 0 && SECONDS < deadline)); do sleep 2; done
left=$(open)
if ((left == 0)); then
  printf '{"left":0}\n'
else
  printf '{"left":%d,"reason":"%d connections were still open"}\n' "$left" "$left"
  exit 1
fi
