#!/usr/bin/env bash
# Makes the lab's database: in $1, for the name $2, reached at $3. The password of the master user
# comes on stdin.
set -euo pipefail
folder=$1 name=$2 address=$3
programs=$(find /usr/lib/postgresql -path '*/bin' | sort --version-sort | tail -1)
as=(setpriv --reuid=postgres --regid=postgres --init-groups env -i PATH="$programs:/usr/bin" LC_ALL=C.UTF-8)
install -d -o postgres -g postgres -m 0700 "$folder"
cd "$folder"

openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -days 30 \
  -subj '/O=Orthweb lab/CN=Database root' -addext 'basicConstraints=critical,CA:TRUE' \
  -keyout root.key -out root.pem
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -days 30 \
  -subj "/CN=database" -addext "subjectAltName=DNS:$name" -addext 'basicConstraints=critical,CA:FALSE' \
  -CA root.pem -CAkey root.key -keyout server.key -out server.pem
rm root.key
chown postgres: server.key server.pem

"${as[@]}" initdb --pgdata="$folder/data" --username=rdsadmin --auth=trust --encoding=UTF8 \
  --locale=C.UTF-8 --no-sync --no-instructions >/dev/null
# The second part says what infra/site/database.ts does; a test compares.
cat >>data/postgresql.conf <<END
listen_addresses = '$address'
unix_socket_directories = '$folder'
max_connections = 120
fsync = off
synchronous_commit = off
full_page_writes = off
ssl = on
ssl_cert_file = '$folder/server.pem'
ssl_key_file = '$folder/server.key'
log_line_prefix = '%t:%r:%u@%d:[%p]:'

log_statement = 'ddl'
log_min_duration_statement = '1000'
log_parameter_max_length = '0'
log_parameter_max_length_on_error = '0'
log_error_verbosity = 'terse'
END
printf '%s\n' 'local all rdsadmin trust' 'hostssl all all all scram-sha-256' >data/pg_hba.conf
ln -s "$programs" programs

"${as[@]}" pg_ctl --pgdata=data --log=first.log --wait start >/dev/null
# As RDS makes it: no superuser, but may make roles and databases.
"${as[@]}" psql --no-psqlrc --quiet --host="$folder" --username=rdsadmin --dbname=postgres \
  --set ON_ERROR_STOP=1 --set password="$(cat)" <<<"set log_statement = none;
    create role orthweb_master login createdb createrole password :'password';"
# Without what has been said until now.
"${as[@]}" pg_ctl --pgdata=data --mode=fast --wait stop >/dev/null
"${as[@]}" pg_ctl --pgdata=data --log=log --wait start >/dev/null
