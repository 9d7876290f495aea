#!/bin/bash
# The Feature installed twice, with other options the second time.
set -e

# shellcheck source=/dev/null
source dev-container-features-test-lib

check "trop says its version" grep -E '^trop [0-9]' <(trop --version)
check "there is one trop" test "$(type -ap trop | sort -u | wc -l)" -eq 1
check "a directory gets a port" grep -xE '[0-9]+' <(trop reserve)

reportResults
