#!/bin/bash
# Pid 1 of a test server: gives it directories of its own, then reaps whatever ends in it.
# Usage: boot.sh DIRECTORY NAME DISK_MB (0: the engine's images lie on the machine's disk)
set -eu
base=$1 name=$2 disk=$3
cd /
hostname "$name"
for own in etc root home opt srv run tmp var/log usr/local/lib; do
    mount --bind "$base/$own" "/$own"
done
if [ "$disk" != 0 ]; then
    mount -t tmpfs -o "size=${disk}m,mode=0711" tmpfs /srv/docker
fi
mount --bind "$base/var/tmp" /var/tmp
mkdir -p /run/sshd
touch /run/booted
while :; do
    sleep 86400 &
    wait || true
done
