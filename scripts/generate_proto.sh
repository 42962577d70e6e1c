#!/usr/bin/env bash
# Generate attn_pb2.py and attn_pb2.pyi. grpcio-tools 1.80 emits gencode 6.31.1, which every protobuf
# runtime from 6.31.1 to 7.x loads; newer compilers' code does not load on older runtimes.
set -euo pipefail
cd "$(dirname "$0")/.."

tools=$(mktemp -d)
trap 'rm -rf "$tools"' EXIT
python3 -m venv "$tools/venv"
"$tools/venv/bin/pip" install --quiet 'grpcio-tools==1.80.*'
"$tools/venv/bin/python" -m grpc_tools.protoc -I. --python_out=. --pyi_out=. \
  tensorboard_plugin_attn/attn.proto
