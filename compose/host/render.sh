#!/usr/bin/env bash
# Writes the configuration of nginx and Orthanc for this node: what the bundle brings, what the
# configuration of the site says (settings.json), and the names in site.env. It is in memory, has no
# secret in it, and is made anew at each boot and update.
set -euo pipefail
# shellcheck source=script.sh
source /opt/orthweb/host/script.sh
# Containers read it as users of their own.
umask 022

readonly to=/run/orthweb/config
setting() { jq --raw-output "$1" "$home/settings.json"; }

# Into the folders that containers have mounted: a folder that is replaced would stay the old one.
install -d "$to/nginx/site" "$to/nginx/upstreams" "$to/nginx/modules" "$to/orthanc"
cp "$home"/nginx/*.conf "$to/nginx/"
cp "$home"/nginx/upstreams/*.conf "$to/nginx/upstreams/"

# The probe in the network of the site, and this host, which containers see at an address of theirs.
setting '"allow 127.0.0.1;\nallow ::1;\nallow \(.network.vpc);\nallow \(.network.containers);\ndeny all;"' \
  >"$to/nginx/site/watchers.conf"

case $(setting .dicom.clientCertificates) in
  required) verify=on ;;
  optional) verify=optional ;;
  off) verify=off ;;
esac
if [[ $verify == off ]]; then
  echo 'ssl_verify_client off;'
else
  cp "$home/dicom-clients.pem" "$to/nginx/site/dicom-clients.pem"
  printf 'ssl_verify_client %s;\nssl_client_certificate /etc/orthweb/site/dicom-clients.pem;\nssl_verify_depth 3;\n' "$verify"
fi >"$to/nginx/site/dicom-clients.conf"

cp "$home/database-root.pem" "$to/orthanc/database-root.pem"
# Orthanc demands an address for each device. It sends to none: what asks it gets its answer on the
# same association.
jq --slurpfile settings "$home/settings.json" \
  --arg node "$ORTHWEB_NODE" --arg region "$ORTHWEB_REGION" \
  --arg bucket "$ORTHWEB_IMAGES_BUCKET" --arg prefix "${ORTHWEB_IMAGES_PREFIX%/}" '
  $settings[0].dicom as $dicom
  | . * {
      DicomAet: $dicom.aeTitle,
      DatabaseServerIdentifier: "orthweb-\($node)",
      DicomModalities: ($dicom.modalities | with_entries(.value |= . as $may | . = {
        AET: "", Host: "127.0.0.1", Port: 104,
        AllowEcho: true, AllowStore: ($may | index("store") != null),
        AllowFind: ($may | index("find") != null), AllowGet: ($may | index("get") != null),
        AllowFindWorklist: false, AllowMove: false
      })),
      AwsS3Storage: { BucketName: $bucket, Region: $region, RootPath: $prefix }
    }
  | .DicomModalities |= with_entries(.value.AET = .key)' \
  "$home/orthanc/orthanc.json" >"$to/orthanc/orthanc.json"
