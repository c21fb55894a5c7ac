#!/usr/bin/env python3
"""Partitions a hypergraph with Mt-KaHyPar, with which `make bench-mapping` compares.

usage: mtkahypar_partition.py HYPERGRAPH.hgr BLOCKS PRESET THREADS SEED PARTITION.txt

The hypergraph is in hMETIS format; the objective is connectivity (km1) with blocks of equal size
(epsilon 0). Writes the block of each vertex, one per line, and prints the seconds of partitioning
(without reading and writing) and km1.
"""

import sys
import time

import mtkahypar


def main() -> None:
    source, blocks, preset, threads, seed, target = sys.argv[1:]
    started = mtkahypar.initialize(int(threads))
    mtkahypar.set_seed(int(seed))
    context = started.context_from_preset(mtkahypar.PresetType.__members__[preset.upper()])
    context.set_partitioning_parameters(int(blocks), 0.0, mtkahypar.Objective.KM1)
    context.logging = False
    hypergraph = started.hypergraph_from_file(source, context, mtkahypar.FileFormat.HMETIS)
    begun = time.perf_counter()
    parts = hypergraph.partition(context)
    seconds = time.perf_counter() - begun
    parts.write_partition_to_file(target)
    print(seconds, parts.km1())


if __name__ == "__main__":
    main()
