#!/usr/bin/env bash
# What the lab stands on: runs in new namespaces of mounts, processes and network. All that the lab
# makes is below this: it goes when this process does, which is when its stdin ends.
# $1 is the checkout, $2 is Node.
set -euo pipefail
mount --make-rprivate /
mount -t tmpfs -o mode=0755 tmpfs /mnt
mkdir /mnt/{machine,repository,proc,hosts,bucket,database,client,compiled}
touch /mnt/node
# The machine as it is, whatever is laid over parts of it later.
mount --bind / /mnt/machine
mount -o remount,bind,ro /mnt/machine
mount --bind "$1" /mnt/repository
mount -o remount,bind,ro /mnt/repository
mount --bind "$2" /mnt/node
# The outer processes: it knows a process by the number that the lab knows it by.
mount --bind /proc /mnt/proc
read -r outer _ </mnt/proc/self/stat
mount -t proc proc /proc
mount -t tmpfs -o mode=0755 tmpfs /run
mkdir /run/netns
ip link set lo up
ip link add switch type bridge
ip link set switch up
echo "$outer"
while read -r _; do :; done
