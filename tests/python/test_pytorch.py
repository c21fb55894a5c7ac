# SPDX-License-Identifier: MIT OR Apache-2.0
"""`make test-torch`: examples/export_from_pytorch.py with real PyTorch, and recross on what it wrote.

The vectors that recross reduces are compared with PyTorch's, and the snippets of docs/pytorch.md and
docs/outputs.md are run as they stand.
"""

import contextlib
import gzip
import io
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

import numpy as np
import torch
import torch.nn.functional as F

ROOT = pathlib.Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "examples/export_from_pytorch.py"
RECROSS = pathlib.Path(os.environ.get("RECROSS", ROOT / "target/debug/recross")).resolve()
sys.path.insert(0, str(SCRIPT.parent))

from export_from_pytorch import Recorder, Refused, main  # noqa: E402

# The design of tests/common/cli: its model builds in seconds.
CONFIG = """\
[embedding]
dim = 4
value_bits = 8
max_bag = 64
{embedding}
[crossbar]
rows = 8
cols = 16
cell_bits = 2
adcs = 4
[engine]
lanes = 2
banks_per_lane = 2
crossbars_per_bank = 16
[mapping]
holdout = 0
"""


def snippets(page):
    """The tested blocks of Python of a page of the documentation."""
    text = (ROOT / "docs" / page).read_text()
    return re.findall(r"<!-- tested by tests/python/test_pytorch.py -->\n```python\n(.*?)```", text, re.S)


class Case(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.addCleanup(os.chdir, os.getcwd())
        os.chdir(self.folder)
        torch.manual_seed(1)

    def recross(self, *arguments, status=0):
        environment = {**os.environ, "RECROSS_CACHE": str(ROOT / "target/tmp/torch-models")}
        done = subprocess.run([RECROSS, *map(str, arguments)], capture_output=True, text=True, env=environment)
        self.assertEqual(done.returncode, status, done.stderr)
        return done.stdout

    def run_trace(self, trace, tables, rows=(), out="out/run"):
        """Drives the trace, and returns recross's vectors, their bags and the report."""
        known = f"tables = {list(rows)}" if rows else ""
        pathlib.Path("c.toml").write_text(CONFIG.format(embedding=known))
        options = [o for table in tables for o in ("--table", table)]
        self.recross("run", "-q", "--config", "c.toml", "--trace", trace, *options, "--out", out)
        report = json.loads(pathlib.Path(out, "report.json").read_text())
        self.assertTrue(report["check"]["passed"])
        arrays = np.load(pathlib.Path(out, "outputs.npz"))
        np.testing.assert_array_equal(arrays["values"], np.load(pathlib.Path(out, "outputs.npy")))
        return arrays["values"] * arrays["scale"][:, None], arrays["bag"], report

    def convert(self, value, out="out.npz", *options, status=0, name="in.pt"):
        """Saves `value`, and converts it as the program does; returns what is printed."""
        if value is not None:
            torch.save(value, name)
        printed, errors = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(errors):
            got = main(["convert", name, out, *options])
        self.assertEqual(got, status, printed.getvalue() + errors.getvalue())
        return printed.getvalue() * (status == 0) + errors.getvalue()


def integers(rows, dim, low=-128):
    """A table of whole numbers from -127 to 127, both included, so that its scale is 1."""
    table = torch.randint(-127, 128, (rows, dim)).float()
    table[0, 0], table[0, 1] = 127, -127
    return table


def batch(bags, rows, longest=9):
    """Indices and offsets, some bags empty; the first and the last among them."""
    sizes = torch.randint(0, longest, (bags,))
    sizes[0] = sizes[-1] = 0
    offsets = torch.cat([torch.zeros(1, dtype=torch.int64), sizes.cumsum(0)[:-1]])
    return torch.randint(0, rows, (int(sizes.sum()),)), offsets


class Recording(Case):
    def pooled(self, recorder, rows=()):
        """Saves, runs recross, and compares its vectors with PyTorch's, exactly."""
        names = recorder.save("out/mine")
        trace = next(n for n in names if "trace" in n)
        tables = [n for n in names if "/table" in n]
        vectors, bags, _ = self.run_trace(trace, tables, rows)
        reference = np.load("out/mine/pooled.npy")
        self.assertEqual(len(vectors), len(reference))
        expected = np.zeros(vectors.shape)
        expected[:, : reference.shape[1]] = reference[bags]
        np.testing.assert_array_equal(vectors, expected)
        self.assertGreater(np.abs(reference).max(), 0)
        return names

    def test_every_way_to_call_the_module(self):
        bag = torch.nn.EmbeddingBag.from_pretrained(integers(100, 4), mode="sum")
        ids, offsets = batch(20, 100)
        square = torch.randint(0, 100, (6, 5))
        with Recorder() as recorder:
            bag(ids, offsets)
            bag(input=ids, offsets=offsets)
            bag(ids.int(), offsets=offsets.int())
            bag(square)
            bag(input=square)
            bag(ids, offsets, torch.ones(len(ids)))
            F.embedding_bag(ids, bag.weight, offsets, mode="sum")
            torch.nn.functional.embedding_bag(input=square, weight=bag.weight.detach(), mode="sum")
        self.assertEqual(len(recorder.tables), 1)
        self.pooled(recorder)

    def test_last_offset_included(self):
        bag = torch.nn.EmbeddingBag.from_pretrained(integers(50, 4), mode="sum", include_last_offset=True)
        ids, offsets = batch(20, 50)
        with Recorder() as recorder:
            for _ in range(3):
                bag(ids, torch.cat([offsets, torch.tensor([len(ids)])]))
        self.assertEqual(recorder.tables[0].bags(), 60)
        self.pooled(recorder)

    def test_padding_is_left_out(self):
        for padding in (7, -1):
            table = integers(50, 4)
            bag = torch.nn.EmbeddingBag.from_pretrained(table, mode="sum", padding_idx=padding)
            ids, offsets = batch(30, 50)
            ids[::3] = padding % 50
            with Recorder() as recorder:
                bag(ids, offsets)
                bag(torch.tensor([[3, padding % 50, 4], [padding % 50] * 3]))
                F.embedding_bag(ids, bag.weight, offsets, mode="sum", padding_idx=padding)
            self.pooled(recorder)
            self.assertNotIn(padding % 50, np.load("out/mine/trace.npz")["indices"])

    def test_several_tables(self):
        model = torch.nn.ModuleList(
            torch.nn.EmbeddingBag.from_pretrained(integers(rows, dim), mode="sum")
            for rows, dim in ((100, 4), (30, 4), (40, 3))
        )
        with Recorder() as recorder:
            for _ in range(3):
                for bag in model:
                    bag(*batch(10, bag.num_embeddings))
        names = self.pooled(recorder, rows=(100, 30, 40))
        self.assertIn("out/mine/trace.npz", names)
        # Another number of bags of one table: the trace names tables.
        with recorder:
            model[1](*batch(5, 30))
        names = self.pooled(recorder, rows=(100, 30, 40))
        self.assertIn("out/mine/trace.jsonl", names)
        self.assertFalse(pathlib.Path("out/mine/trace.npz").exists())
        # In the order of the calls.
        lines = pathlib.Path("out/mine/trace.jsonl").read_text().splitlines()
        self.assertEqual([json.loads(line)["table"] for line in lines], ([0] * 10 + [1] * 10 + [2] * 10) * 3 + [1] * 5)

    def test_what_is_not_a_plain_sum_is_refused_by_name(self):
        ids, offsets = batch(10, 50)
        weight = integers(50, 4)
        ones = torch.ones(len(ids))

        def refused(name, call):
            with Recorder() as recorder, self.assertRaisesRegex(Refused, name):
                call()
            self.assertEqual(recorder.tables, [])

        refused('mode="mean"', lambda: torch.nn.EmbeddingBag(50, 4)(ids, offsets))
        refused('mode="mean"', lambda: F.embedding_bag(ids, weight, offsets))
        refused('mode="max"', lambda: torch.nn.EmbeddingBag(50, 4, mode="max")(ids, offsets))
        bag = torch.nn.EmbeddingBag(50, 4, mode="sum")
        refused("per_sample_weights", lambda: bag(ids, offsets, ones * 0.5))
        refused("max_norm", lambda: torch.nn.EmbeddingBag(50, 4, mode="sum", max_norm=1)(ids, offsets))
        refused("torch.embedding_bag", lambda: torch.embedding_bag(weight, ids, offsets))
        with self.assertRaisesRegex(Refused, "no call was recorded"):
            Recorder().save("out")

    def test_a_table_that_changes_has_no_reference(self):
        bag = torch.nn.EmbeddingBag(50, 4, mode="sum")
        with Recorder() as recorder:
            bag(*batch(10, 50))
            with torch.no_grad():
                bag.weight += 1
        names = recorder.save("out/mine")
        self.assertFalse(any("pooled" in n for n in names))
        np.testing.assert_array_equal(np.load("out/mine/table0.npy"), bag.weight.detach().numpy())

    def test_float_tables_in_every_precision(self):
        for dtype in (torch.float32, torch.float16, torch.bfloat16):
            bag = torch.nn.EmbeddingBag(60, 4, mode="sum", dtype=dtype)
            with Recorder() as recorder:
                bag(*batch(40, 60))
            recorder.save("out/mine")
            vectors, bags, report = self.run_trace("out/mine/trace.npz", ["out/mine/table0.npy"])
            ids, sizes = np.concatenate(recorder.tables[0].ids), np.concatenate(recorder.tables[0].sizes)
            table = bag.weight.detach().double().numpy()
            exact = np.array([table[i].sum(axis=0) for i in np.split(ids, np.cumsum(sizes)[:-1])])
            scale = report["tables"][0]["quantised"]["scale"]
            # Half a step for each lookup.
            bound = 0.5 * scale * sizes[bags][:, None] + 1e-9
            self.assertTrue((np.abs(vectors - exact[bags]) <= bound).all(), dtype)
            percent = 100 * np.abs(vectors - exact[bags]).mean() / np.abs(exact).mean()
            self.assertAlmostEqual(report["quantisation"]["mean_percent"], percent, delta=0.01)

    def test_the_documented_snippets(self):
        record, read = snippets("pytorch.md")
        (permute,) = snippets("outputs.md")
        model = torch.nn.EmbeddingBag(120, 4, mode="sum")
        indices, offsets = batch(40, 120)
        names = {"model": model, "batches": [(indices, offsets)] * 3, "indices": indices, "offsets": offsets}
        exec(record, names)
        self.run_trace("out/mine/trace.npz", ["out/mine/table0.npy"])
        exec(read, names)
        self.assertEqual(names["error"].shape, (120, 4))
        self.assertLess(np.abs(names["error"]).max(), 0.2)
        self.recross("mapping", "export", "--mapping", "out/run/mapping.json", "--npy", "out/arrays")
        exec(permute, names)
        self.assertFalse(torch.equal(names["order"], torch.arange(120)))
        place = np.load("out/arrays/place.npy")
        order = names["order"].numpy()
        self.assertTrue((np.lexsort((place[:, 1], place[:, 0])) == order).all())

    def test_the_demo_prints_commands_that_work(self):
        done = subprocess.run([sys.executable, SCRIPT, "demo", "out"], capture_output=True, text=True, check=True)
        stats, run = done.stdout.splitlines()
        self.assertIn("256", self.recross(*stats.split()[1:]))
        arguments = run.replace("examples/demo.toml", str(ROOT / "examples/demo.toml")).split()[1:]
        self.recross(*arguments)


class Converting(Case):
    def trace(self, out="out.npz"):
        arrays = np.load(out)
        return arrays["indices"].tolist(), arrays["offsets"].tolist()

    def test_indices_with_offsets_and_lengths(self):
        ids = torch.tensor([3, 4, 5, 6])
        expected = ([3, 4, 5, 6], [0, 2, 2, 4])
        offsets, lengths = torch.tensor([0, 2, 2]), torch.tensor([2, 0, 2])
        for value in (
            (ids, offsets),
            [ids, offsets],
            (ids, torch.tensor([0, 2, 2, 4])),
            (ids, offsets, lengths),
            {"indices": ids, "offsets": offsets},
            {"values": ids.int(), "lengths": lengths.int(), "weights": None},
            {"values": ids, "lengths": lengths, "offsets": torch.tensor([0, 2, 2, 4]), "weights": torch.ones(4)},
        ):
            self.convert(value, "out.npz", "--force")
            self.assertEqual(self.trace(), expected, value)
        self.convert(torch.tensor([[3, 4], [5, 6]]), "out.npz", "--force")
        self.assertEqual(self.trace(), ([3, 4, 5, 6], [0, 2, 4]))
        said = self.convert((ids, torch.tensor([0, 2, 4])), "out.npz", "--force")
        self.assertIn("--include-last-offset false", said)
        self.assertEqual(self.trace(), ([3, 4, 5, 6], [0, 2, 4]))
        self.convert((ids, torch.tensor([0, 2, 4])), "out.npz", "--force", "--include-last-offset", "false")
        self.assertEqual(self.trace(), ([3, 4, 5, 6], [0, 2, 4, 4]))

    def test_tables_and_batches(self):
        ids = torch.tensor([1, 2, 3, 4, 5, 6])
        lengths = torch.tensor([[1, 0], [2, 3]])
        offsets = torch.tensor([0, 1, 1, 3, 6])
        expected = ([1, 2, 3, 4, 5, 6], [0, 1, 1, 3, 6])
        jagged = {"keys": ["a", "b"], "values": ids, "lengths": lengths.reshape(-1)}
        by_name = {
            "a": {"values": ids[:1], "lengths": lengths[0]},
            "b": {"values": ids[1:], "offsets": torch.tensor([0, 2])},
        }
        for value in ((ids, offsets, lengths), jagged, by_name):
            said = self.convert(value, "out.npz", "--force")
            self.assertEqual(self.trace(), expected, value)
            self.assertIn("embedding.tables = [2, 7]", said)
        for included in (offsets, offsets[:-1]):
            self.convert((ids, included), "out.npz", "--force", "--tables", "2")
            self.assertEqual(self.trace(), expected)
        # Batches are joined table by table.
        self.convert([jagged, (ids, offsets, lengths)], "out.npz", "--force")
        self.assertEqual(self.trace()[1], [0, 1, 1, 2, 2, 4, 7, 9, 12])
        self.assertEqual(self.trace()[0], [1, 1, 2, 3, 4, 5, 6, 2, 3, 4, 5, 6])
        np.savez("saved.npz", indices=ids.numpy(), offsets=offsets.numpy())
        self.convert(None, "out.npz", "--force", "--tables", "2", name="saved.npz")
        self.assertEqual(self.trace(), expected)

    def test_a_converted_file_is_pooled_as_pytorch_does(self):
        tables = [integers(60, 4), integers(50, 4)]
        lengths = torch.randint(0, 6, (2, 30))
        ids = torch.cat([torch.randint(0, len(t), (int(n.sum()),)) for t, n in zip(tables, lengths)])
        self.convert((ids, torch.cat([torch.zeros(1).long(), lengths.reshape(-1).cumsum(0)]), lengths))
        self.convert({"model": {"a.weight": tables[0], "b.weight": tables[1]}, "epoch": 3}, "a.npy", "--tensor", "model.a.weight")
        self.convert(tables[1].to(torch.int8), "b.npy")
        self.assertEqual(np.load("b.npy").dtype, np.int8)
        vectors, bags, _ = self.run_trace("out.npz", ["a.npy", "b.npy"], rows=(60, 50))
        per_table = ids.split(lengths.sum(1).tolist())
        pooled = [
            F.embedding_bag(i, t, torch.cat([torch.zeros(1).long(), n.cumsum(0)[:-1]]), mode="sum")
            for i, t, n in zip(per_table, tables, lengths)
        ]
        expected = torch.stack(pooled, dim=1).reshape(60, 4).numpy()
        np.testing.assert_array_equal(vectors, expected[bags])

    def test_compressed_files_and_bfloat16(self):
        torch.save(torch.ones(3, 2, dtype=torch.bfloat16) * 0.5, "t.pt")
        with open("t.pt", "rb") as plain, gzip.open("t.pt.gz", "wb") as packed:
            packed.write(plain.read())
        said = self.convert(None, "t.npy", name="t.pt.gz")
        self.assertIn("3 x 2, float32", said)
        np.testing.assert_array_equal(np.load("t.npy"), np.full((3, 2), 0.5, dtype=np.float32))

    def refused(self, value, *parts, out="out.npz", options=(), name="in.pt"):
        said = self.convert(value, out, *options, status=2, name=name)
        self.assertTrue(said.startswith(f"error: {name}: found "), said)
        self.assertNotIn("Traceback", said)
        for part in parts:
            self.assertIn(part, said)
        self.assertFalse(pathlib.Path(out).exists())

    def test_bad_lookups_are_refused(self):
        ids = torch.tensor([1, 2, 3])
        offsets = torch.tensor([0, 1])
        self.refused(ids, "expected indices with offsets or lengths")
        self.refused((ids, torch.tensor([1, 2])), "offsets that are not starts")
        self.refused((ids, torch.tensor([0, 2, 1])), "offsets that are not starts")
        self.refused((ids, torch.tensor([0, 9])), "offsets that are not starts")
        self.refused((ids, torch.tensor([[0, 1], [0, 1]])), "offsets of shape (2, 2)")
        self.refused((ids, offsets, torch.tensor([2, 1])), "contradict")
        self.refused({"values": ids, "lengths": torch.tensor([2, 2])}, "add up to 4", "expected 3")
        self.refused({"values": ids, "lengths": torch.tensor([4, -1])}, "a length of -1")
        self.refused({"values": ids}, "without offsets or lengths")
        self.refused({"values": ids, "lengths": ids.float()}, "lengths has torch.float32")
        self.refused({"values": ids - 2, "offsets": offsets}, "id -1 at position 0", "padding")
        self.refused({"values": ids + 2**40, "offsets": offsets}, f"id {2**40 + 1}")
        self.refused({"values": ids, "offsets": offsets, "weights": ids / 2}, "per_sample_weights")
        self.refused((ids, offsets, torch.rand(3)), "per_sample_weights")
        keys = {"keys": ["a", "b"], "values": ids, "lengths": torch.tensor([1, 1, 1])}
        self.refused(keys, "3 bags of 2 tables")
        keys["lengths"] = torch.tensor([1, 1, 1, 0])
        self.refused(keys, "contradicting numbers of tables", options=("--tables", "4"))
        self.refused([keys, (ids, offsets)], "batches of 1 and 2 tables")
        uneven = {"a": (ids, offsets), "b": (ids, torch.tensor([0]))}
        self.refused(uneven, "different numbers of bags", "2, 1")
        self.refused({"w": torch.rand(3, 2)}, "w (3, 2)", "let OUT end in .npy")
        self.refused((ids, offsets), "expected .npz for lookups", out="out.txt")

    def test_bad_files_are_refused(self):
        self.refused(pathlib.PurePosixPath("x"), "an object of type pathlib", "torch.save({'keys'")
        pathlib.Path("text.pt").write_text("hello")
        self.refused(None, "other data", name="text.pt")
        pathlib.Path("empty.pt").write_text("")
        self.refused(None, "other data", name="empty.pt")
        torch.save(torch.zeros(1000, 2), "whole.pt")
        pathlib.Path("cut.pt").write_bytes(pathlib.Path("whole.pt").read_bytes()[:3000])
        self.refused(None, "a damaged file", name="cut.pt")
        pathlib.Path("cut.npz").write_bytes(b"PK\x03\x04 cut")
        self.refused(None, "a damaged file", name="cut.npz")
        pathlib.Path("cut.pt.gz").write_bytes(gzip.compress(b"hello")[:9])
        self.refused(None, "a damaged file", name="cut.pt.gz")
        self.convert((torch.tensor([1]), torch.tensor([0])), "there.npz")
        said = self.convert(None, "there.npz", status=2)
        self.assertIn("--force", said)
        self.assertIn("No such file", self.convert(None, "out.npz", status=2, name="missing.pt"))

    def test_bad_tables_are_refused(self):
        weights = torch.rand(6, 4)
        self.refused({"a": weights, "b": weights}, "a (6, 4), b (6, 4); name one", out="t.npy")
        self.refused({"a": weights}, "no tensor b", out="t.npy", options=("--tensor", "b"))
        self.refused({"a": torch.rand(3)}, "0 tensors of two dimensions", out="t.npy")
        nan = weights.clone()
        nan[2, 3] = float("inf")
        self.refused(nan, "inf in row 2, column 3", out="t.npy")
        self.refused(weights.to_sparse(), "to_dense", out="t.npy")
        self.refused(torch.ones(3, 2, dtype=torch.bool), "bool", out="t.npy")

    def test_row_wise_tables_are_refused_with_lines_that_requantise(self):
        weights = torch.rand(6, 4)
        scales, zeros = torch.rand(6).double() / 50 + 0.01, torch.zeros(6).double()
        by_row = torch.quantize_per_channel(weights, scales.float(), zeros.float(), 0, torch.quint8)
        self.refused({"w": by_row}, "a scale for each row", "tensor.dequantize()", out="t.npy")

        # FBGEMM's rows: 8-bit elements, then scale and bias. The printed lines give them back.
        low, high = weights.min(1, keepdim=True).values, weights.max(1, keepdim=True).values
        scale = (high - low) / 255
        q = ((weights - low) / scale).round().to(torch.uint8)
        fused = torch.cat([q, torch.cat([scale, low], 1).contiguous().view(torch.uint8).reshape(6, 8)], 1)
        said = self.convert({"w": fused}, "t.npy", status=2)
        names = {"numpy": np, "a": fused.numpy()}
        exec("\n".join(re.findall(r"^    (table = .*|numpy\.save.*)$", said, re.M)), names)
        np.testing.assert_allclose(np.load("table.npy"), weights, atol=float(scale.max()) / 2 + 1e-6)

        apart = {"w.weight": q.to(torch.int8), "w.weight_scale": scale, "w.bias": low}
        said = self.convert(apart, "t.npy", status=2)
        self.assertIn("w.weight_scale", said)
        names = {"numpy": np, "q": q.numpy(), "scale": scale[:, 0].numpy(), "bias": low[:, 0].numpy()}
        exec("\n".join(re.findall(r"^    (table = .*|numpy\.save.*)$", said, re.M)), names)
        np.testing.assert_allclose(np.load("table.npy"), weights, atol=float(scale.max()) / 2 + 1e-6)

        # The same for 4 bits.
        scale = ((high - low) / 15).half()
        bias = low.half()
        q = ((weights - bias.float()) / scale.float()).round().clamp(0, 15).to(torch.uint8)
        packed = (q[:, ::2] | (q[:, 1::2] << 4)).contiguous()
        ends = torch.cat([scale, bias], 1).contiguous().view(torch.uint8).reshape(6, 4)
        a = torch.cat([packed, ends], 1).numpy()
        (line,) = re.findall(r"^    (numpy\.stack.*)$", self.convert({"w": fused}, "t.npy", status=2), re.M)
        np.testing.assert_array_equal(eval(line, {"numpy": np, "a": a}), q)

        # One scale for the whole table is fine.
        one = torch.quantize_per_tensor(weights, 0.01, 3, torch.qint8)
        self.convert({"w": one}, "t.npy")
        np.testing.assert_allclose(np.load("t.npy"), one.dequantize())


if __name__ == "__main__":
    unittest.main(verbosity=2)
