#!/bin/sh
# What the Feature does in a container, as the remote user, in the workspace folder:
#
#   dev-container create   before anything else in a new container
#   dev-container start    each time that the container has started
set -eu

volume=/var/lib/trop

# chosen OPTION: whether it was, when the image was built.
chosen() { grep -qx "$1=true" "${0%/*}/options"; }

# Makes ~/.trop a link into the volume, unless there is a ~/.trop or another place is in use.
keep_state_in_volume() {
  data=$HOME/.trop own=$volume/$(id -u)
  if [ -n "${TROP_DATA_DIR:-}" ] || [ -e "$data" ]; then return 0; fi
  [ -d "$own" ] || mkdir -m 700 "$own" || {
    echo "trop: cannot use the volume $volume: reservations will go with this container" >&2
    return 0
  }
  # A link to a directory that was not there may have been left by an earlier volume.
  [ -L "$data" ] || ln -s "$own" "$data"
}

# Reserves the ports of the project's group, where it has one.
reserve_group() {
  status=0
  said=$(trop autoreserve 2>&1) || status=$?
  case $status:$said in
    4:*"No trop configuration file found"*)
      echo "trop: no trop.yaml here, so there is nothing to reserve"
      return 0
      ;;
  esac
  printf '%s\n' "$said"
  return "$status"
}

case ${1:-} in
  create) ! chosen state_volume || keep_state_in_volume ;;
  start) ! chosen autoreserve || reserve_group ;;
  *)
    echo "usage: dev-container create|start" >&2
    exit 2
    ;;
esac
