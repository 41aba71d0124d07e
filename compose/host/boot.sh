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

step() {
  local what=$1
  shift
  "$@" >"$said" 2>&1 || {
    say '{booted: false, reason: "\($what): \($said)"}' --arg what "$what" --arg said "$(words <"$said")"
    exit 1
  }
}

services=(nginx orthanc)
[[ -e $drained ]] && services=(orthanc)

step 'fetching secrets' bash "$home/host/secrets.sh"
step 'fetching credentials for images' bash "$home/host/credentials.sh"
step 'making an interim certificate' bash "$home/host/certificate.sh"
step 'writing the configuration' bash "$home/host/render.sh"
step 'starting the containers' compose up --detach --remove-orphans "${services[@]}"
# After them: without a database this node still says what is wrong with it.
step 'preparing the database' bash "$home/host/database.sh"
say '{booted: true}'
