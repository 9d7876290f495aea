#!/bin/bash
# Reservations that go with the container.
set -e

# shellcheck source=/dev/null
source dev-container-features-test-lib

is_empty() { [ -z "$(ls -A "$1")" ]; }

check "a directory gets a port" grep -xE '[0-9]+' <(trop reserve)
check "the reservation is in the home directory" test -d ~/.trop -a ! -L ~/.trop
check "the volume is empty" is_empty /var/lib/trop

reportResults
