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
    local name=$1 example folder config
    shift
    local most arguments=(--trace "$1")
    most=$(largest_bag "$@")
    [ $# -lt 2 ] || arguments+=(--holdout "$2")
    for example in crossbar_per_bank crossbar_per_bank_128; do
        folder="$out/$name-$example"
        config="$folder.toml"
        sed "s/^max_bag = .*/max_bag = $most/" "examples/$example.toml" > "$config"
        target/release/recross compare -q --config "$config" --grow banks --budget 0.2 --cpu-seconds 0 \
            --verify-rtl 100 --verify-cut 4,4 --out "$folder" "${arguments[@]}" > "$folder.txt"
        table "$folder/compare.csv" "$name" "$(case $example in *_128) echo '128 x 128, 1 bit' ;; *) echo '64 x 64, 2 bit' ;; esac)"
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
