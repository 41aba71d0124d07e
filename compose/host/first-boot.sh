#!/usr/bin/env bash
# The first boot of a host, once in its life, as root by cloud-init: packages, Docker with a Compose
# that is what it should be, the host bundle, and the start of what the bundle brings. Settings come
# from /opt/orthweb/site.env, which user data writes before this. CloudFormation waits for the signal
# at the end, so a host that could not be prepared fails the deployment, and the other one is not
# touched.
set -euo pipefail

# shellcheck source=/dev/null
source /opt/orthweb/site.env

# What CloudFormation says of a host: what it was about when it ended.
step='began'
tell() {
  local status=$?
  /opt/aws/bin/cfn-signal --exit-code "$status" --region "$ORTHWEB_REGION" \
    --stack "$ORTHWEB_STACK" --resource "$ORTHWEB_RESOURCE" \
    --reason "the first boot $step" || true
}
trap tell EXIT
# A host may be stopped before it is prepared. By itself bash would then tell how the last command
# ended, which is well.
trap 'exit 1' HUP INT TERM

# The network may come a little later than the host.
try() {
  local pause
  for pause in 5 10 20 40 80; do
    "$@" && return
    sleep "$pause"
  done
  "$@"
}

step='was installing packages'
# The image is the newest, and its packages are locked to its release: nothing to upgrade.
try dnf install --assumeyes aws-cfn-bootstrap docker jq postgresql17 unzip

step='was installing Docker Compose'
plugin=/usr/local/lib/docker/cli-plugins/docker-compose
install -d "$(dirname "$plugin")"
try curl --fail --silent --show-error --location --proto '=https' --output "$plugin.new" \
  "https://github.com/docker/compose/releases/download/v$ORTHWEB_COMPOSE_VERSION/docker-compose-linux-x86_64"
sha256sum --check --quiet <<<"$ORTHWEB_COMPOSE_SHA256  $plugin.new"
chmod 0755 "$plugin.new"
mv "$plugin.new" "$plugin"

step='was starting Docker'
# The driver's default waits for CloudWatch: an outage there would hold up the containers.
install -d /etc/docker
jq --null-input --arg region "$ORTHWEB_REGION" --arg group "$ORTHWEB_LOG_GROUP" \
  --arg tag "$ORTHWEB_NODE/{{.Name}}/{{.ID}}" --arg networks "$ORTHWEB_CONTAINER_NETWORKS" '{
    "default-address-pools": [{ base: $networks, size: 26 }],
    "live-restore": true,
    "log-driver": "awslogs",
    "log-opts": {
      "awslogs-region": $region, "awslogs-group": $group, tag: $tag,
      mode: "non-blocking", "max-buffer-size": "25m"
    },
    "no-new-privileges": true
  }' >/etc/docker/daemon.json
systemctl enable --now docker

step='was fetching the host bundle'
bundle=$(mktemp)
try aws s3 cp --only-show-errors --region "$ORTHWEB_REGION" "$ORTHWEB_BUNDLE" "$bundle"
unzip -q -o "$bundle" -d /opt/orthweb
rm "$bundle"
basename "$ORTHWEB_BUNDLE" .zip >/opt/orthweb/bundle
step='was installing the host bundle'
bash /opt/orthweb/host/install.sh

step='was starting the site'
# Its unit tries again by itself, but tells nobody when it cannot.
try systemctl start orthweb.service

step='is done'
