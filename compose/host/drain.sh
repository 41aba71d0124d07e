#!/usr/bin/env bash
# Lets running DICOM associations and downloads finish and takes no new ones, so that the host
# can be stopped. Exit 0 when nothing is left or after four minutes; one JSON line on stdout.
set -euo pipefail

readonly deadline=$((SECONDS + 240))
open() { ss --no-header --tcp state established '( sport = :443 or sport = :11112 )' | wc -l; }

if command -v docker >/dev/null && docker compose --project-directory /opt/orthweb ps --quiet nginx 2>/dev/null | grep -q .; then
  # QUIT lets nginx finish what runs and closes its listening sockets.
  docker compose --project-directory /opt/orthweb kill --signal QUIT nginx </dev/null >/dev/null
fi
while (($(open) > 0 && SECONDS < deadline)); do sleep 2; done
printf '{"left":%d}\n' "$(open)"
