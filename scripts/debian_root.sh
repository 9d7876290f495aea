#!/usr/bin/env bash
# Makes a minimal Debian with curl, for tests that need a system of their own, and prints where it
# is. It is made once and kept; a run that breaks off leaves nothing. Wants root and debootstrap.
set -euo pipefail

[ "$(id -u)" -eq 0 ] || { echo "only root can make a system" >&2; exit 1; }
unshare --mount true || exit 1

suite=bookworm
kept=${XDG_CACHE_HOME:-$HOME/.cache}/trop/debian-$suite

if [ ! -d "$kept" ]; then
  mkdir -p "${kept%/*}"
  made=$(mktemp -d "$kept.XXXXXX")
  trap 'rm -rf --one-file-system "$made"' EXIT
  # In a mount namespace: what it mounts goes with it, however it ends.
  unshare --mount debootstrap --variant=minbase --include=curl,ca-certificates \
    "$suite" "$made/root" >"$made/log" 2>&1 || { tail -20 "$made/log" >&2; exit 1; }
  rm -rf "$made"/root/var/cache/apt/archives/*.deb
  mv -T "$made/root" "$kept" 2>/dev/null || [ -d "$kept" ]
fi
echo "$kept"
