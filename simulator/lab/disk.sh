#!/usr/bin/env bash
# Makes the disk of the host $1, of $2, as Amazon Linux and the packages of the first boot leave it.
# Names of the lab's machines come on stdin.
set -euo pipefail
disk=/mnt/hosts/$1/disk
mkdir -p "$disk" "/mnt/hosts/$1/aws"
mount -t tmpfs -o "mode=0755,size=$2" tmpfs "$disk"
mkdir -p "$disk"/{etc/systemd/system,etc/ssl,opt/orthweb,usr/local/bin,var/lib/docker,var/log}
mkdir -m 1777 "$disk/var/tmp"
ln -s /run "$disk/var/run"
cd "$disk/etc"
cat >hosts
echo 'hosts: files dns' >nsswitch.conf
cp -a /mnt/machine/etc/{passwd,group,alternatives,ld.so.cache} .
cp /mnt/machine/etc/ssl/openssl.cnf ssl/
echo "node-$1" >hostname
# The programs that the lab has stand-ins for, where systemd, scripts and the agent find them first.
for program in aws docker systemctl; do
  ln -s "/mnt/repository/simulator/lab/programs/$program.ts" "$disk/usr/local/bin/$program"
done
