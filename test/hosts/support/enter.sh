#!/usr/bin/env bash
# Runs a command as on the host whose folder is $1, with the programs of PATH $2. To be run in new
# namespaces: what is mounted here, nobody else sees, and nothing else of this machine can be written.
set -euo pipefail
folder=$1 path=$2
shift 2
mount --bind "$folder" /mnt
for place in etc opt run usr/local tmp; do mount --bind "/mnt/$place" "/$place"; done
mount -o remount,bind,ro /
cd /
# What cloud-init and systemd give: no HOME, no profile.
env --ignore-environment PATH="$path" LANG=C.UTF-8 "$@"
