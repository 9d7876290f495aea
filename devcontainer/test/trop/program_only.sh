#!/bin/bash
# Neither completions nor manual.
set -e

# shellcheck source=/dev/null
source dev-container-features-test-lib

check "trop is on PATH" command -v trop
check "there are no completions" test ! -e /usr/local/share/bash-completion/completions/trop
check "there is no manual" test ! -e /usr/local/share/man/man1/trop.1

reportResults
