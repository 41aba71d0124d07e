#!/usr/bin/env bash
# Brings this node up, from whatever state it is in: secrets into memory, an interim certificate if
# there is none, configuration, containers, Orthanc's user in the database. Run by the unit
# orthweb.service at each boot, and again until it succeeds; it undoes no drain.
# Says {"booted": true}, or why not.
set -euo pipefail
# shellcheck source=script.sh
source /opt/orthweb/host/script.sh

lock
said=$(mktemp -p /run/orthweb)
trap 'rm -f "$said"' EXIT

fail() {
  say '{booted: false, reason: "\($what): \($said)"}' --arg what "$1" --arg said "$(words <"$said")"
  exit 1
}

step() {
  local what=$1
  shift
  "$@" >"$said" 2>&1 || fail "$what"
}

# Orthanc needs some seconds; what it lacks then, the verdict says.
serving() {
  local deadline=$((SECONDS + 60))
  until bash "$home/host/probe.sh" | jq --raw-output .reason >"$said"; do
    ((SECONDS < deadline)) || return 1
    sleep 1
  done
}

services=(nginx orthanc)
[[ ! -e $drained ]] || services=(orthanc)

step 'fetching secrets' bash "$home/host/secrets.sh"
step 'fetching credentials for images' bash "$home/host/credentials.sh"
step 'making an interim certificate' bash "$home/host/certificate.sh"
step 'writing the configuration' bash "$home/host/render.sh"
unprepared=
bash "$home/host/database.sh" >"$said" 2>&1 || unprepared=$(<"$said")
# Without a database too: this node then says itself what is wrong with it.
step 'starting the containers' compose up --detach --remove-orphans "${services[@]}"
if [[ -n $unprepared ]]; then
  printf '%s' "$unprepared" >"$said"
  fail 'preparing the database'
fi
[[ -e $drained ]] || serving || fail 'waiting until this node serves'
say '{booted: true}'
