#!/bin/sh
# Builds the scanner's page (api/web/checker) into its dist/, where the service takes it from: types checked, then bundled.
# Without npm there is no page, and /scan says so. Done again only when something changed.
set -eu

cd "$(dirname "$0")/../api/web/checker"
log=../../../.cache/page.log
mkdir -p ../../../.cache

say() { printf 'setup: %s\n' "$*"; }
sources() { cat package-lock.json *.mjs tsconfig.json src/*.ts src/page/* static/* ../static/look.css | cksum; }

if ! command -v npm >/dev/null 2>&1; then
    say "not here: npm. The scanner's page is not built, and /scan says so"
elif [ -f dist/.made-from ] && [ "$(sources)" = "$(cat dist/.made-from)" ]; then
    :
elif ! npm ci --ignore-scripts --no-audit --no-fund >"$log" 2>&1 </dev/null; then
    rm -rf dist
    say "not here: what the scanner's page is built of (see .cache/page.log). /scan says so"
elif npx --no-install tsc --noEmit >"$log" 2>&1 && node build.mjs >>"$log" 2>&1; then
    sources >dist/.made-from
    say "the scanner's page is built"
else
    rm -rf dist
    cat "$log" >&2
    say "the scanner's page has an error" >&2
    exit 1
fi
