#!/usr/bin/env bash
# Makes this host an interim pair of key and certificate if it has none, so that nginx starts: signed
# by itself, for nobody to trust. The site's own authority replaces it.
set -euo pipefail
# shellcheck source=script.sh
source /opt/orthweb/host/script.sh

readonly tls=$home/tls
[[ -e $tls/live ]] && exit
readonly name="orthweb-$ORTHWEB_NODE"

install -d -m 0755 "$tls" "$tls/gen"
# A pair that never became live is nobody's.
rm -rf "$tls"/gen/.interim.* "$tls/gen/interim" "$tls/.live"
pair=$(mktemp -d "$tls/gen/.interim.XXXXXX")
openssl req -x509 -newkey rsa:2048 -noenc -sha256 -days 365 \
  -subj "/O=Orthweb interim/CN=$name" \
  -addext "subjectAltName=DNS:$name" -addext 'keyUsage=critical,digitalSignature,keyEncipherment' \
  -addext 'extendedKeyUsage=serverAuth' -addext 'basicConstraints=critical,CA:FALSE' \
  -keyout "$pair/tls.key" -out "$pair/fullchain.pem" 2>/dev/null
chmod 0755 "$pair"
chmod 0644 "$pair/fullchain.pem"
mv -T "$pair" "$tls/gen/interim"
install -m 0644 "$tls/gen/interim/fullchain.pem" "$tls/ca.pem"
(umask 022 && echo "$name" >"$tls/name")
sync --file-system "$tls"
# Last: while there is no live pair, this starts again.
ln -s gen/interim "$tls/.live" && mv -T "$tls/.live" "$tls/live"
