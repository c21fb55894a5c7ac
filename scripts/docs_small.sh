#!/usr/bin/env bash
# Makes the small example of the documentation: out/docs/small.bags, small.toml, and the mapping in
# small/.
set -euo pipefail
cd "$(dirname "$0")/.."
mkdir -p out/docs
printf '%s\n' '0 3' '0 3' '1 4' '1 4' '2' '0 1' > out/docs/small.bags
cat > out/docs/small.toml <<'END'
[crossbar]
rows = 2
[engine]
lanes = 2
banks_per_lane = 2
[mapping]
method = "recross"
replication = "log"
budget = 0.5
holdout = 0
END
recross map -q --config out/docs/small.toml --trace out/docs/small.bags --out out/docs/small > out/docs/small.txt
