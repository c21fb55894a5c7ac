#!/usr/bin/env bash
# The paper's claims and our goal, trace by trace, as a Markdown table: scripts/claims.sh [TRACES]
# One crossbar per bank, hashed ids, +20 % crossbars, bags that no mapping has seen; every in-memory
# row drives a part of the bags through the emitted RTL on a smaller engine, too, and must agree with
# the cycle model. Traces of the folder TRACES that are not there are left out with a word.
set -euo pipefail
cd "$(dirname "$0")/.."
traces="${1:-../shared/traces}"
out=out/claims
mkdir -p "$out"

# Times better than nmars_like with a fixed converter, and with a read-mode converter.
table() { # CSV, trace, converters
    awk -F, -v trace="$2" -v converters="$3" '
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
                printf "| %s | %s | `%s` |", trace, converters, r
                split("nmars_like_fixed nmars_like_read", bases, " ")
                for (b = 1; b <= 2; b++)
                    printf " %.2f | %.2f | %.2f |", alone[bases[b]] / alone[r], together[bases[b]] / together[r], energy[bases[b]] / energy[r]
                printf " %s |\n", bound[r]
            }
        }' "$1"
}

compare() { # name, converters, arguments of compare
    local name=$1 converters=$2 folder="$out/$1-$2"
    shift 2
    sed "s/^\[engine\]/[crossbar]\nadcs = $converters\n\n[engine]/" examples/crossbar_per_bank.toml > "$out/config-$converters.toml"
    target/release/recross compare -q --config "$out/config-$converters.toml" --grow banks --budget 0.2 --cpu-seconds 0 \
        --verify-rtl 100 --verify-cut 4,4 --out "$folder" "$@" > "$folder.txt"
    table "$folder/compare.csv" "$name" "$converters"
}

echo "| trace | converters | row | alone | back to back | energy | alone | back to back | energy | bound |"
echo "|---|---|---|---|---|---|---|---|---|---|"
for converters in 8 2; do
    compare debian-installs "$converters" --trace data/debian-installs.bags.gz
    for name in gowalla amazon-book-30 anime threads-math-sx; do
        if [ -e "$traces/$name.train.bags.gz" ]; then
            compare "$name" "$converters" --trace "$traces/$name.train.bags.gz" --holdout "$traces/$name.test.bags.gz"
        else
            echo "$name: not in $traces, left out" >&2
        fi
    done
done
