#!/bin/sh
# Every check of the house, one after another, ending at the first that fails. Arguments go to pytest.
set -eu

cd "$(dirname "$0")/.."
PATH="$(pwd -P)/.venv/bin:$PATH"
export PATH

heading() { printf '\n== %s\n' "$*"; }

heading "ruff: rules"
ruff check --quiet .
heading "ruff: format"
ruff format --check --quiet .
heading "mypy: types"
mypy --no-error-summary
heading "import-linter: who may import whom"
lint-imports --no-cache --no-logo
[ "${1:-}" != --lint ] || exit 0
heading "pytest"
unset PYTHONDONTWRITEBYTECODE # hundreds of our own programs start: each would compile the house anew
exec pytest -q -n "${TEST_PROCESSES:-2}" --dist loadfile --no-loadscope-reorder "$@"
