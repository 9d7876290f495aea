#!/bin/bash
# The Feature with its defaults.
set -e

# shellcheck source=/dev/null
source dev-container-features-test-lib

prints_a_port() { trop reserve | grep -xE '[0-9]+'; }
prints_the_same_port() { [ "$(trop reserve)" = "$(trop reserve)" ]; }
is_in_volume() { [ "$(readlink -f ~/.trop/trop.db)" = "/var/lib/trop/$(id -u)/trop.db" ]; }
is_private() { [ "$(stat -c %a "/var/lib/trop/$(id -u)")" = 700 ]; }
start_reserves_nothing() {
  printf 'reservations: { services: { web: {} } }\n' >trop.yaml
  /usr/local/share/trop/dev-container start && [ "$(trop list --format csv | wc -l)" -eq 2 ]
}

check "trop is on PATH" command -v trop
check "trop says its version" grep -E '^trop [0-9]' <(trop --version)
check "a directory gets a port" prints_a_port
check "it gets the same port again" prints_the_same_port
check "the reservation is in the volume" is_in_volume
check "nobody else can read it" is_private
check "bash finds completions" test -f /usr/local/share/bash-completion/completions/trop
check "zsh finds completions" test -f /usr/local/share/zsh/site-functions/_trop
check "fish finds completions" test -f /usr/local/share/fish/vendor_completions.d/trop.fish
check "man finds the manual" test -f /usr/local/share/man/man1/trop.1
check "by default, starting reserves nothing" start_reserves_nothing
rm trop.yaml

reportResults
