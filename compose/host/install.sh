#!/usr/bin/env bash
# Puts what came with the host bundle in its place. Can be run again at any time; starts nothing but
# the timer, whose work is harmless.
set -euo pipefail

# In memory and made anew at each boot: secrets are gone with the power.
install -d /etc/tmpfiles.d
printf 'd /run/orthweb 0755 root root -\nd /run/orthweb/secrets 0700 root root -\n' >/etc/tmpfiles.d/orthweb.conf
systemd-tmpfiles --create /etc/tmpfiles.d/orthweb.conf

install -m 0644 /opt/orthweb/systemd/* /etc/systemd/system/
systemctl daemon-reload
systemctl enable orthweb.service
systemctl enable --now orthweb-credentials.timer
