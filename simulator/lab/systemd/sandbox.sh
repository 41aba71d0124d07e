#!/usr/bin/env bash
# Runs a service's command where it may write only to the places that its unit allows, as systemd
# does. $1 is `strict` or `open`, $2 `private` or `shared` (its /tmp); then places, `--`, the command.
set -euo pipefail
protection=$1 tmp=$2
shift 2
mount --make-rprivate /
if [[ $protection == strict ]]; then
  mounts=(/ /etc /opt /run /usr/local /var /tmp /mnt)
  places=()
  while [[ $1 != -- ]]; do
    # As systemd does: a unit whose place is not there does not start.
    mount --bind "$1" "$1"
    places+=("$1")
    shift
  done
  for place in "${mounts[@]}"; do
    if mountpoint --quiet "$place"; then mount -o remount,bind,ro "$place"; fi
  done
  for place in "${places[@]}"; do mount -o remount,bind,rw "$place"; done
fi
while [[ $1 != -- ]]; do shift; done
shift
if [[ $tmp == private ]]; then
  mount -t tmpfs -o mode=1777 tmpfs /tmp
  mount -t tmpfs -o mode=1777 tmpfs /var/tmp
fi
exec "$@"
