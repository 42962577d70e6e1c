#!/usr/bin/env bash
# Make sure there is a Chromium for the browser tests; Debian's package if none is installed.
set -euo pipefail

for name in chromium chromium-browser google-chrome; do
  if command -v "$name" >/dev/null; then exit 0; fi
done
if ! command -v apt-get >/dev/null; then
  echo "No Chromium found: install one, or set CHROMIUM=/path/to/it." >&2
  exit 1
fi
as_root=()
if [ "$(id -u)" -ne 0 ]; then as_root=(sudo); fi
"${as_root[@]}" apt-get update -qq
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -qq --no-install-recommends -y chromium fonts-dejavu-core >/dev/null
