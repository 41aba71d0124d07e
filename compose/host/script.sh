# shellcheck shell=bash
# What each script of a host begins with: settings, the lock, and the one JSON line that it prints at
# its end. Inputs come from the environment and from files, never spliced into text.
#
# Exit codes: 0 done, 1 not done and why, 64 a parameter is refused, 75 another run is at it.
set -euo pipefail
umask 077
export LC_ALL=C

readonly home=/opt/orthweb
# shellcheck source=/dev/null
source "$home/site.env"

compose() { docker compose --project-directory "$home" "$@" </dev/null; }

# say FILTER [ARGUMENTS OF jq]: the one line. What comes from outside is an argument, never a part of
# the filter.
say() {
  local filter=$1
  shift
  jq --null-input --compact-output "$filter" "$@"
}

# Somebody else's last words, as a reason: at most 400 characters of one line.
words() { tr -s '[:space:]' ' ' | tail -c 400 | sed 's/^ //; s/ $//'; }

# refuse NAME VALUE REMEDY: ends a script that was given what it does not take.
refuse() {
  say '{reason: "\($name): \($value[0:60] | tojson) \($remedy)"}' \
    --arg name "$1" --arg value "$2" --arg remedy "$3"
  exit 64
}

# parameter NAME PATTERN REMEDY: sees that $SSM_NAME, which Systems Manager passes, is such as it
# should be. The document has seen to that already; this is for whoever runs a script by hand, and for
# a document that somebody has changed.
parameter() {
  local name="SSM_$1"
  [[ -v $name ]] || refuse "$1" '' \
    'is not there. Give it as a parameter of the document; the agent must be 3.3.2746.0 or newer.'
  [[ ${!name} =~ $2 && ${!name} != *$'\n'* ]] || refuse "$1" "${!name}" "$3"
}

# One script at a time changes this host. Scripts that it calls are part of it.
lock() {
  [[ ${ORTHWEB_LOCK:-} == held ]] && return
  exec 9>/run/orthweb/lock
  flock --nonblock 9 || {
    say '{reason: "another script is changing this host. Try again when it has ended."}'
    exit 75
  }
  export ORTHWEB_LOCK=held
}

# state SERVICE: running, exited and so on, or nothing where there is no container of it. Fails when
# Docker does not answer: what runs then, runs on.
state() {
  local said
  said=$(timeout 10 docker compose --project-directory "$home" ps --all --format json "$1" </dev/null 2>/dev/null) || return
  jq --raw-output --slurp '.[0].State // ""' <<<"$said"
}

# fetch_secret ARN: what is in it, on stdout.
fetch_secret() {
  local status=0
  # Without the lock, which would go on with it where this script is killed.
  timeout 45 aws secretsmanager get-secret-value --region "$ORTHWEB_REGION" --secret-id "$1" \
    --query SecretString --output text 9>&- || status=$?
  ((status != 124)) || echo 'AWS did not answer in 45 seconds.' >&2
  return "$status"
}

# why FILE: the reason that a script of ours gave in it, or else its last words.
why() {
  local reason
  reason=$(jq --raw-output --slurp 'map(.reason? // empty) | last // empty' "$1" 2>/dev/null) || reason=
  [[ -n $reason ]] || reason=$(words <"$1")
  printf '%s' "$reason"
}

# The host takes no new clients, by somebody's wish: until undrain.sh, or the next boot.
# shellcheck disable=SC2034 # for those who source this
readonly drained=/run/orthweb/drained
# An undrain that has not ended: nginx may still be closing, and would then be gone.
# shellcheck disable=SC2034 # as above
readonly closing=/run/orthweb/closing

# serving SECONDS: waits so long for this host to serve; what it lacks then, it says.
serving() {
  local deadline=$((SECONDS + $1)) reason
  until reason=$(bash "$home/host/probe.sh" | jq --raw-output .reason); do
    ((SECONDS < deadline)) || {
      echo "$reason"
      return 1
    }
    sleep 1
  done
}

# The bundle that was in use before an update that has not ended: while it is there, it is whole, and
# what is in use may be neither.
readonly former=$home/.former

# What is in use is to stay. A part of a bundle would be worse than none.
forget() {
  mv -T "$former" "$former.unfinished" && sync --file-system "$home" && rm -rf "$former.unfinished"
}
