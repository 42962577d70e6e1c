#!/usr/bin/env bash
# The committed bundle must be what the sources build, byte for byte, and small enough.
set -euo pipefail
cd "$(dirname "$0")/.."

bundle=tensorboard_plugin_attn/static/index.js
before=$(mktemp)
trap 'rm -f "$before"' EXIT
cp "$bundle" "$before"
(cd frontend && npm run --silent build)
if ! cmp -s "$before" "$bundle"; then
  echo "$bundle is not what frontend/ builds: run 'make build' and commit it." >&2
  exit 1
fi
(cd frontend && npm run --silent size)
