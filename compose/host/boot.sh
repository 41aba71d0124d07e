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
  say '{booted: false, reason: "\($what): \($said)"}' --arg what "$1" --arg said "$(why "$said")"
  exit 1
}

step() {
  local what=$1
  shift
  "$@" >"$said" 2>&1 || fail "$what"
}

# An update did not end: back to what served before it, by its own scripts.
if [[ -e $former && -z ${ORTHWEB_PUT_BACK:-} ]]; then
  step 'putting back the bundle before an update' bash "$former/host/bundle.sh" take "$former"
  rm -f "$said"
  ORTHWEB_PUT_BACK=yes exec bash "$home/host/boot.sh"
fi
# What else an update has left is of no use.
rm -rf "$home/.fresh" "$home/.taken" "$former.unfinished"
anew=()
[[ ! -e $former ]] || anew=(--force-recreate)

services=(nginx orthanc)
[[ ! -e $drained ]] || services=(orthanc)

[[ ! -e $former ]] || step 'installing the bundle' bash "$home/host/install.sh"
step 'fetching secrets' bash "$home/host/secrets.sh"
step 'fetching credentials for images' timeout 60 bash "$home/host/credentials.sh" 9>&-
step 'making an interim certificate' bash "$home/host/certificate-interim.sh"
# As in an update that is put back.
[[ ! -e $former ]] || step 'ending the nginx of an update' compose stop nginx
step 'writing the configuration' bash "$home/host/render.sh"
# Where an undrain did not end, nginx that is closing would count as up.
if [[ -e $closing ]]; then
  step 'ending an nginx that closes' compose stop --timeout 20 nginx
  rm "$closing"
fi
unprepared=
bash "$home/host/database.sh" >"$said" 2>&1 || unprepared="$(<"$said") (it ended with $?)"
# Without a database too: this node then says itself what is wrong with it.
step 'starting the containers' compose up --detach --remove-orphans "${anew[@]}" "${services[@]}"
[[ ! -e $former ]] || forget
if [[ -n $unprepared ]]; then
  printf '%s' "$unprepared" >"$said"
  fail 'preparing the database'
fi
# Orthanc needs some seconds; what it lacks then, the verdict says.
[[ -e $drained ]] || step 'waiting until this node serves' serving 60
say '{booted: true}'
