# shellcheck shell=bash
# What the scripts about certificates have in common: where pairs lie, and how nginx takes up another.
# After script.sh.
#
# A generation is a folder gen/…: tls.key, which never leaves it, fullchain.pem, ca.pem, which clients
# are to trust, and name, which they know this node by. One rename of the link `live` changes all four.
set -euo pipefail

readonly tls=${home:?}/tls
# shellcheck disable=SC2034 # for those who source this
readonly generations='^[0-9]{8}T[0-9]{6}Z-[0-9a-f]{8}$'

# generation LINK: which one live or former is, or nothing.
generation() {
  local to
  to=$(readlink "$tls/$1") || return 0
  printf '%s' "${to#gen/}"
}

# point LINK GENERATION: by a rename, so that there is never none.
point() { ln -sfn "gen/$2" "$tls/.$1" && mv -T "$tls/.$1" "$tls/$1"; }

# back: what was live before is so again. Needs no room on the disk.
back() { mv -T "$tls/former" "$tls/live" && sync --file-system "$tls"; }

# room: fails, and says why, where the disk does not take a pair.
room() {
  local free inodes
  read -r free inodes < <(df --block-size=1K --output=avail,iavail "$tls" | tail --lines 1)
  # A disk that has no fixed number of inodes says -.
  [[ $inodes != - ]] || inodes=16
  if ((free < 64 || inodes < 16)); then
    echo "the disk of this host is full: $free KB and $inodes inodes are left"
    return 1
  fi
  touch "$tls/.room" && rm "$tls/.room"
}

# each COMMAND: runs it for each certificate in the PEM on stdin; what stands between them is left out.
each() {
  local line one=
  while IFS= read -r line; do
    one+=$line$'\n'
    [[ $line == '-----END CERTIFICATE-----' ]] || continue
    "$@" <<<"$one" || return
    one=
  done
}

# fingerprint: SHA-256 of the certificate on stdin, as AA:BB:…
fingerprint() { openssl x509 -noout -fingerprint -sha256 | cut --delimiter = --fields 2; }

# Without the lock, which would go on with it where a script is killed.
to_nginx() { timeout 20 docker compose --project-directory "$home" exec -T nginx nginx -c /etc/orthweb/nginx.conf "$@" </dev/null 9>&-; }

# workers: of each of nginx's, its number, when it was started in hundredths of a second, and its title.
workers() {
  local master worker start title
  master=$(timeout 10 docker inspect --format '{{.State.Pid}}' orthweb-nginx-1 2>/dev/null) && ((master > 0)) || return
  for worker in $(pgrep --parent "$master"); do
    # It may be gone meanwhile.
    start=$(sed 's/(.*)/-/' "/proc/$worker/stat" | cut --delimiter ' ' --fields 22) || continue
    title=$(tr '\0' ' ' <"/proc/$worker/cmdline") || continue
    printf '%s %s %s\n' "$worker" "$start" "$title"
  done 2>/dev/null
}

# unfinished: after how many reloads nginx still finishes transfers that began before them. Its workers of
# one time are started at once.
unfinished() {
  local start last=-100 rounds=0
  while read -r start; do
    ((start - last <= 50)) || rounds=$((rounds + 1))
    last=$start
  done < <(workers | sed --quiet 's/^[0-9]* \([0-9]*\) .*shutting down.*/\1/p' | sort --numeric-sort)
  echo "$rounds"
}

# expecting NAME: options of OpenSSL, for a name or an address.
expecting() {
  local kind=hostname
  [[ ! $1 =~ ^[0-9.]+$ ]] || kind=ip
  printf '%s\n' "-verify_$kind" "$1"
}

# shows PORT NAME [OPTIONS OF s_client]: the fingerprint of the certificate that clients are shown.
shows() {
  local said
  said=$(timeout 3 openssl s_client -connect "127.0.0.1:$1" -servername "$2" "${@:3}" </dev/null 2>/dev/null) || return
  fingerprint <<<"$said" 2>/dev/null
}

# serves GENERATION [trusted]: whether both ports show its certificate, and with `trusted` by a
# handshake that a client makes which trusts its ca.pem and knows its name.
serves() {
  local folder=$tls/gen/$1 wanted name port terms=()
  wanted=$(fingerprint <"$folder/fullchain.pem") && name=$(<"$folder/name") || return
  [[ ${2:-} != trusted ]] || mapfile -t terms < <(printf '%s\n' -verify_return_error -CAfile "$folder/ca.pem"; expecting "$name")
  for port in 443 11112; do
    [[ $(shows "$port" "$name" "${terms[@]}") == "$wanted" ]] || return
  done
}

# Those that take clients; fails where there are none, or cannot be seen.
open_workers() { workers | grep --invert-match 'shutting down' | cut --delimiter ' ' --fields 1; }

# reload: nginx is to take up what is live. It says that it did also where it could not.
reload() {
  earlier=$(open_workers) || true
  to_nginx -t && to_nginx -s reload
}

# settled: whether only workers from after the reload take clients. For some moments both do.
settled() {
  local now worker
  # None at all is no answer either.
  now=$(open_workers) || return
  for worker in $now; do
    [[ $'\n'$earlier$'\n' != *$'\n'$worker$'\n'* ]] || return
  done
}

# within SECONDS COMMAND: tries it again until it succeeds or that time is over.
within() {
  local deadline=$((SECONDS + $1))
  until "${@:2}"; do
    ((SECONDS < deadline)) || return
    sleep 0.2
  done
}

# resume GENERATION: nginx serves again what has become live again, whatever clients think of it. Where
# it takes up nothing, by a broken configuration for one, it may serve that still.
resume() {
  if [[ $(state nginx) != running ]]; then
    timeout 60 docker compose --project-directory "$home" up --detach nginx </dev/null 9>&- || return
  elif reload; then
    within 5 settled || true
  fi
  within 5 serves "$1"
}

# withdraw GENERATION: its certificate did not come to serve, so it is a request again.
withdraw() { rm -f "$tls/gen/$1"/{fullchain.pem,ca.pem,name}; }
