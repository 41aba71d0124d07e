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
trap 'rm -f .fetched .fresh .said' EXIT

changed=()
fail() {
  say '{changed: $ARGS.positional, restarted: [], reason: $reason}' --arg reason "$1" --args "${changed[@]}"
  exit 1
}

fetch() {
  aws secretsmanager get-secret-value --region "$ORTHWEB_REGION" --secret-id "$1" \
    --query SecretString --output text >.fetched 2>.said ||
    fail "The secret $1 could not be fetched: $(words <.said)"
}

# What is wrong with a secret, in the words of the filter that has read it.
complaint() { sed 's/^jq: error ([^)]*): //' .said | words; }

# replace FILE OWNER: by .fresh, if that is different.
replace() {
  cmp --silent .fresh "$1" && return
  chown "$2" .fresh
  mv -T .fresh "$1"
  changed+=("$1")
}

# What Orthanc runs as, in its container.
readonly orthanc=999:999

# Asks Orthanc how it is, for nginx: a user of this boot of this node, known nowhere else.
[[ -s health ]] || head --bytes 24 /dev/urandom | base64 --wrap 0 | tr '+/' '-_' >health

fetch "$ORTHWEB_USERS_SECRET"
# The image fills variables into its configuration files: a $ must not look like one.
jq --compact-output --rawfile health health '
  if type != "object" or length == 0 then error("names nobody") else . end
  | with_entries(
      if .key | test("^[A-Za-z0-9._@-]{1,64}$") | not then
        error("has a name that is not 1 to 64 letters, digits, dots, _, @ and -")
      elif .key == "orthweb-health" then error("has the name orthweb-health, which is taken")
      elif .value | type != "string" or length < 12 then
        error("has a password of fewer than 12 characters, for \(.key)")
      else . end)
  | {RegisteredUsers: (. + {"orthweb-health": $health})}' .fetched 2>.said |
  sed 's/\$/\\u0024/g' >.fresh ||
  fail "The secret $ORTHWEB_USERS_SECRET $(complaint). Write {\"name\": \"password\"}."
replace users.json "$orthanc"

fetch "$ORTHWEB_DATABASE_SECRET"
jq --compact-output --arg host "$ORTHWEB_DATABASE" --arg node "$ORTHWEB_NODE" '
  if [.username?, .password?] | all(type == "string") then . else error("lacks a user or password") end
  | {PostgreSQL: {ConnectionUri: (
      "postgresql://\(.username | @uri):\(.password | @uri)@\($host):5432/orthanc"
      + "?application_name=orthweb-\($node)"
      + "&sslmode=verify-full&sslrootcert=/etc/orthanc/database-root.pem"
      # A database that went without a word is given up on, so that Orthanc asks anew.
      + "&connect_timeout=5&tcp_user_timeout=10000"
      + "&keepalives_idle=10&keepalives_interval=5&keepalives_count=3")}}' .fetched >.fresh 2>.said ||
  fail "The secret $ORTHWEB_DATABASE_SECRET $(complaint). Write {\"username\": …, \"password\": …}."
replace database.json "$orthanc"

printf 'proxy_set_header Authorization "Basic %s";\n' \
  "$(printf 'orthweb-health:%s' "$(<health)" | base64 --wrap 0)" >.fresh
replace health.conf root:root

# A file that is replaced stays the old one in a container that runs.
restarted=()
if ((${#changed[@]} > 0)) && running orthanc; then
  compose up --detach --no-deps --force-recreate --wait --wait-timeout 120 orthanc >/dev/null 2>.said ||
    fail "Orthanc did not start with the new secrets: $(words <.said)"
  restarted=(orthanc)
fi
say '{changed: $ARGS.positional, restarted: $restarted}' \
  --argjson restarted "$(say '$ARGS.positional' --args "${restarted[@]}")" --args "${changed[@]}"
