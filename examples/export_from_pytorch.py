#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Exports the table and the lookups of a PyTorch nn.EmbeddingBag for recross.

    python3 examples/export_from_pytorch.py OUT_FOLDER

writes OUT_FOLDER/emb.npy (the weights, fp32), trace.npz (the module's indices and offsets) and pooled.npy
(the module's results), and prints the next commands. Replace the two marked places by your own model and
batches.
"""

import pathlib
import sys

import numpy as np
import torch


class LookupRecorder:
    """Records the indices and offsets of every call of an nn.EmbeddingBag."""

    def __init__(self, bag: torch.nn.EmbeddingBag):
        self.indices: list[np.ndarray] = []
        self.offsets: list[np.ndarray] = []
        self.lookups = 0
        self.include_last_offset = bag.include_last_offset
        bag.register_forward_pre_hook(self._record)

    def _record(self, _module, arguments):
        indices, offsets = arguments[0], arguments[1]
        if indices.dim() != 1:
            raise ValueError("pass 1-D indices with offsets")
        starts = offsets[:-1] if self.include_last_offset else offsets
        self.indices.append(indices.cpu().numpy().astype(np.int64))
        self.offsets.append(starts.cpu().numpy().astype(np.int64) + self.lookups)
        self.lookups += indices.numel()

    def save(self, path: pathlib.Path) -> None:
        # One more offset than bags, so that an empty last bag is kept.
        offsets = np.concatenate([*self.offsets, [self.lookups]])
        np.savez_compressed(path, indices=np.concatenate(self.indices), offsets=offsets)


def main() -> None:
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    out = pathlib.Path(sys.argv[1])
    out.mkdir(parents=True, exist_ok=True)

    # --- your model: any EmbeddingBag with mode="sum" -----------------------------------------
    torch.manual_seed(1)
    bag = torch.nn.EmbeddingBag(1000, 16, mode="sum")

    recorder = LookupRecorder(bag)
    pooled = []
    with torch.no_grad():
        # --- your batches --------------------------------------------------------------------
        for _ in range(4):
            sizes = torch.randint(0, 40, (64,))
            offsets = torch.cat([torch.zeros(1, dtype=torch.int64), sizes.cumsum(0)[:-1]])
            indices = (torch.rand(int(sizes.sum())) ** 3 * 1000).long()
            pooled.append(bag(indices, offsets))

    np.save(out / "emb.npy", bag.weight.detach().cpu().numpy())
    np.save(out / "pooled.npy", torch.cat(pooled).cpu().numpy())
    recorder.save(out / "trace.npz")
    print(f"recross trace stats {out}/trace.npz")
    print(f"recross run --config examples/demo.toml --trace {out}/trace.npz --table {out}/emb.npy --out {out}/run")


if __name__ == "__main__":
    main()
