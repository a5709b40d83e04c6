#!/bin/sh
# Makes the checkout ready to run: a Python environment in .venv from requirements.lock, a SoftHSM library, and, where npm
# is, the scanner's page.
# With --test also what the tests use: two readers of codes and PDFs, a virtual card reader, other tokens' modules, a
# browser.
# Safe in any state of the checkout; a second run takes a second.
#
#   PYTHON=python3.12 scripts/setup.sh    choose the interpreter
set -eu

cd "$(dirname "$0")/.."
here=$(pwd -P)
stamp=.venv/.made-from
lists_fresh=

say() { printf 'setup: %s\n' "$*"; }
die() {
    printf 'setup: %s\n' "$*" >&2
    exit 1
}
is_root() { [ "$(id -u)" = 0 ]; }

# One command, quiet unless it fails: then its last lines are shown.
quietly() {
    mkdir -p .cache
    if ! "$@" >.cache/setup.log 2>&1 </dev/null; then
        tail -n 8 .cache/setup.log >&2
        return 1
    fi
}

install_packages() { # as root, Debian and its relatives
    command -v apt-get >/dev/null 2>&1 || return 1
    say "installing $* with apt-get"
    if [ -z "$lists_fresh" ]; then
        quietly apt-get -q update || say "apt-get update did not succeed; trying with the package lists that are here"
        lists_fresh=yes
    fi
    quietly env DEBIAN_FRONTEND=noninteractive apt-get -q -y --no-install-recommends install "$@"
}

# --- the interpreter ---------------------------------------------------------------------------------------------

fits() { "$1" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))' >/dev/null 2>&1; }
makes_venv() { "$1" -c 'import bz2, ctypes, ensurepip, sqlite3, ssl, venv, zlib' >/dev/null 2>&1; }

find_python() { # prints the first interpreter that fits and can make an environment; else the first that only fits
    candidates=${PYTHON:-python3.13 python3.12 python3.11 python3}
    without=
    for candidate in $candidates; do
        fits "$candidate" || continue
        if makes_venv "$candidate"; then
            printf '%s\n' "$candidate"
            return 0
        fi
        without=${without:-$candidate}
    done
    printf '%s\n' "$without"
    return 1
}

choose_python() {
    if python=$(find_python); then return; fi
    [ -z "${PYTHON:-}" ] || die "PYTHON=$PYTHON is not a Python 3.11, 3.12 or 3.13 that can make an environment (venv, ssl, sqlite3)"
    if [ -n "$python" ]; then
        version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
        package=python$version-venv
    else
        package="python3 python3-venv"
    fi
    if is_root; then
        # shellcheck disable=SC2086  # two words are two packages
        install_packages $package || true
        if python=$(find_python); then return; fi
    fi
    die "no Python 3.11, 3.12 or 3.13 that can make an environment was found. Install one, on Debian and Ubuntu with:
    sudo apt-get install $package"
}

# --- the environment ---------------------------------------------------------------------------------------------

# What .venv depends on: the lock, how the project is built, the interpreter, and where the checkout lies.
wanted_stamp() {
    "$1" - "$here" <<'PY'
import hashlib
import json
import pathlib
import platform
import sys
import tomllib

project = tomllib.loads(pathlib.Path("pyproject.toml").read_text(encoding="utf-8"))
built = [project["project"], project["build-system"], project["tool"]["hatch"]]
digest = hashlib.sha256(pathlib.Path("requirements.lock").read_bytes() + json.dumps(built).encode())
print(digest.hexdigest(), platform.python_implementation(), platform.python_version(), platform.machine(), sys.argv[1])
PY
}

environment_is_good() {
    [ -x .venv/bin/python ] && [ -f "$stamp" ] && fits .venv/bin/python &&
        [ "$(cat "$stamp")" = "$(wanted_stamp .venv/bin/python)" ] &&
        { [ -z "${PYTHON:-}" ] || { fits "$PYTHON" && [ "$(wanted_stamp "$PYTHON")" = "$(cat "$stamp")" ]; }; }
}

make_environment() {
    if environment_is_good; then
        say ".venv is up to date"
        return
    fi
    choose_python
    if [ -e .venv ] || [ -L .venv ]; then
        say ".venv is unfinished, of another place, or of other requirements: making it anew"
        rm -rf .venv 2>/dev/null || true
        [ ! -e .venv ] || die "cannot remove $here/.venv: it belongs to another user. Remove it, then run this again"
    fi
    say "making .venv with $("$python" -V 2>&1) and the packages of requirements.lock (a minute or two)"
    "$python" -m venv .venv || die "could not make .venv with $python"
    quietly .venv/bin/python -m pip --disable-pip-version-check --quiet install --no-input --only-binary=:all: \
        --require-hashes -r requirements.lock ||
        die "the packages could not be installed: see the lines above. Is a package index reachable?"
    quietly .venv/bin/python -m pip --disable-pip-version-check install --no-input --no-index --no-deps \
        --no-build-isolation -e . || die "vaxseal itself could not be installed into .venv: see the lines above"
    wanted_stamp .venv/bin/python >"$stamp"
}

# --- SoftHSM -----------------------------------------------------------------------------------------------------

private=.cache/softhsm

loads() { .venv/bin/python -c 'import ctypes, sys; ctypes.CDLL(sys.argv[1])' "$1" >/dev/null 2>&1; }

find_softhsm() {
    for module in "${VAXSEAL_PKCS11_MODULE:-}" "$private/usr/lib/softhsm/libsofthsm2.so" \
        /usr/lib/softhsm/libsofthsm2.so /usr/lib/*/softhsm/libsofthsm2.so /usr/local/lib/softhsm/libsofthsm2.so \
        /usr/lib64/pkcs11/libsofthsm2.so /opt/homebrew/lib/softhsm/libsofthsm2.so; do
        if [ -n "$module" ] && [ -f "$module" ] && loads "$module"; then return; fi
    done
    return 1
}

# apt-get works without root on package lists of its own.
apt_private() {
    apt-get -q -o Dir::State="$here/$private/state" -o Dir::State::status=/var/lib/dpkg/status \
        -o Dir::Cache="$here/$private/cache" -o Debug::NoLocking=1 "$@"
}

unpack_softhsm() {
    command -v apt-get >/dev/null 2>&1 && command -v dpkg >/dev/null 2>&1 || return 1
    say "unpacking SoftHSM into $private (no root needed)"
    rm -rf "$private"
    mkdir -p "$private/debs" "$private/state/lists/partial" "$private/cache/archives/partial"
    (
        cd "$private/debs"
        apt-get -q download libsofthsm2 >../download.log 2>&1 </dev/null ||
            { apt_private update && apt_private download libsofthsm2; } >../download.log 2>&1 </dev/null
    ) || {
        tail -n 5 "$private/download.log" >&2
        return 1
    }
    for package in "$private"/debs/*.deb; do dpkg -x "$package" "$private" || return 1; done
    rm -rf "$private/debs" "$private/state" "$private/cache"
}

make_softhsm() {
    if find_softhsm; then
        say "SoftHSM: $module"
        return
    fi
    if is_root; then
        install_packages softhsm2 || true
    else
        unpack_softhsm || true
    fi
    find_softhsm || die "SoftHSM 2 (the software token of demo and tests) is missing and could not be fetched. Install it:
    sudo apt-get install softhsm2
or name another PKCS#11 library in VAXSEAL_PKCS11_MODULE"
    say "SoftHSM: $module"
}

# --- what tests need: other people's readers, and p11-kit between a token and its faults -----------------------------

find_p11_client() {
    for module in /usr/lib/*/pkcs11/p11-kit-client.so /usr/lib64/pkcs11/p11-kit-client.so; do
        if [ -f "$module" ]; then return; fi
    done
    return 1
}

make_test_tools() {
    missing=
    command -v zbarimg >/dev/null 2>&1 || missing="$missing zbar-tools"
    command -v pdfsig >/dev/null 2>&1 || missing="$missing poppler-utils"
    [ "$(uname -s)" != Linux ] || command -v strace >/dev/null 2>&1 || missing="$missing strace"
    command -v p11-kit >/dev/null 2>&1 || missing="$missing p11-kit"
    find_p11_client || missing="$missing p11-kit-modules"
    [ -n "$missing" ] || return 0
    # shellcheck disable=SC2086
    if is_root && install_packages $missing; then return 0; fi
    say "not here:$missing. The tests that need them are left out (sudo apt-get install$missing)"
}

# --- a smart card reader without hardware, and a second and third kind of token, for the tests -----------------------

has_file() { # the first of these that is there
    for file in "$@"; do [ ! -f "$file" ] || return 0; done
    return 1
}

make_card_reader() {
    if [ "$(uname -s)" != Linux ] || ! is_root; then
        say "not here: a virtual smart card reader (its namespaces need root on Linux). The tests with cards are left out"
        return 0
    fi
    missing=
    command -v pcscd >/dev/null 2>&1 || missing="$missing pcscd"
    has_file /usr/lib*/pcsc/drivers/serial/libifdvpcd.so || missing="$missing vsmartcard-vpcd"
    has_file /usr/lib/*/opensc-pkcs11.so /usr/lib*/opensc-pkcs11.so || missing="$missing opensc-pkcs11"
    has_file /usr/lib/*/p11-kit-proxy.so /usr/lib*/p11-kit-proxy.so || missing="$missing libp11-kit0"
    has_file /usr/lib/*/libsoftokn3.so /usr/lib/*/nss/libsoftokn3.so /usr/lib*/libsoftokn3.so || missing="$missing libnss3"
    [ -n "$missing" ] || return 0
    # shellcheck disable=SC2086
    if install_packages $missing; then return 0; fi
    say "not here:$missing. The tests with cards and other tokens are left out (sudo apt-get install$missing)"
}

# --- a browser, for the tests of the signing desk's page ---------------------------------------------------------------

make_browser() {
    for browser in chromium chromium-browser google-chrome; do
        command -v "$browser" >/dev/null 2>&1 && return 0
    done
    if is_root && install_packages chromium; then return 0; fi
    say "not here: chromium. The tests of the signing desk's page are left out (sudo apt-get install chromium)"
}

make_environment
make_softhsm
sh scripts/page.sh
if [ "${1:-}" = --test ]; then
    make_test_tools
    make_card_reader
    make_browser
    sh scripts/peers.sh
fi
