#!/usr/bin/env bash
# Makes a key for this node's next certificate, which stays in the folder of its generation, and asks
# for the certificate: who signs it takes the key from that and knows the names better. Nothing that is
# served changes. Earlier requests that came to nothing are removed.
# Says {"generation": …, "request": PKCS#10 in base64}, or why not.
set -euo pipefail
# shellcheck source=script.sh
source /opt/orthweb/host/script.sh
# shellcheck source=tls.sh
source /opt/orthweb/host/tls.sh

lock
work=$(mktemp -d -p /run/orthweb)
trap 'rm -rf "$work" "$tls"/gen/.request.*' EXIT

fail() {
  say '{phase: "preflight", reason: $reason}' --arg reason "$1"
  exit 1
}

tidy() {
  local folder
  rm -rf "$tls"/gen/.request.*
  for folder in "$tls"/gen/*; do
    # What is live is what the next pair takes over from, whatever is left of it.
    [[ -e $folder/fullchain.pem || $folder -ef $tls/live ]] || rm -rf "$folder"
  done
}

# OpenSSL does not tell when the disk has not taken all of a key.
whole() {
  local held
  held=$(openssl pkey -pubout -in "$1") && [[ $held == "$(openssl req -noout -pubkey -inform DER -in "$work/request.der")" ]]
}

request() {
  local folder
  folder=$(mktemp -d "$tls/gen/.request.XXXXXX") &&
    openssl req -new -newkey rsa:2048 -noenc -sha256 -subj "/O=Orthweb/CN=orthweb-$ORTHWEB_NODE" \
      -keyout "$folder/tls.key" -outform DER -out "$work/request.der" &&
    whole "$folder/tls.key" &&
    chmod 0755 "$folder" &&
    # Empty after a lost power, a key would fit no certificate.
    sync --file-system "$tls" &&
    mv -T "$folder" "$tls/gen/$generation"
}

generation=$(date --utc +%Y%m%dT%H%M%SZ)-$(openssl rand -hex 4)
{ room && tidy; } >"$work/said" 2>&1 || fail "$(words <"$work/said")"
request >"$work/said" 2>&1 || fail "the key was not made: $(words <"$work/said")"
say '{generation: $generation, request: $request}' --arg generation "$generation" \
  --arg request "$(base64 --wrap 0 "$work/request.der")"
