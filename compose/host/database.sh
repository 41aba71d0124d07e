#!/usr/bin/env bash
# Sees that Orthanc's own user and database are there: once in the life of a site it makes them, as
# the master user, whose password is in memory for that long. Both nodes may do so at once.
# Exit 1, with the reason on stderr, when it could not.
set -euo pipefail
# shellcheck source=script.sh
source /opt/orthweb/host/script.sh

cd /run/orthweb/secrets
trap 'rm -f .fetched .pgpass .password' EXIT

# As Orthanc does, it talks to nobody but the database that the root vouches for.
export PGHOST=$ORTHWEB_DATABASE PGCONNECT_TIMEOUT=5 PGPASSFILE=$PWD/.pgpass
export PGSSLMODE=verify-full PGSSLROOTCERT=$home/database-root.pem
readonly psql=(psql --no-psqlrc --no-password --quiet --tuples-only --set ON_ERROR_STOP=1)

# become ARN: prints the user's name, and leaves the password where psql looks for it.
become() {
  fetch_secret "$1" >.fetched || return
  jq --raw-output '"*:*:*:*:" + (.password | gsub("(?<end>[:\\\\])"; "\\\(.end)"))' .fetched >.pgpass || return
  jq --raw-output --exit-status .username .fetched
}

user=$(become "$ORTHWEB_DATABASE_SECRET") || exit 1
if said=$("${psql[@]}" --username "$user" --dbname orthanc --command 'select 1' 2>&1); then exit; fi
# Only what the server says of user and database themselves is for the master to mend.
case $said in
  *'password authentication failed'* | *'does not exist'* | *'permission denied for database'*) ;;
  *)
    echo "it cannot be reached: $(words <<<"$said")" >&2
    exit 1
    ;;
esac

# Twice, as a person would type it. Without a terminal psql reads it from stdin.
jq --raw-output '.password, .password' .fetched >.password
master=$(become "$ORTHWEB_MASTER_SECRET") || exit 1
setsid --wait "${psql[@]}" --username "$master" --dbname postgres \
  --set "user=$user" --file "$home/host/database.sql" <.password >/dev/null
