#!/bin/bash
# The ports of a group, reserved when the container starts.
set -e

# shellcheck source=/dev/null
source dev-container-features-test-lib

start=(/usr/local/share/trop/dev-container start)

starts_saying() { "${start[@]}" | tee said && grep -e "$1" said; }
fails_saying() { ! "${start[@]}" >said && grep -e "$1" said; }
prints_the_same_ports() { [ "$("${start[@]}")" = "$("${start[@]}")" ]; }
has_reservations() { [ "$(trop list --format csv | wc -l)" -eq $((1 + $1)) ]; }

check "a workspace without trop.yaml starts" starts_saying 'no trop.yaml here'
printf 'reservations:\n  services: { web: { env: WEB }, api: { offset: 1, env: API } }\n' >trop.yaml
check "a workspace with a group gets its ports" starts_saying 'WEB=[0-9]'
check "they are reserved" has_reservations 2
check "starting again gives the same ones" prints_the_same_ports
printf 'reservations: nonsense\n' >trop.yaml
check "what is wrong with the file is shown" fails_saying 'trop.yaml'
rm trop.yaml said

reportResults
