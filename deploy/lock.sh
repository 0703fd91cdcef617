#!/bin/sh
# Writes the lock files again: pins that still fit stay, new ones are added. With `--upgrade` all pins move on.
set -eu
cd "$(dirname "$0")/.."
if [ ! -x var/lock/bin/uv ]; then
    .venv/bin/python -m venv --clear var/lock
    var/lock/bin/python -m pip install --quiet --require-hashes --requirement deploy/requirements-lock.txt
fi
compile() {
    # No address of a package index may enter a lock file: everybody installs from their own.
    var/lock/bin/uv pip compile --quiet --universal --generate-hashes --no-header --no-emit-index-url \
        --no-emit-find-links --python-version 3.11 "$@"
}
compile deploy/requirements-lock.in --output-file deploy/requirements-lock.txt "$@"
compile pyproject.toml --extra redis --extra s3 --output-file deploy/requirements.txt "$@"
compile pyproject.toml --extra redis --extra s3 --group dev --output-file deploy/requirements-dev.txt "$@"
if grep --line-number '://' deploy/requirements*.txt; then
    echo "A lock file holds an address (above); take it out." >&2
    exit 1
fi
