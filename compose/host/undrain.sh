#!/usr/bin/env bash
# Takes clients again: undoes a drain, and starts what should run on this host and does not.
# Says {"undrained": true}, or why not.
set -euo pipefail
# shellcheck source=script.sh
source /opt/orthweb/host/script.sh

lock
said=$(mktemp -p /run/orthweb)
trap 'rm -f "$said"' EXIT

# From now on the drain is called off, whatever becomes of this.
[[ ! -e $drained ]] || mv "$drained" "$closing"

undrain() {
  # nginx that is closing does not open again. It may finish what runs for a little longer.
  if [[ -e $closing ]]; then
    compose stop --timeout 20 nginx && rm "$closing" || return
  fi
  compose up --detach --wait --wait-timeout 60
}

if undrain >"$said" 2>&1; then
  say '{undrained: true}'
else
  say '{undrained: false, reason: $said}' --arg said "$(words <"$said")"
  exit 1
fi
