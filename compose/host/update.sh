#!/usr/bin/env bash
# Takes another host bundle in place: new scripts, images, configuration. Run it on one node, see that
# it serves, then on the other. What does not serve afterwards is put back.
# Says {"updated": true, "bundle": …}, or {"updated": false, "restored": …} and why.
set -euo pipefail
# shellcheck source=script.sh
source /opt/orthweb/host/script.sh

readonly fresh=$home/.fresh former=$home/.former
readonly pattern='^s3://[a-z0-9.-]{3,63}/([0-9a-f]{64})\.zip$'
# What a bundle brings; the rest of the folder is this host's own.
readonly parts=(compose.yaml settings.json dicom-clients.pem bundle host nginx orthanc systemd)

# exchange FROM TO: what is in use goes to TO, and what FROM holds is used. The same again undoes it.
exchange() {
  local part
  rm -rf "$2"
  mkdir "$2"
  for part in "${parts[@]}"; do
    [[ ! -e $home/$part ]] || mv "$home/$part" "$2/$part"
    [[ ! -e $1/$part ]] || mv "$1/$part" "$home/$part"
  done
}

start() {
  local services=(nginx orthanc)
  [[ ! -e $drained ]] || services=(orthanc)
  bash "$home/host/install.sh" &&
    bash "$home/host/secrets.sh" &&
    bash "$home/host/render.sh" &&
    compose up --detach --remove-orphans --force-recreate --wait --wait-timeout 180 "${services[@]}" &&
    { [[ -e $drained ]] || bash "$home/host/probe.sh"; }
}

fetch() {
  rm -rf "$fresh" &&
    mkdir "$fresh" &&
    aws s3 cp --only-show-errors --region "$ORTHWEB_REGION" "${SSM_Bundle:?}" "$fresh/bundle.zip" &&
    unzip -q "$fresh/bundle.zip" -d "$fresh" &&
    rm "$fresh/bundle.zip" &&
    printf '%s\n' "$hash" >"$fresh/bundle"
}

check() {
  local script
  for script in "$fresh"/host/*.sh; do bash -n "$script" || return; done
  jq --exit-status .dicom "$fresh/settings.json" &&
    docker compose --project-directory "$fresh" config --quiet </dev/null &&
    # While the former containers still serve.
    docker compose --project-directory "$fresh" pull --quiet </dev/null
}

give_up() {
  say '{updated: false, restored: $restored, reason: "\($what): \($said)"}' \
    --argjson restored "$1" --arg what "$2" --arg said "$(words <"$said")"
  exit 1
}

# Read as a whole before it runs: it replaces itself.
main() {
  parameter Bundle "$pattern" 'is no host bundle. Write s3://bucket/hash.zip, as a deployment uploads it.'
  [[ $SSM_Bundle =~ $pattern ]]
  readonly hash=${BASH_REMATCH[1]}
  lock
  said=$(mktemp -p /run/orthweb)
  trap 'rm -rf "$said" "$fresh"' EXIT

  fetch >"$said" 2>&1 || give_up null 'fetching the bundle'
  check >"$said" 2>&1 || give_up null 'checking the bundle'
  exchange "$fresh" "$former"
  if ! start >"$said" 2>&1; then
    local restored=true
    exchange "$former" "$fresh"
    start >/dev/null 2>&1 || restored=false
    give_up "$restored" 'the new bundle does not serve'
  fi
  say '{updated: true, bundle: $hash}' --arg hash "$hash"
}
main
exit
