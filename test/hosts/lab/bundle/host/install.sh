#!/usr/bin/env bash
set -euo pipefail
install -m 0644 /opt/orthweb/systemd/* /etc/systemd/system/
systemctl daemon-reload
systemctl enable orthweb.service
