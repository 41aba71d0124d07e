#!/usr/bin/env bash
set -euo pipefail
source /opt/orthweb/site.env
echo up >>/var/log/lab
install -d -m 0700 /run/orthweb /run/orthweb/secrets
install -d /run/orthweb/config
cp /opt/orthweb/nginx/nginx.conf /run/orthweb/config/
aws secretsmanager get-secret-value --region "$ORTHWEB_REGION" --secret-id "$ORTHWEB_USERS_SECRET" \
  --query SecretString --output text >/run/orthweb/secrets/word
docker compose --project-directory /opt/orthweb up --detach --wait --wait-timeout 20
