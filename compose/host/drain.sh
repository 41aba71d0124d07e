#!/usr/bin/env bash
# Takes no new associations and requests, and lets running ones finish, so that this host can be
# stopped. Waits four minutes at most; what then still runs goes on. undrain.sh undoes it, and so does
# a power cycle. Says {"left": N}, with a reason when it is not 0.
set -euo pipefail
# shellcheck source=script.sh
source /opt/orthweb/host/script.sh

readonly deadline=$((SECONDS + 240))

# Connections of clients, in the network that nginx is in: the host only passes them on.
open() {
  local pid
  pid=$(docker inspect --format '{{.State.Pid}}' orthweb-nginx-1 2>/dev/null) || pid=0
  if ((pid == 0)); then
    echo 0
    return
  fi
  nsenter --net --target "$pid" ss --no-header --tcp state established '( sport = :443 or sport = :11112 )' | wc --lines
}

# What nginx does is not known, and it may serve.
silent() {
  say '{reason: "Docker does not answer: nginx may still take clients."}'
  exit 1
}

# Waiting holds up nobody: an undrain may come in between.
drain() (
  lock
  nginx=$(state nginx) || silent
  touch "$drained"
  # nginx closes its doors and finishes what runs; then it is gone, and stays so. It may be already.
  [[ $nginx != running ]] || compose kill --signal QUIT nginx >/dev/null 2>&1 || [[ $(state nginx) != running ]]
)
drain

called_off() {
  [[ -e $drained ]] && return 1
  say '{left: $left, reason: "The drain was called off."}' --argjson left "$(open)"
}

while nginx=$(state nginx) || silent && [[ $nginx == running ]] && ((SECONDS < deadline)); do
  if called_off; then exit 1; fi
  sleep 1
done

if [[ $nginx == running ]]; then
  say '{left: $left, reason: "\($left) connections were still open after four minutes"}' --argjson left "$(open)"
  exit 1
fi
# An undrain ends nginx too, before it starts it again.
if called_off; then exit 1; fi
say '{left: 0}'
