#!/usr/bin/env bash
# Puts the certificate that was issued for a generation's key into use: key, certificate, authorities
# and name at once, by a reload of nginx that ends no transfer. It counts as installed once handshakes
# of a client at both ports have shown it; what does not come to that is put back. Run again with the
# same values it ends what was begun.
#
# Says {"installed": true, …}, or {"installed": false, "phase": …, "restored": …} and why; restored is
# null where nothing was switched. On a drained host it says "drained" too: no client has seen the pair,
# which nginx serves from the undrain on.
set -euo pipefail
# shellcheck source=script.sh
source /opt/orthweb/host/script.sh
# shellcheck source=tls.sh
source /opt/orthweb/host/tls.sh

readonly began=${EPOCHREALTIME/./}

# in_base64 NAME MOST REMEDY: bash takes seconds to count so far in a pattern.
in_base64() {
  local variable="SSM_$1" value
  value=${!variable:-}
  parameter "$1" '^[A-Za-z0-9+/]+={0,2}$' "$3"
  ((${#value} >= 400 && ${#value} <= $2)) || refuse "$1" "$value" "$3"
}
parameter Generation "$generations" 'is no generation. Write one that certificate-request gave.'
in_base64 Certificate 4000 'is no certificate. Write it as DER in base64.'
in_base64 Authorities 8000 'is no list of authorities. Write it as PEM in base64.'
parameter Name '^[a-z0-9][a-z0-9.-]{0,252}$' 'is no name of a host. Write one as DNS has it, in small letters.'
generation=${SSM_Generation:?} name=${SSM_Name:?}
folder=$tls/gen/$generation

lock
work=$(mktemp -d -p /run/orthweb)
trap 'rm -rf "$work"' EXIT

# give_up PHASE RESTORED REASON
give_up() {
  say '{installed: false, phase: $phase, restored: $restored, reason: $reason}' \
    --arg phase "$1" --argjson restored "$2" --arg reason "$3"
  exit 1
}
# untouched PHASE WHAT COMMAND: what must be so before anything is switched.
untouched() { "${@:3}" >"$work/said" 2>&1 || give_up "$1" null "$2: $(words <"$work/said")"; }

# What serves is left alone where it could not be seen to serve again.
nginx_runs() {
  local nginx
  [[ ! -e $closing ]] || {
    echo 'an undrain of this host has not ended'
    return 1
  }
  nginx=$(state nginx) || {
    echo 'Docker does not answer'
    return 1
  }
  [[ $nginx == running ]] || {
    echo "nginx does not run (${nginx:-there is no container of it})"
    return 1
  }
  # Each keeps its share of memory, for an hour at most.
  (($(unfinished) <= 2)) || {
    echo 'nginx still finishes transfers from before three reloads or more'
    return 1
  }
}

# The pair as it was given, beside the one that is served; nothing but certificates comes through.
unpack() {
  base64 --decode <<<"${SSM_Certificate:?}" | openssl x509 -inform DER -out "$work/fullchain.pem" &&
    base64 --decode <<<"${SSM_Authorities:?}" | each openssl x509 >"$work/ca.pem" &&
    echo "$name" >"$work/name"
}

# verify [OPTIONS]: as a client does that trusts these authorities and no other.
verify() {
  local name_or_address
  mapfile -t name_or_address < <(expecting "$name")
  openssl verify -x509_strict -purpose sslserver "${name_or_address[@]}" -no-CApath -no-CAstore \
    -CAfile "$work/ca.pem" "$@" "$work/fullchain.pem"
}

# nginx itself does not see this where the two are of different kinds.
belongs() {
  [[ $(openssl x509 -noout -pubkey -in "$work/fullchain.pem") == "$(openssl pkey -pubout -in "$folder/tls.key")" ]] ||
    {
      echo 'it was issued for another key'
      return 1
    }
}

outlived() {
  local end
  end=$(date --date "$(openssl x509 -noout -enddate -in "$work/fullchain.pem" | cut --delimiter = --fields 2)" +%s) &&
    verify -attime "$((end - 1))"
}

write() {
  local file
  for file in fullchain.pem ca.pem name; do
    install -m 0644 "$work/$file" "$folder/.$file" && mv -T "$folder/.$file" "$folder/$file" || return
  done
  sync --file-system "$tls"
}

# What is served already is to stay as it is: only the same can be installed again.
same() {
  local file
  for file in fullchain.pem ca.pem name; do
    cmp --silent "$work/$file" "$folder/$file" || {
      echo 'this generation is live with other values'
      return 1
    }
  done
}

# put_back PHASE WHAT: what was live before.
put_back() {
  local reason previous restored=false
  reason="$2: $(words <"$work/said")"
  previous=$(generation former)
  if [[ -n $previous ]] && back && resume "$previous"; then
    restored=true
    withdraw "$generation"
  fi >"$work/said" 2>&1
  give_up "$1" "$restored" "$reason"
}

# Live, what was live before, and the newest of the others.
tidy() {
  local kept=0 candidate
  while read -r candidate; do
    case $candidate in
      "$(generation live)" | "$(generation former)") continue ;;
    esac
    if ((kept > 0)) || [[ ! -e $tls/gen/$candidate/fullchain.pem ]]; then
      rm -rf "$tls/gen/$candidate"
    else
      kept=1
    fi
  done < <(find "$tls/gen" -mindepth 1 -maxdepth 1 -printf '%T@ %f\n' | sort --reverse --numeric-sort | cut --delimiter ' ' --fields 2)
  sync --file-system "$tls"
}

untouched preflight 'the disk' room
[[ -e $drained ]] || untouched preflight 'not now' nginx_runs
untouched preflight 'the key of this generation is not on this host' test -s "$folder/tls.key"
untouched preflight 'no pair is live on this host' test -e "$tls/live/name"
untouched lint 'the certificate or its authorities cannot be read' unpack
untouched lint 'clients would refuse it' verify
untouched lint 'clients would refuse it within the hour' openssl x509 -noout -checkend 3600 -in "$work/fullchain.pem"
untouched lint 'the key' belongs
untouched lint 'its authority ends before it does' outlived

before=$(generation live)
if [[ $before == "$generation" ]]; then
  untouched preflight 'this is no repetition' same
else
  untouched preflight 'it could not be written' write
  untouched preflight 'it could not be written' point former "$before"
  untouched preflight 'it could not be switched' point live "$generation"
fi

# What clients are shown, until it is the new certificate at both ports and by every worker.
shown() {
  within 10 settled || {
    echo 'nginx goes on as before'
    return 1
  }
  within 10 serves "$generation" trusted || {
    echo "at port 443 they are shown $(shows 443 "$name"), at 11112 $(shows 11112 "$name")"
    return 1
  }
}
if [[ ! -e $drained ]] && ! serves "$generation" trusted; then
  # It says that it is well also of pairs that it cannot serve.
  to_nginx -t >"$work/said" 2>&1 || put_back config 'nginx refuses its configuration'
  reload >"$work/said" 2>&1 || put_back serving 'nginx did not reload'
  shown >"$work/said" 2>&1 || put_back serving 'clients do not get the certificate, or refuse it'
fi
tidy
say '{installed: true, generation: $generation, fingerprint: $fingerprint, seconds: ($took / 100000 | round / 10)}
  + if $drained then {drained: true} else {} end' \
  --arg generation "$generation" --arg fingerprint "$(fingerprint <"$folder/fullchain.pem")" \
  --argjson took "$((${EPOCHREALTIME/./} - began))" \
  --argjson drained "$([[ -e $drained ]] && echo true || echo false)"
