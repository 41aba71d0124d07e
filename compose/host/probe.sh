#!/usr/bin/env bash
# Asks this host what a client would ask, and looks at what a client does not see. Changes nothing but
# one small object in the bucket of images, which it reads back. All at once, in less than ten seconds.
#
# Says one object: "serves", "verdict" and, where something is wrong, "reason" and "listens" (whether
# nginx takes connections), then all that was seen. Exit 0 when it serves, 1 when it does not.
set -euo pipefail
# shellcheck source=script.sh
source /opt/orthweb/host/script.sh

cd "$(mktemp -d -p /run/orthweb)"
trap 'rm -rf "$PWD"' EXIT
readonly tls=$home/tls
name=$(cat "$tls/name" 2>/dev/null) || name=nobody

containers() {
  timeout 5 docker compose --project-directory "$home" ps --all --format json </dev/null |
    jq --slurp 'map({key: .Service, value: {state: .State, health: .Health, image: .Image}}) | from_entries'
}

# served PORT: the certificate that clients are shown there.
served() {
  local pem
  if ! timeout 2 bash -c ": </dev/tcp/127.0.0.1/$1" 2>/dev/null; then
    say '{listens: false}'
    return
  fi
  pem=$(timeout 4 openssl s_client -connect "127.0.0.1:$1" -servername "$name" </dev/null 2>/dev/null | openssl x509 2>/dev/null) || {
    say '{listens: true, fingerprint: null}'
    return
  }
  certificate <<<"$pem" | jq '{listens: true} + .'
}

# A certificate on stdin, as fingerprint and days left.
certificate() {
  openssl x509 -noout -fingerprint -sha256 -enddate -dateopt iso_8601 |
    jq --raw-input --slurp '
      { fingerprint: capture("ingerprint=(?<it>\\S+)").it,
        daysLeft: ((capture("notAfter=(?<day>\\S+) (?<time>\\S+)") | "\(.day)T\(.time)" | fromdate) - now | . / 86400 | floor) }'
}

# Whether key and certificate that are meant to be served belong together: nginx itself does not see
# that where they are of different kinds.
pair() {
  local live=$tls/live
  if [[ $(openssl x509 -noout -pubkey -in "$live/fullchain.pem") == "$(openssl pkey -pubout -in "$live/tls.key")" ]]; then
    certificate <"$live/fullchain.pem" | jq '{matches: true} + .'
  else
    say '{matches: false}'
  fi 2>/dev/null
}

# answers PATH: the status that nginx answers with, 0 when it does not.
answers() {
  local code
  code=$(curl --silent --output /dev/null --write-out '%{http_code}' --max-time 5 --noproxy '*' \
    --cacert "$tls/ca.pem" --connect-to '::127.0.0.1:443' "https://$name$1") || true
  say '{status: $status}' --argjson status "$((10#${code:-0}))"
}

# The way to the database, whatever Orthanc makes of it.
database() {
  local said
  if said=$(timeout 3 bash -c ': </dev/tcp/"$1"/5432' - "$ORTHWEB_DATABASE" 2>&1); then
    say '{reached: true}'
  elif [[ $said == *refused* ]]; then
    say '{reached: false, how: "refused"}'
  else
    say '{reached: false, how: "silent"}'
  fi
}

# With the credentials that Orthanc has, as it would.
storage() {
  local key=${ORTHWEB_IMAGES_PREFIX}probe-of-$ORTHWEB_NODE
  export AWS_SHARED_CREDENTIALS_FILE=/run/orthweb/secrets/images/credentials AWS_MAX_ATTEMPTS=1
  head --bytes 64 /dev/urandom >sent
  bucket() { timeout 4 aws s3api "$1-object" --region "$ORTHWEB_REGION" --bucket "$ORTHWEB_IMAGES_BUCKET" --key "$key" "${@:2}"; }
  if ! bucket put --body sent >/dev/null 2>said; then
    say '{writes: false, reads: false, reason: $said}' --arg said "$(words <said)"
  elif ! bucket get received >/dev/null 2>said || ! cmp --silent sent received; then
    say '{writes: true, reads: false, reason: $said}' --arg said "$(words <said)"
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

# look INTO COMMAND: what it says, or null when it fails.
look() {
  local into=$1
  shift
  { "$@" >"$into" 2>/dev/null && [[ -s $into ]] || echo null >"$into"; } &
}

look containers containers
look web served 443
look dicom served 11112
look pair pair
look nginx answers /healthz
look orthanc answers /healthz/orthanc
look deep answers /healthz/deep
look database database
look storage storage
look disk disk
look memory memory
look clock clock
look versions versions
wait

files=(containers web dicom pair nginx orthanc deep database storage disk memory clock versions)
args=()
for file in "${files[@]}"; do args+=(--slurpfile "$file" "$file"); done
is_drained=false
[[ ! -e $drained ]] || is_drained=true

# Causes before effects: what hangs on a database that is away is no fault of Orthanc's.
say --argjson drained "$is_drained" "${args[@]}" '
  $containers[0] as $containers | $web[0] as $web | $dicom[0] as $dicom | $pair[0] as $pair
  | $nginx[0].status as $nginx | $orthanc[0].status as $orthanc | $deep[0].status as $deep
  | $database[0] as $database | $storage[0] as $storage | $disk[0] as $disk
  | ($web.listens and $dicom.listens) as $listens
  | (if $drained and ($listens | not) then ["drained", "This host is drained: it takes no clients until it is told to."]
     elif $containers.nginx.state != "running" or ($listens | not) then ["nginx-down", "nginx does not run or takes no connections."]
     elif $pair.matches != true then ["certificate-mismatch", "Key and certificate do not belong together, or are not there."]
     elif [$web, $dicom] | any(.fingerprint != $pair.fingerprint) then ["certificate-mismatch", "nginx does not serve the certificate that is live on this host."]
     elif $nginx != 200 then ["nginx-down", "nginx takes connections and does not answer."]
     elif $database.how == "refused" then ["database-refused", "The database refuses connections."]
     elif $database.how == "silent" then ["database-silent", "Nothing is heard from the database."]
     elif $containers.orthanc.state != "running" or $orthanc == 502 then ["orthanc-down", "Orthanc does not run or takes no connections."]
     elif $orthanc != 200 then ["orthanc-hung", "Orthanc takes connections and does not answer."]
     elif $deep != 200 then ["database-failing", "Orthanc answers, but not from its database."]
     elif $storage.reads != true then ["storage-failing", "The bucket of images: \($storage.reason // "no answer")"]
     elif $disk.freeMiB < 64 or $disk.inodesUsedPercent > 98 then ["disk-full", "The disk of this host is full."]
     else ["serves", null] end) as [$verdict, $reason]
  | ($verdict | IN("serves", "disk-full")) as $serves
  | { serves: $serves, verdict: $verdict }
    + (if $reason then { listens: $listens, reason: $reason } else {} end)
    + { containers: $containers, web: $web, dicom: $dicom, pair: $pair,
        health: { nginx: $nginx, orthanc: $orthanc, deep: $deep },
        database: $database, storage: $storage, disk: $disk,
        memory: $memory[0], clock: $clock[0], versions: $versions[0] }' | tee verdict
jq --exit-status .serves verdict >/dev/null
