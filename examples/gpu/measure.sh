#!/usr/bin/env bash
# Measures sum pooling on a CUDA device: examples/gpu/measure.sh TABLE.npy TRACE [BATCH]
# TRACE: any format that recross reads. Needs nvcc, recross and unzip; prints one line of JSON.
set -euo pipefail
[ $# -ge 2 ] || { sed -n 2,3p "$0" >&2; exit 2; }
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
nvcc -O3 -o "$work/embedding_bag" "$here/embedding_bag.cu"
recross --quiet trace convert "$2" "$work/trace.npz" >&2
unzip -q -o "$work/trace.npz" -d "$work"
"$work/embedding_bag" "$1" "$work/indices.npy" "$work/offsets.npy" "${3:-256}"
