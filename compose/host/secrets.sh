#!/usr/bin/env bash
# Brings the site's secrets from Secrets Manager to memory, as files that Compose mounts, and starts
# Orthanc again if it runs with others. Nothing of them is on disk, in an environment or in a list of
# processes. Run it on one node at a time: a changed secret interrupts this one for some seconds.
# Says {"changed": […], "restarted": […]}, or why not.
set -euo pipefail
# shellcheck source=script.sh
source /opt/orthweb/host/script.sh

lock
cd /run/orthweb/secrets
trap 'rm -f .fetched .said .*.fresh' EXIT

changed=()
fail() {
  say '{changed: $ARGS.positional, restarted: [], reason: $reason}' --arg reason "$1" --args "${changed[@]}"
  exit 1
}

# secret FILE ARN REMEDY FILTER [ARGUMENTS OF jq]: what a filter makes of it, or what is wrong with
# it. No word of the secret itself is said.
secret() {
  local file=$1 arn=$2 remedy=$3 filter=$4
  shift 4
  fetch_secret "$arn" >.fetched 2>.said ||
    fail "The secret $arn could not be fetched: $(words <.said)"
  # A try of jq 1.6 catches also what comes after it; not out of a list.
  jq --raw-input --slurp --compact-output "$@" \
    "[try fromjson catch empty] | if . == [] then error(\"is no JSON\") else .[0] end | $filter" \
    .fetched >"$file" 2>.said ||
    fail "The secret $arn $(sed 's/^jq: error ([^)]*): //' .said | words). Write $remedy."
}

# What Orthanc runs as, in its container.
readonly orthanc=999:999

# Asks Orthanc how it is, for nginx: a user of this boot of this node, known nowhere else.
[[ -s health ]] || head --bytes 24 /dev/urandom | base64 --wrap 0 | tr '+/' '-_' >health

# Which one is wrong is said by its number: a name and a password can be mixed up.
secret .users.fresh "$ORTHWEB_USERS_SECRET" '{"name": "password"}' '
  if type != "object" then error("is no object") elif length == 0 then error("names nobody") else . end
  | . as $users | reduce (to_entries | to_entries[]) as $user ({};
      "number \($user.key + 1) of \($users | length)" as $who | $user.value as {$key, $value}
      | if $key | test("^[A-Za-z0-9._@-]{1,64}$") | not then
          error("has a name that is not 1 to 64 letters, digits, dots, _, @ and -: \($who)")
        elif $key == "orthweb-health" then error("has the name orthweb-health, which is taken: \($who)")
        elif $value | type != "string" or length < 12 then
          error("has a password of fewer than 12 characters: \($who)")
        elif $value | contains("${") then
          error("has a password with ${ in it, which Orthanc would fill in: \($who)")
        else .[$key] = $value end)
  | {RegisteredUsers: (. + {"orthweb-health": $health})}' --rawfile health health
# The image fills variables into its configuration files: a $ must not look like one.
sed --in-place 's/\$/\\u0024/g' .users.fresh

secret .database.fresh "$ORTHWEB_DATABASE_SECRET" '{"username": …, "password": …}' '
  if type != "object" or ([.username, .password] | any(type != "string" or . == "")) then
    error("lacks a username or password") else . end
  | {PostgreSQL: {ConnectionUri: (
      "postgresql://\(.username | @uri):\(.password | @uri)@\($host):5432/orthanc"
      + "?application_name=orthweb-\($node)"
      + "&sslmode=verify-full&sslrootcert=/etc/orthanc/database-root.pem"
      # A database that went without a word is given up on, so that Orthanc asks anew.
      + "&connect_timeout=5&tcp_user_timeout=10000"
      + "&keepalives_idle=10&keepalives_interval=5&keepalives_count=3"
      # And the database gives up a node that went so, whose locks would hold up the other node.
      + "&options=" + ("-c tcp_keepalives_idle=5 -c tcp_keepalives_interval=3 -c tcp_keepalives_count=3 -c tcp_user_timeout=15000" | @uri))}}' \
  --arg host "$ORTHWEB_DATABASE" --arg node "$ORTHWEB_NODE"

printf 'proxy_set_header Authorization "Basic %s";\n' \
  "$(printf 'orthweb-health:%s' "$(<health)" | base64 --wrap 0)" >.health.fresh

# A file that is replaced stays the old one in a container that runs, which this remembers until
# Orthanc has the new one.
replace() {
  cmp --silent "$1" "$2" && return
  touch stale
  chown "$3" "$1"
  mv -T "$1" "$2"
  changed+=("$2")
}
# All or none: what is wrong with one of them is found by now.
replace .users.fresh users.json "$orthanc"
replace .database.fresh database.json "$orthanc"
replace .health.fresh health.conf root:root

restarted=()
if [[ -e stale ]]; then
  container=$(state orthanc) || fail 'Docker does not answer: Orthanc may run with former secrets.'
fi
if [[ ${container:-} == running ]]; then
  # Another password is Orthanc's only once the database knows it.
  bash "$home/host/database.sh" >.said 2>&1 || fail "The database was not prepared: $(words <.said)"
  compose up --detach --no-deps --force-recreate --wait --wait-timeout 120 orthanc >/dev/null 2>.said ||
    fail "Orthanc did not start with the new secrets: $(words <.said)"
  restarted=(orthanc)
fi
rm -f stale
say '{changed: $ARGS.positional, restarted: $restarted}' \
  --argjson restarted "$(say '$ARGS.positional' --args "${restarted[@]}")" --args "${changed[@]}"
