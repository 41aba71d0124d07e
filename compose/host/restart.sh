#!/usr/bin/env bash
# Starts a service of this host again: orthanc, nginx, or all, which makes the containers anew. What
# does not end by itself in 20 seconds, or hangs, is killed. A drained host stays drained.
# Says {"restarted": "orthanc"}, or {"restarted": null} and why.
set -euo pipefail
# shellcheck source=script.sh
source /opt/orthweb/host/script.sh

parameter Service '^(orthanc|nginx|all)$' 'is no service. Write orthanc, nginx or all.'
readonly service=${SSM_Service:?}
lock
said=$(mktemp -p /run/orthweb)
trap 'rm -f "$said"' EXIT

services=(nginx orthanc)
[[ $service == all ]] || services=("$service")
if [[ -e $drained ]]; then
  if [[ $service == nginx ]]; then
    say '{restarted: null, reason: "This host is drained: undrain starts nginx."}'
    exit 1
  fi
  services=(orthanc)
fi

restart() {
  local anew=(--no-deps)
  [[ $service != all ]] || anew=(--force-recreate)
  compose stop --timeout 20 "${services[@]}" &&
    compose up --detach --wait --wait-timeout 90 "${anew[@]}" "${services[@]}"
}

if restart >"$said" 2>&1; then
  say '{restarted: $service}' --arg service "$service"
else
  say '{restarted: null, reason: $said}' --arg said "$(words <"$said")"
  exit 1
fi
