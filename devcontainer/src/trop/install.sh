#!/bin/sh
# Installs the Feature while the image is built, as root. The options come as variables.
set -eu

version=${VERSION:-latest}
completions=${COMPLETIONS:-true}
state_volume=${STATEVOLUME:-true}
server=${DOWNLOADSERVER:-}
autoreserve=${AUTORESERVE:-false}

feature=$(cd "$(dirname "$0")" && pwd)

# The volume's place, and that of the hook; devcontainer-feature.json names both.
volume=/var/lib/trop
share=/usr/local/share/trop

main() {
  [ "$(id -u)" -eq 0 ] || fail "this has to run as root, while the image is built"
  for value in "$completions" "$state_volume" "$autoreserve"; do
    case $value in
      true | false) ;;
      *) fail "completions, stateVolume and autoreserve want true or false" ;;
    esac
  done
  # The installer says the same, but only after packages were installed for it.
  ! has apk || fail "there is no build of trop for musl, which Alpine uses: take an image with glibc, such as one of Debian, Ubuntu or Fedora"
  install_packages
  install_program
  install_hook
}

# What the installer needs and the image may lack.
install_packages() {
  packages=''
  has_downloader || packages=curl
  case $server in
    http://*) ;;
    *) [ -e /etc/ssl/certs/ca-certificates.crt ] || [ -e /etc/pki/tls/certs/ca-bundle.crt ] ||
      packages="$packages ca-certificates" ;;
  esac
  for tool in tar gzip; do
    has "$tool" || ! $completions || packages="$packages $tool"
  done
  [ -n "$packages" ] || return 0
  # shellcheck disable=SC2086 # one word for each package
  if has apt-get; then
    export DEBIAN_FRONTEND=noninteractive
    apt-get update
    apt-get install -y --no-install-recommends $packages
    rm -rf /var/lib/apt/lists/*
  elif has dnf; then
    dnf install -y $packages
  elif has microdnf; then
    microdnf install -y $packages
  elif has yum; then
    yum install -y $packages
  else
    fail "cannot install$(printf ' %s' $packages): want apt-get, dnf, microdnf or yum, or an image that has them"
  fi
}

has_downloader() {
  ! has curl || return 0
  case $(wget --version 2>&1 || true) in
    *GNU*) return 0 ;;
    *) return 1 ;;
  esac
}

install_program() {
  set -- --dir /usr/local/bin --version "$version"
  [ -z "$server" ] || set -- "$@" --server "$server"
  $completions || set -- "$@" --program-only
  sh "$feature/installer.sh" "$@"
}

install_hook() {
  mkdir -p "$share"
  cp "$feature/dev-container.sh" "$share/dev-container"
  chmod 755 "$share/dev-container"
  printf 'state_volume=%s\nautoreserve=%s\n' "$state_volume" "$autoreserve" >"$share/options"
  # A new volume takes over the mode. It is everybody's, as /tmp is: dev container tools may change
  # the remote user's number after this.
  mkdir -p "$volume"
  chmod 1777 "$volume"
}

has() { command -v "$1" >/dev/null 2>&1; }

fail() {
  printf 'error: trop: %s\n' "$1" >&2
  exit 1
}

main
