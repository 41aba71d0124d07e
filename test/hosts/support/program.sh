#!/usr/bin/bash
# Stands for a program on a host: records how it is called, then answers as the test says. Calls no
# program itself but by its path, so that a test can count and search all that a script calls.
name=${0##*/}
{ printf '%s' "$name" && printf ' %q' "$@" && echo; } >>/mnt/calls
export -p >>/mnt/environments
# For answers that differ from call to call; 1 is the first.
nth() { /usr/bin/grep --count "^$name " /mnt/calls; }
# shellcheck source=/dev/null
source "/mnt/answers/$name"
