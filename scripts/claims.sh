#!/usr/bin/env bash
# scripts/claims.sh [TRACES] prints the paper's claims and our goal for each trace as a Markdown
# table. One crossbar per bank, hashed ids, +20 % crossbars, unseen bags. For every in-memory row, a
# part of the bags also runs through the emitted RTL of a smaller engine, which must agree with the
# cycle model. Traces that are missing in the folder TRACES are skipped with a message.
set -euo pipefail
cd "$(dirname "$0")/.."
traces="${1:-../shared/traces}"
out=out/claims
mkdir -p "$out"

# Ratios to nmars_like with a fixed converter, with read mode, and with read mode and copies.
table() { # CSV, trace, arrays
    awk -F, -v trace="$2" -v arrays="$3" '
        NR == 1 { for (i = 1; i <= NF; i++) column[$i] = i; next }
        $column["part"] != "architecture" { next }
        {
            row = $column["row"]
            alone[row] = $column["batch_alone_ns"]
            together[row] = $column["ns_per_lookup"]
            energy[row] = $column["pj_per_lookup_flash"]
            bound[row] = $column["bound"]
        }
        END {
            count = split("recross optimized", rows, " ")
            for (i = 1; i <= count; i++) {
                r = rows[i]
                printf "| %s | %s | `%s` |", trace, arrays, r
                split("nmars_like_fixed nmars_like_read nmars_like_copies", bases, " ")
                for (b = 1; b <= 3; b++)
                    printf " %.2f | %.2f | %.2f |", alone[bases[b]] / alone[r], together[bases[b]] / together[r], energy[bases[b]] / energy[r]
                printf " %s |\n", bound[r]
            }
        }' "$1"
}

# Size of the largest bag, rounded up to a power of two; it sets the width of the accumulators.
largest_bag() { # traces
    local most=2 size path
    for path in "$@"; do
        size=$(target/release/recross trace stats --json "$path" | sed -n 's/.*"bag_max": \([0-9]*\).*/\1/p')
        while [ "$most" -lt "$size" ]; do most=$((2 * most)); done
    done
    echo "$most"
}

compare() { # name, trace, hold-out or nothing
    local name=$1 setting example arrays most
    shift
    most=$(largest_bag "$@")
    local common=(--trace "$1" --set "embedding.max_bag=$most" --grow banks --budget 0.2 --cpu-seconds 0
        --verify-rtl 100 --verify-cut 4,4)
    [ $# -lt 2 ] || common+=(--holdout "$2")
    for setting in 64 128 128-32; do
        local arguments=("${common[@]}")
        example=crossbar_per_bank_128
        case $setting in
        64) example=crossbar_per_bank arrays='64 x 64, 2 bit' ;;
        128) arrays='128 x 128, 1 bit' ;;
        128-32) arrays='128 x 128, 1 bit, 32 rows' && arguments+=(--set adc.max_active_rows=32) ;;
        esac
        target/release/recross compare -q --config "examples/$example.toml" --out "$out/$name-$setting" \
            "${arguments[@]}" > "$out/$name-$setting.txt"
        table "$out/$name-$setting/compare.csv" "$name" "$arrays"
    done
}

echo "| trace | arrays | row | alone | back to back | energy | alone | back to back | energy | alone | back to back | energy | bound |"
echo "|---|---|---|---|---|---|---|---|---|---|---|---|---|"
compare debian-installs data/debian-installs.bags.gz
for name in gowalla amazon-book-30 anime threads-math-sx; do
    if [ -e "$traces/$name.train.bags.gz" ]; then
        compare "$name" "$traces/$name.train.bags.gz" "$traces/$name.test.bags.gz"
    else
        echo "$name: not found in $traces, skipped" >&2
    fi
done
