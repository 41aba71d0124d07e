#!/usr/bin/env bash
# Puts what came with the host bundle in its place and starts it. Can be run again at any time.
set -euo pipefail

# In memory and made anew at each boot: secrets are gone with the power.
install -d /etc/tmpfiles.d
echo 'd /run/orthweb/secrets 0700 root root -' >/etc/tmpfiles.d/orthweb.conf
systemd-tmpfiles --create /etc/tmpfiles.d/orthweb.conf

install -m 0644 /opt/orthweb/systemd/* /etc/systemd/system/
systemctl daemon-reload
systemctl enable --now orthweb-credentials.timer
