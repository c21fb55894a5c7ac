#!/usr/bin/env python3
"""Writes large inputs to try `recross run --fit` with.

    scripts/own_data.py criteo DIR    26 tables of 3 to 1,000,000 rows of 16 float32, and 2,000 samples
                                      of one lookup a table (47 MB)
    scripts/own_data.py wide DIR      a table of 3,000,000 rows of 64 float32, and 50,000 bags of up to
                                      900 lookups (772 MB)
"""

import array
import random
import sys
from pathlib import Path

NOISE = 1 << 16


def save_table(path, rows, dim, noise):
    """A `.npy` file of float32; each row is a stretch of the noise."""
    header = f"{{'descr': '<f4', 'fortran_order': False, 'shape': ({rows}, {dim}), }}"
    header += " " * (-(10 + len(header) + 1) % 64) + "\n"
    with open(path, "wb") as f:
        f.write(b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header.encode())
        for first in range(0, rows, 4096):
            block = bytearray()
            for row in range(first, min(rows, first + 4096)):
                at = row * 7919 % (NOISE - dim) * 4
                block += noise[at : at + dim * 4]
            f.write(block)


def skewed(rows):
    """An id; few of them are frequent, and these are scattered over the rows."""
    return int(rows * random.random() ** 4) * 7919 % rows


def criteo(out, noise):
    rows = [round(3 * (1_000_000 / 3) ** (t / 25)) for t in range(26)]
    for t, n in enumerate(rows):
        save_table(out / f"{t}.npy", n, 16, noise)
    with open(out / "trace.jsonl", "w") as f:
        for _ in range(2000):
            for t, n in enumerate(rows):
                f.write(f'{{"table":{t},"ids":[{skewed(n)}]}}\n')


def wide(out, noise):
    rows = 3_000_000
    save_table(out / "table.npy", rows, 64, noise)
    with open(out / "trace.bags", "w") as f:
        for bag in range(50_000):
            size = 900 if bag == 123 else min(900, 1 + int(random.lognormvariate(2.0, 1.2)))
            f.write(" ".join(str(skewed(rows)) for _ in range(size)) + "\n")


if __name__ == "__main__":
    kinds = {"criteo": criteo, "wide": wide}
    if len(sys.argv) != 3 or sys.argv[1] not in kinds:
        sys.exit(__doc__)
    random.seed(1)
    values = array.array("f", (random.gauss(0, 0.1) for _ in range(NOISE)))
    if sys.byteorder == "big":
        values.byteswap()
    folder = Path(sys.argv[2])
    folder.mkdir(parents=True, exist_ok=True)
    kinds[sys.argv[1]](folder, values.tobytes())
