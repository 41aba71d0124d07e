#!/usr/bin/env bash
# Goes back to the pair that was live before a generation, if that one is live: for who has seen from
# outside that clients are not served by it. Where it is not live, nothing changes but that nginx serves
# what is.
# Says {"restored": …, "generation": what is live now}, or with a reason that this is not served.
set -euo pipefail
# shellcheck source=script.sh
source /opt/orthweb/host/script.sh
# shellcheck source=tls.sh
source /opt/orthweb/host/tls.sh

parameter Generation "$generations" 'is no generation. Write the one that is to be live no longer.'
generation=${SSM_Generation:?}

lock
said=$(mktemp -p /run/orthweb)
trap 'rm -f "$said"' EXIT
restored=false

fail() {
  say '{restored: false, generation: $generation, reason: $reason}' \
    --arg generation "$(generation live)" --arg reason "$1"
  exit 1
}

if [[ $(generation live) == "$generation" ]]; then
  previous=$(generation former)
  [[ -n $previous && $previous != "$generation" && -e $tls/gen/$previous/fullchain.pem ]] ||
    fail 'There is no former pair on this host to go back to.'
  back >"$said" 2>&1 || fail "The former pair could not be put back: $(words <"$said")"
  restored=true
fi
live=$(generation live)
# A drained host has nothing to serve, and nginx takes what is live when it starts.
if [[ ! -e $drained ]]; then
  if [[ $restored == true ]] || ! serves "$live"; then
    resume "$live" >"$said" 2>&1 || fail "$live is live again, and nginx does not serve it: $(words <"$said")"
  fi
fi
[[ $restored == false ]] || withdraw "$generation"
say '{restored: $restored, generation: $live}' --argjson restored "$restored" --arg live "$live"
