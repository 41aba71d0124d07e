#!/usr/bin/env bash
# Fetches, for an hour, credentials that can use the site's images and nothing else, and leaves them
# where containers look. Containers do not reach the host's own credentials (hop limit 1).
# Exit 0 with one JSON line on stdout, the time at which they end; 1 leaves the former ones in place,
# and stderr says why.
set -euo pipefail
umask 077

# shellcheck source=/dev/null
source /opt/orthweb/site.env

# A folder of its own, to be mounted as a whole: a file that is replaced is another file. Both belong
# to the user that Orthanc is in its container.
readonly folder=/run/orthweb/secrets/images
mkdir -p "$folder"
chown 999:999 "$folder"
fresh=$(mktemp -p "$folder" .fresh.XXXXXX)
trap 'rm -f "$fresh"' EXIT

# One role taking another gets an hour at most, whatever the role says.
answer=$(aws sts assume-role --region "$ORTHWEB_REGION" --role-arn "$ORTHWEB_IMAGES_ROLE" \
  --role-session-name "node-$ORTHWEB_NODE" --duration-seconds 3600 --output text \
  --query 'Credentials.[AccessKeyId,SecretAccessKey,SessionToken,Expiration]') || exit 1
read -r key secret token expires <<<"$answer"
if [[ -z ${expires:-} ]]; then
  echo "AWS answered for $ORTHWEB_IMAGES_ROLE, but with no credentials" >&2
  exit 1
fi
printf '[default]\naws_access_key_id=%s\naws_secret_access_key=%s\naws_session_token=%s\n' \
  "$key" "$secret" "$token" >"$fresh"
chown 999:999 "$fresh"
mv -T "$fresh" "$folder/credentials"
printf '{"expires":"%s"}\n' "$expires"
