#!/usr/bin/env bash
# Takes clients again: undoes a drain, and starts what should run on this host and does not.
# One JSON line on stdout. Exit 0 when nginx is up, 1 with the reason when it is not.
set -euo pipefail

if said=$(docker compose --project-directory /opt/orthweb up --detach --wait </dev/null 2>&1); then
  printf '{"undrained":true}\n'
else
  # The reason is somebody else's text: what could end a JSON string is taken out of it.
  printf '{"undrained":false,"reason":"%s"}\n' "$(tr -c '[:alnum:] .:/()_=-' ' ' <<<"${said:0:400}" | sed 's/ *$//')"
  exit 1
fi
