#!/bin/sh
# Puts the program and what it needs, nothing of what development needs, into a Python environment:
#
#   sh deploy/install.sh /opt/vaxseal
#
# Every package is fetched as a wheel and held against its hash in requirements.lock; what the program does not ask for is
# not installed. A second run, after an upgrade, replaces what changed. PYTHON=python3.12 chooses the interpreter.
set -eu

if [ $# != 1 ]; then
    echo "usage: sh deploy/install.sh FOLDER" >&2
    exit 2
fi
target=$1
python=${PYTHON:-python3}
cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

pip() { "$work/build/bin/pip" --disable-pip-version-check --quiet --no-cache-dir "$@"; }
into_target() { pip --python "$target/bin/python" install --no-index --find-links "$work/wheels" "$@"; }

"$python" -m venv "$work/build"
[ -x "$target/bin/python" ] || "$python" -m venv --without-pip "$target"
pip download --only-binary=:all: --require-hashes --dest "$work/wheels" --requirement requirements.lock
pip install --no-index --find-links "$work/wheels" hatchling
pip wheel --no-index --no-deps --no-build-isolation --wheel-dir "$work/wheels" .
into_target --upgrade --upgrade-strategy eager vaxseal
into_target --force-reinstall --no-deps vaxseal # also where its number is that of the last one
