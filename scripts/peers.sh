#!/bin/sh
# Other people's verifiers, each in an environment of its own under .cache/peers, for the tests that ask whether they
# accept our passports. What cannot be installed is named in one line, and its tests say that they are left out.
set -eu

cd "$(dirname "$0")/.."
peers=.cache/peers
mkdir -p "$peers"

say() { printf 'setup: %s\n' "$*"; }

up_to_date() { # folder, then the files it was made from
    folder=$1
    shift
    [ -f "$folder/.made-from" ] && [ "$(cat "$@" | cksum)" = "$(cat "$folder/.made-from")" ]
}

make_cwt() {
    .venv/bin/python -m venv --clear "$peers/cwt" &&
        "$peers/cwt/bin/python" -m pip --disable-pip-version-check install --quiet --no-input --require-hashes \
            -r tests/peers/cwt/requirements.lock
}

make_npm() {
    rm -rf "$peers/npm"
    mkdir -p "$peers/npm"
    cp -R tests/peers/npm/package.json tests/peers/npm/package-lock.json tests/peers/npm/empty "$peers/npm/"
    (cd "$peers/npm" && npm ci --ignore-scripts --no-audit --no-fund)
}

make_peer() { # name, what it is, the files it is made from
    name=$1 what=$2
    shift 2
    if up_to_date "$peers/$name" "$@"; then return; fi
    if "make_$name" >"$peers/$name.log" 2>&1 </dev/null; then
        cat "$@" | cksum >"$peers/$name/.made-from"
        say "$what is ready"
    else
        rm -rf "${peers:?}/$name"
        say "not here: $what (see $peers/$name.log). The tests that ask it are left out"
    fi
}

make_peer cwt "PyPI cwt, an independent verifier" tests/peers/cwt/requirements.lock
if command -v npm >/dev/null 2>&1; then
    make_peer npm "npm dcc-sdk, an independent verifier" tests/peers/npm/package-lock.json
else
    say "not here: npm. The tests that ask its verifiers are left out"
fi
