#!/bin/sh
# Installs trop: finds the program for this machine, checks it against the release's checksums and
# puts it in its place, or leaves everything as it was.
#
#   sh install.sh --help
#   curl -fsSL URL-OF-THIS-FILE | sh
#
# One pair of braces holds all of it: a shell that received only a part, through a pipe that broke,
# finds a syntax error and runs nothing.
{
set -eu

# A release fills these two in (scripts/stage_installers.ts).
default_server=''
default_version='latest'

usage() {
  cat <<'END'
Install trop, with its shell completions and manual.

Usage: install.sh [options]

Options:
  --version VERSION   Install this version, such as 0.3.0, or "latest"
  --dir DIRECTORY     Put the program here; otherwise in /usr/local/bin where
                      that is allowed, else in ~/.local/bin
  --server URL        Download from here instead of the project's releases;
                      TROP_DOWNLOAD_SERVER does the same
  --program-only      Install neither completions nor manual
  --uninstall         Remove what was installed; reservations are kept
  --help              Print this

Completions and manual go to share/ beside a directory called bin. The files of
a release are URL/download/vVERSION/FILE, those of the newest one
URL/latest/download/FILE.
END
}

main() {
  umask 022
  # Ranges such as A-Z mean the same everywhere.
  export LC_ALL=C
  action=install directory='' extras=true
  server=${TROP_DOWNLOAD_SERVER:-$default_server} version=$default_version
  read_arguments "$@"
  case $action in
    help) usage ;;
    install)
      check_release
      choose_directory
      install_trop
      ;;
    uninstall)
      choose_directory
      uninstall_trop
      ;;
  esac
}

read_arguments() {
  while [ $# -gt 0 ]; do
    argument=$1
    shift
    case $argument in
      --version=* | --dir=* | --server=*) set_option "${argument%%=*}" "${argument#*=}" ;;
      --version | --dir | --server)
        [ $# -gt 0 ] || misuse "$argument wants a value"
        set_option "$argument" "$1"
        shift
        ;;
      --program-only) extras=false ;;
      --uninstall) action=uninstall ;;
      --help | -h) action=help ;;
      *) misuse "unknown argument: $(visible "$argument")" ;;
    esac
  done
}

set_option() {
  [ -n "$2" ] || misuse "$1 wants a value"
  case $1 in
    --version) version=$2 ;;
    --dir) directory=$2 ;;
    --server) server=$2 ;;
  esac
}

# Sets "release", the URL that the names of files are appended to.
check_release() {
  [ -n "$server" ] || misuse "no server to download from: name one with --server URL"
  case $server in
    *[!][A-Za-z0-9._~:/@%+=-]*) unusable_server ;;
    http://[!/]* | https://[!/]*) ;;
    *) unusable_server ;;
  esac
  version=${version#v}
  case $version in
    latest) release=${server%/}/latest/download ;;
    *[!0-9A-Za-z.+-]*) unusable_version ;;
    [0-9]*) release=${server%/}/download/v$version ;;
    *) unusable_version ;;
  esac
}

unusable_server() { misuse "cannot use the server \"$(visible "$server")\": want an http or https URL"; }

unusable_version() {
  misuse "cannot use the version \"$(visible "$version")\": want one such as 0.3.0, or latest"
}

choose_directory() {
  if [ -n "$directory" ]; then
    case $directory in
      *[[:cntrl:]]*) misuse "cannot use --dir: there is a control character in it" ;;
      /*) ;;
      *) directory=$(pwd)/$directory ;;
    esac
    # Not the only slash of the root directory.
    while [ "$directory" != "${directory%/}" ]; do directory=${directory%/}; done
  elif [ "$(id -u)" -eq 0 ] || [ -w /usr/local/bin ]; then
    directory=/usr/local/bin
  else
    [ -n "${HOME:-}" ] || fail "there is no HOME: name a directory with --dir"
    directory=$HOME/.local/bin
  fi
  program=$directory/trop
  # Where completions and manual go; nowhere beside a directory that is not called bin.
  case $directory in
    */bin) prefix=${directory%/bin} ;;
    *) prefix='' ;;
  esac
}

install_trop() {
  find_target
  find_checksum_tool
  find_download_tool
  stage
  download SHA256SUMS
  decide_extras
  fetch "trop-$target"
  [ -z "$archive" ] || fetch_extras
  try_program
  # Everything is here and sound; from now on things are put in their places.
  mkdir -p "$directory/"
  mv -f "$staging/trop" "$program"
  say "Installed trop $installed: $program"
  [ -z "$archive" ] || each_extra "$staging/extras" install_extra
  say "$about_extras"
  explain_path
}

# Sets "target", the kind of machine that the program has to be for.
find_target() {
  system=$(uname -s) machine=$(uname -m)
  case $machine in
    x86_64 | amd64) cpu=x64 loader=/lib64/ld-linux-x86-64.so.2 ;;
    aarch64 | arm64) cpu=arm64 loader=/lib/ld-linux-aarch64.so.1 ;;
    *) no_build "$(visible "$system") on $(visible "$machine")" ;;
  esac
  case $system in
    Linux)
      # Also where a compatibility layer puts a loader into glibc's place.
      case $(ldd --version 2>&1 || true) in
        *musl*) no_build "Linux with musl, such as Alpine" ;;
      esac
      [ -e "$loader" ] || no_build "a system without $loader, the loader of 64-bit glibc"
      target=linux-$cpu
      ;;
    Darwin)
      # A shell that runs translated is told of the processor that it is translated to.
      [ "$(sysctl -n sysctl.proc_translated 2>/dev/null || true)" != 1 ] || cpu=arm64
      target=macos-$cpu
      ;;
    MINGW* | MSYS* | CYGWIN* | Windows*) fail "on Windows, run install.ps1 in PowerShell" ;;
    *) no_build "$(visible "$system")" ;;
  esac
}

no_build() {
  fail "there is no build of trop for $1; where Deno 2.9.1 or newer runs, use trop.js:
  deno run --allow-all --unstable-net $release/trop.js reserve"
}

find_checksum_tool() {
  for checksum_tool in sha256sum shasum openssl; do
    ! has "$checksum_tool" || return 0
  done
  fail "cannot verify a download: want one of sha256sum, shasum and openssl"
}

# Sets "download_tool": curl, gnu-wget or plain-wget.
find_download_tool() {
  case $(wget --version 2>&1 || true) in
    *GNU*) download_tool=gnu-wget ;;
    *) download_tool=plain-wget ;;
  esac
  if has curl; then
    download_tool=curl
  elif ! has wget; then
    fail "cannot download: want curl or wget"
  elif [ "$download_tool" = plain-wget ] && [ "$server" != "http://${server#http://}" ]; then
    fail "cannot download by https: this wget may not check certificates; want curl or GNU wget"
  fi
}

# Makes "staging", a directory for what is downloaded: on the file system of the program's place, so
# that moving it there is one step, and where no directory has to be made for it first.
stage() {
  parent=$directory
  while [ ! -d "$parent/" ]; do
    [ ! -e "$parent" ] || fail "cannot install in $directory: $parent is not a directory"
    parent=${parent%/*}
  done
  [ ! -d "$program" ] || fail "cannot install $program: it is a directory"
  [ -w "$parent/" ] ||
    fail "cannot write to $parent: use --dir with a directory of your own, or become root"
  # A variable of that name may have come from the environment.
  staging=''
  trap '[ -z "$staging" ] || rm -rf "$staging"' EXIT
  trap 'exit 129' HUP
  trap 'exit 130' INT
  trap 'exit 143' TERM
  staging=$(mktemp -d "$parent/.trop-install.XXXXXX")
}

# download NAME: a file of the release, as it comes.
download() {
  name=$1 url=$release/$1 protocols='=https'
  [ "$server" = "https://${server#https://}" ] || protocols='=http,https'
  case $download_tool in
    curl) set -- curl --fail --silent --show-error --location --globoff --max-redirs 10 \
      --proto "$protocols" --proto-redir "$protocols" \
      --connect-timeout 30 --speed-limit 1 --speed-time 60 --output "$staging/$name" ;;
    # By itself it tries twenty times.
    gnu-wget) set -- wget --no-verbose --tries=1 --timeout=60 -O "$staging/$name" ;;
    plain-wget) set -- wget -O "$staging/$name" ;;
  esac
  problem=$("$@" "$url" 2>&1 </dev/null) ||
    fail "cannot download $url: $(visible "$(last_line "$problem")")"
}

# fetch NAME: a file of the release whose checksum is the one that the release lists.
fetch() {
  wanted=$(listed_checksum "$1")
  [ -n "$wanted" ] || fail "cannot verify $1: $release/SHA256SUMS has no checksum of it"
  download "$1"
  found=$(checksum "$staging/$1")
  [ "$found" = "$wanted" ] ||
    fail "refused $release/$1: $(what_is_wrong "$staging/$1")
  SHA-256 listed:     $wanted
  SHA-256 downloaded: $found"
}

what_is_wrong() {
  if [ ! -s "$1" ]; then
    echo "it is empty"
  elif [ "$(head -c 1 "$1" | tr -d '\000')" = '<' ]; then
    echo "it is a web page, perhaps from a proxy"
  else
    echo "it is not the file that the release lists, or it came damaged"
  fi
}

# listed_checksum NAME: prints what SHA256SUMS says of the file, nothing when that is no checksum.
listed_checksum() {
  while read -r listed name || [ -n "$listed" ]; do
    [ "${name#\*}" = "$1" ] || continue
    case $listed in
      *[!0-9a-f]*) return 0 ;;
    esac
    [ "${#listed}" -ne 64 ] || printf '%s\n' "$listed"
    return 0
  done <"$staging/SHA256SUMS"
}

checksum() {
  case $checksum_tool in
    sha256sum) printed=$(sha256sum <"$1") ;;
    shasum) printed=$(shasum -a 256 <"$1") ;;
    openssl) printed=$(openssl dgst -sha256 -r <"$1") ;;
  esac
  printf '%s\n' "${printed%% *}"
}

# Runs the program where it was downloaded to. Sets "installed", its version.
try_program() {
  mv "$staging/trop-$target" "$staging/trop"
  chmod 755 "$staging/trop"
  answer=$("$staging/trop" --version 2>&1 </dev/null) ||
    fail "trop does not run on this machine, exit code $?: $(visible "$(last_line "$answer")")"
  answer=$(visible "$(last_line "$answer")")
  installed=${answer#trop }
  [ "$answer" = "trop $installed" ] ||
    fail "what $release calls trop-$target is not trop: --version prints \"$answer\""
  [ "$version" = latest ] || [ "$version" = "$installed" ] ||
    fail "what $release calls trop $version is trop $installed"
}

# Sets "archive", that of completions and manual, to nothing where they are not to be installed.
decide_extras() {
  archive=''
  if ! $extras; then
    about_extras="Left out as asked: completions and manual"
  elif [ -z "$prefix" ]; then
    about_extras="Left out: completions and manual, for want of a share directory beside $directory"
  elif [ -z "$(listed_checksum trop-share.tar.gz)" ]; then
    about_extras="Left out: completions and manual, which this release does not have"
  else
    archive=trop-share.tar.gz
    about_extras="Installed completions for bash, zsh and fish, and the manual: $prefix/share"
  fi
}

fetch_extras() {
  fetch "$archive"
  mkdir "$staging/extras"
  problem=$(tar -xzof "$staging/$archive" -C "$staging/extras" 2>&1) ||
    fail "cannot unpack $archive: $(visible "$(last_line "$problem")")"
}

# each_extra DIRECTORY FUNCTION: calls it with each file of completions and manual that is there.
each_extra() {
  for path in \
    "$1/share/bash-completion/completions/trop" \
    "$1/share/zsh/site-functions/_trop" \
    "$1/share/fish/vendor_completions.d/trop.fish" \
    "$1/share/man/man1/trop.1" \
    "$1"/share/man/man1/trop-*.1; do
    if [ -f "$path" ] && [ ! -L "$path" ]; then "$2" "${path#"$1/"}"; fi
  done
}

# shellcheck disable=SC2317 # called by each_extra
install_extra() {
  mkdir -p "$prefix/${1%/*}"
  chmod 644 "$staging/extras/$1"
  mv -f "$staging/extras/$1" "$prefix/$1"
}

explain_path() {
  case :${PATH:-}: in
    *:"$directory":* | *:"$directory/":*) ;;
    *)
      say "$directory is not on your PATH. A line for ~/.profile or your shell's own file:"
      say "  export PATH=\"$directory:\$PATH\""
      return 0
      ;;
  esac
  first=$(command -v trop || true)
  [ "$first" = "$program" ] || say "Another trop comes before it on your PATH: $first"
}

uninstall_trop() {
  removed=false
  if [ -f "$program" ] || [ -L "$program" ]; then remove "$program"; fi
  [ -z "$prefix" ] || each_extra "$prefix" remove_extra
  if $removed; then
    say "Reservations are kept: ${TROP_DATA_DIR:-${HOME:-~}/.trop}"
  else
    say "Nothing to remove in $directory; --dir names another directory"
  fi
}

# shellcheck disable=SC2317 # called by each_extra
remove_extra() { remove "$prefix/$1"; }

remove() {
  rm -f "$1" || fail "cannot remove $1: run this as the user who owns $directory"
  removed=true
  say "Removed $1"
}

has() { command -v "$1" >/dev/null 2>&1; }

say() { printf '%s\n' "$1"; }

# visible TEXT: without what would steer a terminal.
visible() { printf '%s' "$1" | tr '\001-\037\177' '?'; }

last_line() { printf '%s\n' "$1" | tail -n 1; }

fail() {
  printf 'error: %s\n' "$1" >&2
  exit 1
}

misuse() {
  printf 'error: %s\nTry: install.sh --help\n' "$1" >&2
  exit 2
}

main "$@"
exit 0
}
