#!/usr/bin/env bash
# Makes the root that a container sees, in new namespaces of mounts, processes and host name, then
# becomes the container's program, or, with `init`, what starts it. Nothing of the host is in there but
# what is mounted on purpose.
# $1 is a file of bash that mounts the container's own things into $root; then comes the program.
# On descriptor 3 it says its number on the host, then `ready` when nothing can go wrong any more.
set -euo pipefail
read -r pid _ </proc/self/stat
echo "$pid" >&3
prepare=$1
shift
mount --make-rprivate /
root=/media
mount -t tmpfs -o mode=0755,size=16m tmpfs "$root"
cd "$root"
mkdir -p etc proc dev/shm sys run/secrets root mnt lab var/cache/nginx var/lib/orthanc/db var/log/nginx usr
mkdir -m 1777 tmp var/tmp
for link in bin sbin lib lib64; do [[ ! -L /mnt/machine/$link ]] || ln -s "usr/$link" "$link"; done
mount --bind /mnt/machine/usr usr
mount -o remount,bind,ro usr

# The users of the images.
printf '%s\n' root:x:0:0:root:/root:/bin/bash nobody:x:65534:65534::/nonexistent:/usr/sbin/nologin \
  nginx:x:101:101::/nonexistent:/bin/false orthanc:x:999:999::/var/lib/orthanc:/bin/bash >etc/passwd
printf '%s\n' root:x:0: nogroup:x:65534: nginx:x:101: orthanc:x:999: >etc/group
chown 999:999 var/lib/orthanc var/lib/orthanc/db
echo 'hosts: files dns' >etc/nsswitch.conf
# What Docker's name server says of services is in here.
{ cat /etc/hosts && echo '127.0.0.1 nginx orthanc'; } >etc/hosts
cp -a /mnt/machine/etc/{alternatives,ld.so.cache} etc/
mkdir etc/ssl etc/orthanc
ln -s /usr/share/zoneinfo/UTC etc/localtime
cp /mnt/machine/etc/ssl/openssl.cnf etc/ssl/
ln -s /dev/stdout var/log/nginx/access.log
ln -s /dev/stderr var/log/nginx/error.log
ln -s ../cache/nginx var/lib/nginx
for device in null zero full random urandom tty; do
  touch "dev/$device"
  mount --bind "/dev/$device" "dev/$device"
done
ln -s /proc/self/fd dev/fd
for number in 0 1 2; do ln -s "/proc/self/fd/$number" "dev/$(cut -d ' ' -f $((number + 1)) <<<'stdin stdout stderr')"; done
mount -t tmpfs -o mode=1777,size=64m tmpfs dev/shm

# shellcheck source=/dev/null
source "$prepare"
mount -t proc proc proc
mkdir .host
mount -o remount,ro "$root"
pivot_root . .host
cd /
umount -l /.host
if [[ ${init:?} == true ]]; then
  # As docker-init does. Process 1 gets no signal that it does not ask for; others do.
  trap 'kill -s TERM "$program" || true' TERM
  "$@" 3>&- 62>&- 63>&- &
  program=$!
fi
echo ready >&3
exec 3>&- 62>&- 63>&-
[[ $init == true ]] || exec "$@"
while :; do
  code=0
  wait "$program" || code=$?
  # A signal ends the waiting too.
  kill -0 "$program" 2>/dev/null || exit "$code"
done
