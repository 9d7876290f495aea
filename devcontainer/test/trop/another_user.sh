#!/bin/bash
# The defaults, for a remote user who is not root.
set -e

# shellcheck source=/dev/null
source dev-container-features-test-lib

create=(/usr/local/share/trop/dev-container create)

is_not_root() { [ "$(id -u)" -ne 0 ]; }
is_the_users() { [ "$(stat -Lc %U ~/.trop/trop.db)" = "$(id -un)" ]; }
keeps_the_port() {
  port=$(trop reserve) && "$@" && "${create[@]}" && [ "$(trop reserve)" = "$port" ]
}
leaves_a_directory_alone() {
  rm ~/.trop && mkdir ~/.trop && "${create[@]}" && [ ! -L ~/.trop ] && rmdir ~/.trop
}

check "this is not root" is_not_root
check "a directory gets a port" grep -xE '[0-9]+' <(trop reserve)
check "the reservation is the user's" is_the_users
check "it is in the volume" test "$(readlink ~/.trop)" = "/var/lib/trop/$(id -u)"
check "creating again keeps it" keeps_the_port true
check "a new home directory finds it again" keeps_the_port rm ~/.trop
check "a data directory that is there is left alone" leaves_a_directory_alone

reportResults
