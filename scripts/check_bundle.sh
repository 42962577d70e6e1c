#!/usr/bin/env bash
# The committed scripts must be what the sources build, byte for byte, and small enough.
set -euo pipefail
cd "$(dirname "$0")/.."

static=tensorboard_plugin_attn/static
before=$(mktemp -d)
trap 'rm -rf "$before"' EXIT
cp "$static"/*.js "$before"
(cd frontend && npm run --silent build)
if ! diff -rq "$before" "$static"; then
  echo "$static is not what frontend/ builds: run 'make build' and commit it." >&2
  exit 1
fi
(cd frontend && npm run --silent size)
