#!/usr/bin/env python3
"""Plots quality against time from the CSV of `make bench-mapping`.

usage: plot_mapping.py RESULTS.csv PLOT.svg
"""

import csv
import sys
from collections import defaultdict

import matplotlib

matplotlib.use("svg")
import matplotlib.pyplot as plt

# Makes the file depend on the numbers only.
plt.rcParams.update({"svg.hashsalt": "recross", "svg.fonttype": "none", "font.size": 9})

STYLES = {
    "optimized": ("o-", "tab:blue", "optimized (fast, balanced, high)"),
    "mtkahypar": ("s", "tab:orange", "Mt-KaHyPar (LARGE_K, DEFAULT)"),
    "recross": ("^", "tab:green", "recross (greedy co-occurrence)"),
    "frequency": ("v", "tab:gray", "frequency"),
}


def main() -> None:
    source, target = sys.argv[1:]
    panels = defaultdict(lambda: defaultdict(list))
    with open(source, newline="") as rows:
        for row in csv.DictReader(rows):
            kind = row["method"].split(":")[0]
            if kind in STYLES:
                panel = row["trace"] + ("" if row["rows"] == "64" else f", {row['rows']} rows")
                point = (max(float(row["seconds"]), 0.01), float(row["test"]))
                panels[panel][kind].append(point)
    columns = 3
    lines = -(-len(panels) // columns)
    figure, axes = plt.subplots(lines, columns, figsize=(10, 3 * lines + 0.5), squeeze=False)
    for axis in axes.flat[len(panels):]:
        axis.set_visible(False)
    for axis, (name, kinds) in zip(axes.flat, panels.items()):
        # Points far above the best one would compress the scale: leave them out.
        best = min(y for points in kinds.values() for _, y in points)
        for kind, points in kinds.items():
            style, color, label = STYLES[kind]
            points = sorted(p for p in points if p[1] < 1.25 * best)
            if not points:
                continue
            axis.plot(*zip(*points), style, color=color, label=label)
        axis.set_title(name)
        axis.set_xscale("log")
        axis.set_xlabel("seconds")
        axis.set_ylabel("groups touched per bag, unseen")
        axis.grid(alpha=0.3)
    handles = {}
    for axis in axes.flat:
        for handle, label in zip(*axis.get_legend_handles_labels()):
            handles.setdefault(label, handle)
    figure.legend(handles.values(), handles.keys(), loc="lower center", ncols=len(handles), frameon=False)
    figure.tight_layout(rect=(0, 0.5 / (3 * lines + 0.5), 1, 1))
    figure.savefig(target, metadata={"Date": None})


if __name__ == "__main__":
    main()
