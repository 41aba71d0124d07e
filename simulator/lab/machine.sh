#!/usr/bin/env bash
# The first process of the host $1, in new namespaces of mounts, processes and host name. TERM is the
# power button: what runs is ended in order. KILL is the plug.
set -euo pipefail
name=$1
read -r pid _ </mnt/proc/self/stat
mount --make-rprivate /
hostname "node-$name"

# Of the ground a host sees what is laid out here, on /mnt, and nothing of other hosts.
mount -t tmpfs -o mode=0755 tmpfs /media
mkdir /media/{disk,machine,repository,aws,bucket,compiled}
touch /media/node
mount --bind "/mnt/hosts/$name/disk" /media/disk
mount --bind "/mnt/hosts/$name/aws" /media/aws
for place in machine repository bucket compiled node; do mount --bind "/mnt/$place" "/media/$place"; done
mount --move /media /mnt

# Its disk stays when it is switched off; what is in memory does not. All else is the machine's.
for place in etc opt var usr/local; do mount --bind "/mnt/disk/$place" "/$place"; done
umount /mnt/disk
mount -t tmpfs -o mode=0755 tmpfs /run
mount -t tmpfs -o mode=1777 tmpfs /tmp
mount -t tmpfs -o mode=0700 tmpfs /root
mount -o remount,bind,ro /
mount -t proc proc /proc
printf '{"pid":%d}\n' "$pid"

# What systemd does before it starts anything.
systemd-tmpfiles --create --prefix=/run/orthweb 2>/dev/null || true

cd /
env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin LANG=C.UTF-8 \
  NODE_COMPILE_CACHE=/mnt/compiled \
  /mnt/node /mnt/repository/simulator/lab/init.ts &
init=$!
trap 'kill -TERM "$init"' TERM
# A signal ends a wait, and what it has begun takes its time.
while kill -0 "$init" 2>/dev/null; do wait "$init" || true; done
