#!/usr/bin/env bash
# Asks this host what a client would ask, and looks at what a client does not see. Changes nothing but
# one small object in the bucket of images, which it reads back. All at once, in less than ten seconds.
#
# Says one object: "serves", "verdict" and, where something is wrong, "reason" and "listens" (whether
# nginx answers those who connect), then all that was seen, with null for what could not be. Exit 0
# when it serves, 1 when it does not.
set -euo pipefail
# shellcheck source=script.sh
source /opt/orthweb/host/script.sh
# shellcheck source=tls.sh
source /opt/orthweb/host/tls.sh

# One pair for all questions, whatever is switched meanwhile.
live=$tls/gen/$(generation live)
name=$(cat "$live/name" 2>/dev/null) || name=nobody

containers() {
  timeout 5 docker compose --project-directory "$home" ps --all --format json </dev/null |
    jq --slurp 'map({key: .Service, value: {state: .State, health: .Health, image: .Image}}) | from_entries'
}

# served PORT: the certificate that clients are shown there. Only an answer counts: the kernel takes
# connections for an nginx that hangs, and Docker for one that has closed its doors.
served() {
  local said
  said=$(timeout 4 openssl s_client -connect "127.0.0.1:$1" -servername "$name" </dev/null 2>/dev/null) || true
  if [[ ! $said =~ 'handshake has read '[1-9] ]]; then
    say '{listens: false}'
  elif [[ $said != *'BEGIN CERTIFICATE'* ]]; then
    say '{listens: true, fingerprint: null}'
  else
    certificate <<<"$said" | jq '{listens: true, fingerprint, daysLeft}'
  fi
}

# A certificate on stdin, as fingerprint, days left and the instant at which it ends.
certificate() {
  openssl x509 -noout -fingerprint -sha256 -enddate -dateopt iso_8601 -ext subjectAltName |
    jq --raw-input --slurp '
      { fingerprint: capture("ingerprint=(?<it>\\S+)").it,
        notAfter: (capture("notAfter=(?<day>\\S+) (?<time>\\S+)") | "\(.day)T\(.time)"),
        names: [scan("(?:DNS|IP Address):([^,\\s]+)") | .[0]] }
      | .daysLeft = ((.notAfter | fromdate) - now | . / 86400 | floor)'
}

# Whether key and certificate that are meant to be served belong together: nginx itself does not see
# that where they are of different kinds.
pair() {
  local certified held
  certified=$(openssl x509 -noout -pubkey -in "$live/fullchain.pem")
  held=$(openssl pkey -pubout -in "$live/tls.key")
  if [[ -n $held && $certified == "$held" ]]; then
    certificate <"$live/fullchain.pem" | jq --arg generation "${live##*/}" '{matches: true} + . + {generation: $generation}'
  else
    say '{matches: false}'
  fi
}

# What clients are to trust, by fingerprints.
authorities() { each fingerprint <"$live/ca.pem" | jq --raw-input --null-input '[inputs]'; }

# What asks as a client does that knows this node by its name, and trusts what clients are to trust.
ask=(curl --silent --output /dev/null --noproxy '*' --max-time 5)
ask+=(--cacert "$live/ca.pem" --connect-to '::127.0.0.1:443')

# answers PATH: the status that nginx answers with, or 0 and curl's words for why there is none.
answers() {
  local status failure words
  read -r status failure words < <("${ask[@]}" --write-out '%{http_code} %{exitcode} %{errormsg}\n' "https://$name$1")
  # 60 and 77 are curl's numbers for what it does not trust, and for what it cannot trust by.
  say '{status: $status, trusted: ($failure | IN(60, 77) | not), said: $said}' \
    --argjson status "$((10#$status))" --argjson failure "$failure" --arg said "$words"
}

# As above, from the database. Each of Orthanc's connections that was cut fails once before it is made
# anew: where the database is back, all are used, so that no client has to.
from_database() {
  local said began=$SECONDS
  said=$(answers /healthz/deep)
  if [[ $said == '{"status":503,'* && $(database) == '{"reached":true}' ]] && ((SECONDS - began < 3)); then
    # Twice as often as it has connections.
    timeout 2 "${ask[@]}" "https://$name/healthz/deep#[1-40]" || true
    said=$(answers /healthz/deep)
  fi
  printf '%s\n' "$said"
}

# The way to the database, whatever Orthanc makes of it: a greeting, without a name or a password. A
# server that hangs takes connections, too.
database() {
  local said
  if said=$(timeout 3 openssl s_client -starttls postgres -connect "$ORTHWEB_DATABASE:5432" </dev/null 2>&1); then
    say '{reached: true}'
  elif [[ $said == *refused* ]]; then
    say '{reached: false, how: "refused"}'
  else
    say '{reached: false, how: "silent"}'
  fi
}

# With the credentials that Orthanc has, as it would. What is read may be of another probe at the same
# time.
storage() {
  local folder key=${ORTHWEB_IMAGES_PREFIX}probe-of-$ORTHWEB_NODE
  folder=$(mktemp -d -p /run/orthweb) && cd "$folder" || return
  trap 'rm -rf "$PWD"' EXIT
  export AWS_SHARED_CREDENTIALS_FILE=/run/orthweb/secrets/images/credentials AWS_MAX_ATTEMPTS=1 AWS_EC2_METADATA_DISABLED=true
  echo "probe of node $ORTHWEB_NODE" >sent
  bucket() { timeout 4 aws s3api "$1-object" --region "$ORTHWEB_REGION" --bucket "$ORTHWEB_IMAGES_BUCKET" --key "$key" "${@:2}"; }
  if ! bucket put --body sent >/dev/null 2>said; then
    say '{writes: false, reads: false, said: $said}' --arg said "$(words <said)"
  elif ! bucket get received >/dev/null 2>said || ! cmp --silent sent received; then
    say '{writes: true, reads: false, said: $said}' --arg said "$(words <said)"
  else
    say '{writes: true, reads: true}'
  fi
}

disk() {
  df --block-size=1M --output=pcent,ipcent,avail "$home" | tail --lines 1 | tr -d % |
    jq --raw-input '[splits(" +") | select(. != "")] | map(tonumber? // null)
      | {usedPercent: .[0], inodesUsedPercent: .[1], freeMiB: .[2]}'
}

memory() {
  jq --raw-input --slurp '
    [scan("(MemTotal|MemAvailable): +([0-9]+)") | {key: .[0], value: .[1] | tonumber}] | from_entries
    | {availablePercent: (100 * .MemAvailable / .MemTotal | floor)}' /proc/meminfo
}

# Seconds that this clock is ahead of the true time, as far as chrony can tell.
clock() {
  timeout 2 chronyc -c tracking | jq --raw-input '{offsetSeconds: (split(",")[4] | tonumber)}'
}

versions() {
  say '{bundle: $bundle, docker: $docker, compose: $compose, kernel: $kernel}' \
    --arg bundle "$(cat "$home/bundle" 2>/dev/null)" --arg kernel "$(uname --kernel-release)" \
    --arg docker "$(timeout 3 docker version --format '{{.Server.Version}}' 2>/dev/null)" \
    --arg compose "$(timeout 3 docker compose version --short 2>/dev/null)"
}

# look COMMAND: the one JSON text that it says, or null when it cannot.
look() {
  local seen
  seen=$("$@" 2>/dev/null) && [[ -n $seen ]] || seen=null
  printf '%s\n' "$seen"
}

drained_too=false
[[ ! -e $drained ]] || drained_too=true

# Causes before effects: what hangs on a database that is away is no fault of Orthanc's.
report=$(say --argjson drained "$drained_too" \
  --slurpfile containers <(look containers) \
  --slurpfile web <(look served 443) --slurpfile dicom <(look served 11112) --slurpfile pair <(look pair) \
  --slurpfile authorities <(look authorities) \
  --slurpfile nginx <(look answers /healthz) --slurpfile orthanc <(look answers /healthz/orthanc) \
  --slurpfile deep <(look from_database) \
  --slurpfile database <(look database) --slurpfile storage <(look storage) \
  --slurpfile disk <(look disk) --slurpfile memory <(look memory) --slurpfile clock <(look clock) \
  --slurpfile versions <(look versions) '
  $containers[0] as $containers | $web[0] as $web | $dicom[0] as $dicom | $pair[0] as $pair
  | $nginx[0] as $nginx | $orthanc[0].status as $orthanc | $deep[0].status as $deep
  | $database[0] as $database | $storage[0] as $storage | $disk[0] as $disk
  | ($web.listens and $dicom.listens) as $listens
  # What does not run, runs again by Docker, if that answers.
  | def down($service; $reason):
      if $containers then ["\($service)-down", $reason] else ["docker-down", "Docker does not answer. \($reason)"] end;
  (if $drained and ($listens | not) then ["drained", "This host is drained: it takes no clients until it is told to."]
   elif $pair.matches != true then ["certificate-mismatch", "Key and certificate do not belong together, or are not there."]
   elif $listens | not then down("nginx"; "nginx does not run, or does not answer.")
   elif [$web, $dicom] | any(.fingerprint != $pair.fingerprint) then ["certificate-mismatch", "nginx does not serve the certificate that is live on this host."]
   elif $nginx.trusted == false then ["certificate-untrusted", "Clients refuse the certificate: \($nginx.said)"]
   elif $nginx.status != 200 then ["nginx-down", "nginx does not answer as it should: \($nginx.said)"]
   elif $database.how == "refused" then ["database-refused", "The database refuses connections."]
   elif $database.how == "silent" then ["database-silent", "Nothing is heard from the database."]
   elif $orthanc == 502 or ($containers and $containers.orthanc.state != "running") then down("orthanc"; "Orthanc does not run, or takes no connections.")
   elif $orthanc != 200 then ["orthanc-hung", "Orthanc takes connections and does not answer as it should (\($orthanc))."]
   elif $deep != 200 then ["database-failing", "Orthanc answers, but not from its database (\($deep))."]
   elif $storage.reads != true then ["storage-failing", "The bucket of images: \($storage.said // "" | if . == "" then "no answer" else . end)"]
   elif ($disk.freeMiB // 64) < 64 or $disk.inodesUsedPercent > 98 then ["disk-full", "The disk of this host is full."]
   else ["serves", null] end) as [$verdict, $reason]
  | ($verdict | IN("serves", "disk-full")) as $serves
  | { serves: $serves, verdict: $verdict }
    + (if $reason then { listens: $listens, reason: $reason } else {} end)
    + { containers: $containers, web: $web, dicom: $dicom, pair: $pair, authorities: ($authorities[0] // []),
        health: { nginx: $nginx.status, orthanc: $orthanc, deep: $deep },
        database: $database, storage: $storage, disk: $disk,
        memory: $memory[0], clock: $clock[0], versions: $versions[0] }')
printf '%s\n' "$report"
[[ $report == '{"serves":true,'* ]]
