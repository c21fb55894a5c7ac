#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Lookups and tables from PyTorch to recross (docs/pytorch.md).

To record the lookups of a model, import this file:

    from export_from_pytorch import Recorder
    with Recorder() as recorder:
        for batch in batches:
            model(batch)
    recorder.save("out/mine")

It records every call of torch.nn.EmbeddingBag and torch.nn.functional.embedding_bag, and writes
trace.npz (trace.jsonl if the tables have different numbers of bags), table0.npy, table1.npy, ...,
and pooled.npy, the results of PyTorch. `python3 export_from_pytorch.py demo FOLDER` does this for a
small model.

To convert saved tensors:

    python3 export_from_pytorch.py convert FILE.pt OUT.npz    # indices with offsets or lengths
    python3 export_from_pytorch.py convert FILE.pt OUT.npy    # the weights of a table

recross sums rows. What is not a plain sum (mode="mean", weights of lookups, a scale for each row) is
refused with a sentence that names it.
"""

import argparse
import gzip
import inspect
import json
import os
import pathlib
import pickle
import re
import sys
import warnings

try:
    import numpy as np
    import torch
except ImportError as missing:
    if __name__ != "__main__":
        raise
    print(f"error: PyTorch 2 and NumPy are needed: {missing}", file=sys.stderr)
    print("help: pip install torch numpy", file=sys.stderr)
    sys.exit(3)


class Refused(ValueError):
    """What cannot be exported, and what to do about it."""


# --- recording -----------------------------------------------------------------------------------

_MODES = {
    "mean": 'mode="mean" divides each sum by the size of its bag; use mode="sum" and divide the results'
    " by the sizes of the bags afterwards",
    "max": 'mode="max" takes maxima, which columns of a crossbar cannot form; only mode="sum" can be exported',
}
_WEIGHTS = (
    "per_sample_weights: rows are summed without weights, as a wordline is on or off; leave the weights out,"
    " or multiply the results if all weights of a bag are equal"
)


class _Table:
    """The weights of one table and its bags."""

    def __init__(self, weight):
        self.weight = weight
        self.version = weight._version
        self.ids = []
        self.sizes = []
        self.pooled = []

    def bags(self):
        return sum(len(sizes) for sizes in self.sizes)


class Recorder(torch.overrides.TorchFunctionMode):
    """Records every call of EmbeddingBag and embedding_bag inside its `with` block.

    Tables are numbered in the order of their first lookup. Calls that FBGEMM's and TorchRec's fused
    kernels make do not pass through PyTorch's functions: save their tensors and convert them.
    """

    def __init__(self, pooled=True):
        """`pooled`: whether to keep PyTorch's results too, as a reference."""
        super().__init__()
        self.pooled = pooled
        self.tables = []
        self._numbers = {}
        self._order = []

    def __torch_function__(self, func, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        if func is torch.embedding_bag:
            raise Refused("torch.embedding_bag was called; use torch.nn.functional.embedding_bag")
        result = func(*args, **kwargs)
        if func is torch.nn.functional.embedding_bag:
            call = inspect.signature(func).bind(*args, **kwargs)
            call.apply_defaults()
            self._record(result, **call.arguments)
        return result

    def _record(
        self,
        result,
        input,
        weight,
        offsets,
        max_norm,
        mode,
        per_sample_weights,
        include_last_offset,
        padding_idx,
        **_only_for_gradients,
    ):
        if mode != "sum":
            raise Refused(_MODES.get(mode, f"mode={mode!r}: only mode=\"sum\" can be exported"))
        if max_norm is not None:
            raise Refused(
                "max_norm rescales rows during lookups; rescale the weights once, and set max_norm=None"
            )
        if per_sample_weights is not None and not bool((per_sample_weights == 1).all()):
            raise Refused(_WEIGHTS)
        ids = _integers(input)
        if ids.ndim == 2:
            sizes = np.full(ids.shape[0], ids.shape[1], dtype=np.int64)
        else:
            starts = _integers(offsets)
            ends = starts[1:] if include_last_offset else np.append(starts[1:], ids.size)
            sizes = ends - starts[: len(ends)]
        ids, sizes = _without(ids.reshape(-1), sizes, _row(padding_idx, weight))

        number = self._number(weight)
        table = self.tables[number]
        table.ids.append(ids)
        table.sizes.append(sizes)
        if self.pooled:
            table.pooled.append(result.detach().float().cpu().numpy().copy())
        self._order.append((number, len(sizes)))

    def _number(self, weight):
        # The same storage is the same table, also where each call makes a tensor of its own.
        key = (weight.data_ptr(), tuple(weight.shape), weight.dtype)
        if key not in self._numbers:
            self._numbers[key] = len(self.tables)
            self.tables.append(_Table(weight.detach()))
        return self._numbers[key]

    def save(self, folder):
        """Writes trace, tables and results into `folder`, and returns the names of the files."""
        if not self.tables:
            raise Refused(
                "no call was recorded; call the model inside `with Recorder() as recorder:`. Fused kernels of"
                " FBGEMM and TorchRec are not seen: save their indices and offsets, and convert them"
            )
        folder = pathlib.Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        names = []

        def write(name, save):
            _atomically(folder / name, save)
            names.append(str(folder / name))

        for number, table in enumerate(self.tables):
            weight = _floats(table.weight)
            write(f"table{number}.npy", lambda file: np.save(file, weight))
        ids = [np.concatenate(t.ids) for t in self.tables]
        sizes = [np.concatenate(t.sizes) for t in self.tables]
        if len({len(s) for s in sizes}) == 1:
            (folder / "trace.jsonl").unlink(missing_ok=True)
            write("trace.npz", lambda file: _save_bags(file, ids, sizes))
            # recross numbers the bags sample by sample: bag n belongs to table n % tables.
            order = [(t, s) for s in range(len(sizes[0])) for t in range(len(sizes))]
        else:
            (folder / "trace.npz").unlink(missing_ok=True)
            order = self._in_order()
            write("trace.jsonl", lambda file: _save_lines(file, ids, sizes, order))
        (folder / "pooled.npy").unlink(missing_ok=True)
        changed = [n for n, t in enumerate(self.tables) if t.weight._version != t.version]
        if changed:
            print(
                f"note: the weights of table {changed[0]} changed while lookups were recorded; its file has the"
                " last ones, and pooled.npy is left out",
                file=sys.stderr,
            )
        elif self.pooled:
            write("pooled.npy", lambda file: np.save(file, self._pooled(order)))
        return names

    def _in_order(self):
        """(table, number of the bag in its table) for each bag, in the order of the calls."""
        next_bag = [0] * len(self.tables)
        order = []
        for table, bags in self._order:
            order.extend((table, next_bag[table] + i) for i in range(bags))
            next_bag[table] += bags
        return order

    def _pooled(self, order):
        """PyTorch's results in the order of the trace; narrow tables are padded with zeros."""
        results = [np.concatenate(t.pooled) for t in self.tables]
        out = np.zeros((len(order), max(r.shape[1] for r in results)), dtype=np.float32)
        for row, (table, bag) in enumerate(order):
            out[row, : results[table].shape[1]] = results[table][bag]
        return out


def _row(padding_idx, weight):
    if padding_idx is None:
        return None
    return padding_idx + weight.shape[0] if padding_idx < 0 else padding_idx


def _without(ids, sizes, padding):
    """The bags without the lookups of row `padding`."""
    if padding is None:
        return ids, sizes
    keep = ids != padding
    # Kept lookups before each position, read at the ends of the bags.
    before = np.concatenate([[0], np.cumsum(keep)])
    ends = np.cumsum(sizes)
    return ids[keep], before[ends] - before[ends - sizes]


def _integers(tensor):
    return tensor.detach().cpu().numpy().astype(np.int64)


def _floats(tensor):
    """An array that recross reads; NumPy has no bfloat16, and float32 holds it exactly."""
    tensor = tensor.detach().cpu().contiguous()
    return (tensor.float() if tensor.dtype == torch.bfloat16 else tensor).numpy()


# --- files ---------------------------------------------------------------------------------------


def _atomically(path, save):
    """Writes a file that appears whole or not at all."""
    partial = path.with_name(f".{path.name}.tmp")
    try:
        with open(partial, "wb") as file:
            save(file)
        os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)


def _save_bags(file, ids, sizes):
    """Table-major, with tables * bags + 1 offsets."""
    offsets = np.concatenate([[0], np.cumsum(np.concatenate(sizes))])
    np.savez_compressed(file, indices=np.concatenate(ids), offsets=offsets.astype(np.int64))


def _save_lines(file, ids, sizes, order):
    bags = [np.split(i, np.cumsum(s)[:-1]) for i, s in zip(ids, sizes)]
    for table, bag in order:
        line = {"table": table, "ids": bags[table][bag].tolist()}
        file.write((json.dumps(line, separators=(",", ":")) + "\n").encode())


# --- converting saved tensors --------------------------------------------------------------------

_SAVE_KJT = "torch.save({'keys': kjt.keys(), 'values': kjt.values(), 'lengths': kjt.lengths()}, FILE)"
_DAMAGED = "other data, or a damaged file; expected what torch.save wrote, or numpy.savez"
_REQUANTISE = """\
recross needs one scale for the whole table, because rows of one bag are summed before they are scaled.
Make the rows floats; recross then quantises the table with one scale:

    table = {rows}
    numpy.save("table.npy", table.astype(numpy.float32))

where {where}"""
_BY_ROW = _REQUANTISE.format(
    rows="q.astype(numpy.float32) * scale[:, None] + bias[:, None]",
    where="q, scale and bias are the stored rows, and the scale and bias of each row (with zero points, bias"
    " is -scale * zero_point).",
)
_FUSED = _REQUANTISE.format(
    rows="a[:, :-8] * a[:, -8:].copy().view(numpy.float32)[:, :1] + a[:, -8:].copy().view(numpy.float32)[:, 1:]",
    where="a is the uint8 array with float32 scale and bias in the last 8 bytes of each row (FBGEMM, 8 bits)."
    "\nFor 4 bits, scale and bias are float16 in the last 4 bytes, and the elements are"
    "\n    numpy.stack([a[:, :-4] & 15, a[:, :-4] >> 4], axis=2).reshape(len(a), -1)",
)
_PER_CHANNEL = _REQUANTISE.format(
    rows="tensor.dequantize().numpy()", where="tensor is the quantised tensor, on a machine with PyTorch."
)


def _is_array(value):
    return isinstance(value, (torch.Tensor, np.ndarray))


def _is_float(array):
    if isinstance(array, torch.Tensor):
        return array.is_floating_point()
    return array.dtype.kind == "f"


def _numbers(array, name):
    """A 1-D or 2-D array of int64."""
    if isinstance(array, torch.Tensor):
        if array.is_floating_point() or array.is_complex() or array.dtype == torch.bool:
            raise Refused(f"{name} has {array.dtype} elements; expected integers")
        return _integers(array)
    if array.dtype.kind not in "iu":
        raise Refused(f"{name} has {array.dtype} elements; expected integers")
    return array.astype(np.int64)


def _bags_of(indices, offsets, lengths, weights, keys, options):
    """One batch: (ids, sizes) of each table."""
    if weights is not None and not bool((weights == 1).all()):
        raise Refused(_WEIGHTS)
    ids = _numbers(indices, "indices")
    if ids.ndim == 2 and offsets is None and lengths is None:
        lengths, ids = np.full(ids.shape[0], ids.shape[1]), ids.reshape(-1)
    if ids.ndim != 1:
        raise Refused(f"indices of shape {ids.shape}; expected one dimension, with offsets or lengths")
    if offsets is None and lengths is None:
        raise Refused("indices without offsets or lengths; save one of them too")
    known = {}
    if keys is not None:
        known["keys"] = len(keys)
    if lengths is not None:
        lengths = _numbers(lengths, "lengths")
        if lengths.ndim == 2:
            known["rows of lengths"] = lengths.shape[0]
        lengths = lengths.reshape(-1)
    if options.tables is not None:
        known["--tables"] = options.tables
    if len(set(known.values())) > 1:
        said = ", ".join(f"{what}: {count}" for what, count in known.items())
        raise Refused(f"contradicting numbers of tables ({said})")
    tables = next(iter(known.values()), 1)

    if offsets is not None:
        offsets = _numbers(offsets, "offsets")
        if offsets.ndim != 1:
            raise Refused(
                f"offsets of shape {offsets.shape}; expected one dimension. Offsets that start at 0 in each row"
                " belong to indices of one table each: save a dict of {name: {'indices': ..., 'offsets': ...}}"
            )
        ends = _ends(offsets, ids.size, tables, lengths, options)
        of_offsets = np.diff(np.concatenate([offsets[:1], ends]))
        if lengths is not None and not np.array_equal(of_offsets, lengths):
            raise Refused("lengths and offsets contradict each other; save one of them")
        lengths = of_offsets
    if lengths.size and lengths.min() < 0:
        raise Refused(f"a length of {lengths.min()}; expected at least 0")
    if lengths.sum() != ids.size:
        raise Refused(f"lengths that add up to {lengths.sum()}; expected {ids.size}, the number of indices")
    if lengths.size % tables:
        raise Refused(f"{lengths.size} bags of {tables} tables; expected as many bags of each table")
    ids_bad = np.flatnonzero((ids < 0) | (ids > 2**32 - 2))
    if ids_bad.size:
        at = int(ids_bad[0])
        raise Refused(
            f"id {ids[at]} at position {at} of the indices; expected 0 to {2**32 - 2}, the row of a table"
            + ("; leave padding out" if ids[at] < 0 else "")
        )
    sizes = lengths.reshape(tables, -1)
    return list(zip(np.split(ids, np.cumsum(sizes.sum(axis=1))[:-1]), sizes))


def _ends(offsets, count, tables, lengths, options):
    """The end of each bag, from offsets that may or may not include the last one."""
    if offsets.size == 0 or offsets[0] != 0 or (np.diff(offsets) < 0).any() or offsets[-1] > count:
        raise Refused(
            f"offsets that are not starts of bags; expected 0 first, then never less, at most {count}, the number"
            " of indices. If they are lengths, save them in a dict as 'lengths'"
        )
    with_end, without = offsets[1:], np.append(offsets[1:], count)
    included = offsets[-1] == count
    choice = options.include_last_offset
    if choice == "auto" and lengths is not None:
        choice = "true" if lengths.size == with_end.size else "false"
    elif choice == "auto" and tables > 1:
        choice = "true" if offsets.size % tables == 1 else "false"
    elif choice == "auto":
        choice = "true" if included else "false"
        if included:
            _note(
                f"the last of {offsets.size} offsets is the number of indices, so it was read as the end of the"
                " last bag; if a last, empty bag follows, give --include-last-offset false"
            )
    if choice == "true" and not included:
        raise Refused(f"{offsets[-1]} as the last offset; expected {count}, the number of indices")
    return with_end if choice == "true" else without


def _note(text):
    print(f"note: {text}", file=sys.stderr)


def _first(value, *names):
    return next((value[n] for n in names if value.get(n) is not None), None)


def _batches(value, options):
    """The batches in `value`, each a list of (ids, sizes) by table; None if it holds no lookups."""
    if isinstance(value, dict):
        indices = _first(value, "indices", "values")
        if _is_array(indices):
            offsets, lengths = value.get("offsets"), value.get("lengths")
            weights = _first(value, "weights", "per_sample_weights")
            return [_bags_of(indices, offsets, lengths, weights, value.get("keys"), options)]
        parts = [_batches(v, options) for v in value.values()]
        if not parts or any(p is None for p in parts):
            return None
        # A table of each name.
        if len({len(p) for p in parts}) > 1:
            raise Refused(f"different numbers of batches under {', '.join(map(str, value))}")
        return [sum(batch, []) for batch in zip(*parts)]
    if isinstance(value, (list, tuple)):
        if 2 <= len(value) <= 3 and all(_is_array(v) for v in value) and not _is_float(value[0]):
            indices, offsets, *third = value
            lengths, weights = None, None
            if third and _is_float(third[0]):
                weights = third[0]
            elif third:
                lengths = third[0]
            return [_bags_of(indices, offsets, lengths, weights, None, options)]
        parts = [_batches(v, options) for v in value]
        if not parts or any(p is None for p in parts):
            return None
        return sum(parts, [])
    if _is_array(value) and value.ndim == 2 and not _is_float(value):
        return [_bags_of(value, None, None, None, None, options)]
    return None


def _tensors(value, prefix=""):
    """All tensors of nested dicts and lists, by dotted name."""
    if _is_array(value):
        return {prefix or "tensor": value}
    items = ()
    if isinstance(value, dict):
        items = value.items()
    elif isinstance(value, (list, tuple)):
        items = enumerate(value)
    found = {}
    for name, part in items:
        found.update(_tensors(part, f"{prefix}.{name}" if prefix else str(name)))
    return found


def _table(value, wanted):
    """The weights of one table, as an array that recross reads."""
    tensors = _tensors(value)
    flat = {n: t for n, t in tensors.items() if t.ndim == 2}
    shown = ", ".join(f"{n} {tuple(t.shape)}" for n, t in list(flat.items())[:20]) or "none"
    if wanted is None and len(flat) == 1:
        wanted = next(iter(flat))
    if wanted is None:
        raise Refused(f"{len(flat)} tensors of two dimensions: {shown}; name one with --tensor")
    if wanted not in flat:
        raise Refused(f"no tensor {wanted} of two dimensions; there are: {shown}")
    tensor = flat[wanted]
    if isinstance(tensor, torch.Tensor):
        if tensor.layout != torch.strided:
            raise Refused(f"{wanted} has layout {tensor.layout}; save tensor.to_dense()")
        if tensor.is_quantized:
            if tensor.qscheme() not in (torch.per_tensor_affine, torch.per_tensor_symmetric):
                raise Refused(f"{wanted} is quantised with a scale for each row.\n{_PER_CHANNEL}")
            tensor = tensor.dequantize()
        tensor = _floats(tensor)
    if tensor.dtype == np.uint8:
        raise Refused(f"{wanted} has uint8 elements, as tables with a scale for each row have.\n{_FUSED}")
    if tensor.dtype.kind == "i" and len(tensor) > 1:
        for name, other in tensors.items():
            by_row = tuple(other.shape) in ((len(tensor),), (len(tensor), 1))
            if by_row and re.search("scale|zero_point", name, re.IGNORECASE):
                raise Refused(f"{wanted} has a scale for each row: {name}.\n{_BY_ROW}")
    if tensor.dtype.kind not in "if":
        raise Refused(f"{wanted} has {tensor.dtype} elements; expected integers or floats")
    if tensor.dtype.kind == "f" and not np.isfinite(tensor).all():
        row, column = np.argwhere(~np.isfinite(tensor))[0]
        raise Refused(f"{wanted} has {tensor[row, column]} in row {row}, column {column}; expected finite values")
    return tensor, wanted


def _load(path):
    """The tensors of a .pt, .bin or .npz file (also .gz); nothing of it is executed."""
    try:
        if path.suffix == ".npz":
            with np.load(path, allow_pickle=False) as arrays:
                return dict(arrays)
        with warnings.catch_warnings():
            # PyTorch warns about ways of saving that it may drop; the tensors are the same.
            warnings.simplefilter("ignore")
            with gzip.open(path) if path.suffix == ".gz" else open(path, "rb") as file:
                return torch.load(file, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        unknown = re.search(r"GLOBAL ([\w.]+)", str(error))
        if unknown is None:
            raise Refused(_DAMAGED) from None
        raise Refused(
            f"an object of type {unknown.group(1)}; expected tensors, lists and dicts of them, because other"
            f" objects can run code when they are loaded. Save the tensors, as in\n    {_SAVE_KJT}"
        ) from None
    except OSError as error:
        if error.errno is None:
            raise Refused(_DAMAGED) from None
        raise
    except Exception:  # of other data, PyTorch raises errors of any type
        raise Refused(_DAMAGED) from None


def convert(path, out, tables=None, tensor=None, include_last_offset="auto", force=False):
    """Converts lookups to OUT.npz, or the weights of a table to OUT.npy; returns what was written."""
    path, out = pathlib.Path(path), pathlib.Path(out)
    options = argparse.Namespace(tables=tables, include_last_offset=include_last_offset)
    if out.suffix not in (".npz", ".npy"):
        raise Refused(f"{out} as the name to write; expected .npz for lookups, or .npy for the weights of a table")
    if out.exists() and not force:
        raise Refused(f"{out} there already; remove it, or give --force to overwrite it")
    value = _load(path)
    if out.suffix == ".npy":
        array, name = _table(value, tensor)
        _atomically(out, lambda file: np.save(file, array))
        return f"{out}: table {name}, {array.shape[0]} x {array.shape[1]}, {array.dtype}"

    batches = _batches(value, options)
    if batches is None:
        shown = ", ".join(f"{n} {tuple(t.shape)}" for n, t in list(_tensors(value).items())[:20]) or "no tensor"
        raise Refused(
            f"{shown}; expected indices with offsets or lengths: a dict of 'indices' or 'values' and 'offsets' or"
            " 'lengths', a tuple (indices, offsets, lengths), a list of these (batches), or a dict of these (one"
            " table of each name). For the weights of a table, let OUT end in .npy"
        )
    counts = {len(batch) for batch in batches}
    if len(counts) != 1:
        raise Refused(f"batches of {' and '.join(map(str, sorted(counts)))} tables; expected the same in each")
    of_tables = list(zip(*batches))
    ids = [np.concatenate([i for i, _ in table]) for table in of_tables]
    sizes = [np.concatenate([s for _, s in table]) for table in of_tables]
    if len({len(s) for s in sizes}) != 1:
        raise Refused(
            "different numbers of bags for the tables ("
            + ", ".join(str(len(s)) for s in sizes)
            + "); expected as many bags of each table: add the empty ones"
        )
    _atomically(out, lambda file: _save_bags(file, ids, sizes))
    text = f"{out}: {len(ids)} tables, {sum(map(len, sizes))} bags, {sum(map(len, ids))} lookups"
    if len(ids) > 1:
        rows = [int(i.max()) + 1 if i.size else 1 for i in ids]
        text += f"\nrecross needs to know the tables: embedding.tables = {rows} in the configuration, or the true sizes"
    return text


# --- the program ---------------------------------------------------------------------------------


def demo(folder):
    """Records a small model."""
    torch.manual_seed(1)
    # Your model: any module that calls EmbeddingBag with mode="sum".
    model = torch.nn.EmbeddingBag(1000, 16, mode="sum")
    with Recorder() as recorder, torch.no_grad():
        # Your batches.
        for _ in range(4):
            sizes = torch.randint(0, 40, (64,))
            offsets = torch.cat([torch.zeros(1, dtype=torch.int64), sizes.cumsum(0)[:-1]])
            indices = (torch.rand(int(sizes.sum())) ** 3 * 1000).long()
            model(indices, offsets)
    names = recorder.save(folder)
    tables = " ".join(f"--table {n}" for n in names if "table" in pathlib.Path(n).name)
    trace = next(n for n in names if "trace" in pathlib.Path(n).name)
    print(f"recross trace stats {trace}")
    print(f"recross run --config examples/demo.toml --trace {trace} {tables} --out {folder}/run")


def main(line=None):
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(dest="command", required=True)
    command = commands.add_parser("demo", help="record a small model")
    command.add_argument("folder", metavar="FOLDER")
    command = commands.add_parser("convert", help="convert saved lookups or weights")
    command.add_argument("file", metavar="FILE", help="a .pt or .bin file (also .gz), or .npz")
    command.add_argument("out", metavar="OUT", help=".npz for lookups, .npy for the weights of a table")
    command.add_argument("--tables", type=int, metavar="N", help="tables of the lookups, if the file does not say")
    command.add_argument("--tensor", metavar="NAME", help="the tensor with the weights, if there are several")
    command.add_argument(
        "--include-last-offset",
        choices=["auto", "true", "false"],
        default="auto",
        help="whether the last offset is the end of the last bag [default: if it equals the number of indices]",
    )
    command.add_argument("--force", action="store_true", help="overwrite OUT")
    arguments = vars(parser.parse_args(line))
    if arguments.pop("command") == "demo":
        demo(arguments["folder"])
        return 0
    path = arguments.pop("file")
    try:
        print(convert(path, arguments.pop("out"), **arguments))
    except Refused as refused:
        print(f"error: {path}: found {refused}", file=sys.stderr)
        return 2
    except OSError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
