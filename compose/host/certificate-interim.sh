#!/usr/bin/env bash
# Makes this host an interim pair of key and certificate if it has none, so that nginx starts: signed
# by itself, for nobody to trust. The site's own authority replaces it. A pair that is there stays,
# also one that has expired: the site renews it, and another interim one would be no better.
set -euo pipefail
# shellcheck source=script.sh
source /opt/orthweb/host/script.sh
# shellcheck source=tls.sh
source /opt/orthweb/host/tls.sh

[[ ! -e $tls/live/name ]] || exit 0
readonly name="orthweb-$ORTHWEB_NODE"

install -d -m 0755 "$tls" "$tls/gen"
# A pair that never became live is nobody's.
rm -rf "$tls"/gen/.interim.* "$tls/gen/interim"
pair=$(mktemp -d "$tls/gen/.interim.XXXXXX")
openssl req -x509 -newkey rsa:2048 -noenc -sha256 -days 365 \
  -subj "/O=Orthweb interim/CN=$name" \
  -addext "subjectAltName=DNS:$name" -addext 'keyUsage=critical,digitalSignature,keyEncipherment' \
  -addext 'extendedKeyUsage=serverAuth' -addext 'basicConstraints=critical,CA:FALSE' \
  -keyout "$pair/tls.key" -out "$pair/fullchain.pem" 2>/dev/null
cp "$pair/fullchain.pem" "$pair/ca.pem"
echo "$name" >"$pair/name"
chmod 0644 "$pair"/{fullchain.pem,ca.pem,name}
chmod 0755 "$pair"
mv -T "$pair" "$tls/gen/interim"
ln -sfn live/ca.pem "$tls/ca.pem"
ln -sfn live/name "$tls/name"
sync --file-system "$tls"
# Last: while there is no live pair, this starts again.
point live interim
