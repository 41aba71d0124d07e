#!/usr/bin/env bash
# Takes another host bundle in place: new scripts, images, configuration. Run it on one node, see that
# it serves, then on the other. What does not serve afterwards is put back; what was not ended, by a
# lost power for one, is put back by the next boot or update.
# Says {"updated": true, "bundle": …}, or {"updated": false, "restored": …} and why; restored is null
# where nothing was changed.
set -euo pipefail
# shellcheck source=script.sh
source /opt/orthweb/host/script.sh

readonly fresh=$home/.fresh
readonly pattern='^s3://[a-z0-9.-]{3,63}/([0-9a-f]{64})\.zip$'

# start [anyway]: with the bundle in use, anyway also where Secrets Manager is away, whose secrets are
# here already.
start() {
  local services=(nginx orthanc)
  [[ ! -e $drained ]] || services=(orthanc)
  bash "$home/host/install.sh" &&
    { bash "$home/host/secrets.sh" || [[ ${1:-} == anyway ]]; } &&
    bash "$home/host/render.sh" &&
    compose up --detach --remove-orphans --force-recreate --wait --wait-timeout 180 "${services[@]}" &&
    { [[ -e $drained ]] || serving 60; }
}

fetch() {
  mkdir "$fresh" &&
    timeout 120 aws s3 cp --only-show-errors --region "$ORTHWEB_REGION" "${SSM_Bundle:?}" "$fresh/bundle.zip" 9>&- &&
    unzip -q "$fresh/bundle.zip" -d "$fresh" &&
    rm "$fresh/bundle.zip" &&
    printf '%s\n' "$hash" >"$fresh/bundle" &&
    # Files that are written at some later time would be empty ones after a lost power.
    sync --file-system "$fresh"
}

check() {
  local script
  for script in "$fresh"/host/*.sh; do bash -n "$script" || return; done
  jq --exit-status .dicom "$fresh/settings.json" >/dev/null &&
    docker compose --project-directory "$fresh" config --quiet </dev/null &&
    # While the former containers still serve.
    docker compose --project-directory "$fresh" pull --quiet </dev/null
}

put_back() {
  # nginx that fails again and again would come up by what is written for the former bundle, and be told
  # to end before it heeds that: it would be waited for in vain, for all of its time.
  bash "$former/host/bundle.sh" take "$former" && compose stop nginx && start anyway && forget
}

give_up() {
  say '{updated: false, restored: $restored, reason: "\($what): \($said)"}' \
    --argjson restored "$1" --arg what "$2" --arg said "$(why "$said")"
  exit 1
}

# Read as a whole before it runs: it replaces itself.
main() {
  parameter Bundle "$pattern" 'is no host bundle. Write s3://bucket/hash.zip, as a deployment uploads it.'
  [[ $SSM_Bundle =~ $pattern ]]
  readonly hash=${BASH_REMATCH[1]}
  lock
  rm -rf "$fresh" "$home/.taken"
  said=$(mktemp -p /run/orthweb)
  trap 'rm -rf "$said" "$fresh"' EXIT

  # Whatever comes of it: the new one is about to be tried.
  [[ ! -e $former ]] || put_back >/dev/null 2>&1 || true
  fetch >"$said" 2>&1 || give_up null 'fetching the bundle'
  check >"$said" 2>&1 || give_up null 'checking the bundle'
  [[ -e $former ]] || bash "$home/host/bundle.sh" keep "$former" >"$said" 2>&1 ||
    give_up null 'keeping the former bundle'
  if ! { bash "$fresh/host/bundle.sh" take "$fresh" && start; } >"$said" 2>&1; then
    local restored=true
    put_back >/dev/null 2>&1 || restored=false
    give_up "$restored" 'the new bundle does not serve'
  fi
  forget
  say '{updated: true, bundle: $hash}' --arg hash "$hash"
}
main
exit
