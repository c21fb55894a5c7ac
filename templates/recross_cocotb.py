# SPDX-License-Identifier: MIT OR Apache-2.0
"""Drives the engine as a host would, with cocotb and the bus models of cocotbext-axi.

`make cocotb` runs it (`make cocotb SIM=verilator` in Verilator). It writes random tables through the
control slave, sends bags of ids on all ports with random pauses, compares each vector with NumPy, reads
event counters, and provokes errors, which it sees in the vectors' status, in the events and on the
interrupt. All sizes come from recross_regs.h, so it fits every configuration.
"""

import itertools
import os
import pathlib
import random
import re
import sys

FOLDER = pathlib.Path(__file__).resolve().parent
HEADER = (FOLDER / "recross_regs.h").read_text()
# Numbers of the header, without `RECROSS_`.
N = {
    name: int(value, 0)
    for name, value in re.findall(r"^#define RECROSS_(\w+) (0x[0-9a-f]+|\d+)u\b", HEADER, re.M)
}


def run(simulator):
    """Compiles the package and runs the tests below."""
    from cocotb_tools.check_results import get_results
    from cocotb_tools.runner import get_runner

    top = "recross_cocotb"
    sources = [FOLDER / name for name in (FOLDER / "recross.f").read_text().split() if name.endswith(".v")]
    runner = get_runner(simulator)
    build = FOLDER / f"cocotb_{simulator}"
    flags = {"icarus": ["-g2005"], "verilator": ["-Wno-fatal", "--timing"]}
    runner.build(
        sources=[*sources, FOLDER / f"{top}.v"],
        hdl_toplevel=top,
        build_dir=build,
        build_args=flags[simulator],
        timescale=("1ns", "1ps"),
    )
    os.environ["PYTHONPATH"] = os.pathsep.join([str(FOLDER), *sys.path])
    results = runner.test(hdl_toplevel=top, test_module=pathlib.Path(__file__).stem, build_dir=build, test_dir=build)
    number, failed = get_results(pathlib.Path(results))
    sys.exit(0 if number > 0 and failed == 0 else 1)


if __name__ == "__main__":
    run(sys.argv[1] if len(sys.argv) > 1 else "icarus")

import cocotb  # noqa: E402
import numpy as np  # noqa: E402
from cocotb.clock import Clock  # noqa: E402
from cocotb.triggers import RisingEdge, Timer, with_timeout  # noqa: E402
from cocotbext.axi import (  # noqa: E402
    AxiLiteBus,
    AxiLiteMaster,
    AxiResp,
    AxiStreamBus,
    AxiStreamFrame,
    AxiStreamSink,
    AxiStreamSource,
)

PORTS = range(N["PORTS"])
OFFSET = 1 << (N["VALUE_BITS"] - 1)
ID_RANGE, BAG_LONG = 1, 2  # bits of a vector's status
ID_BITS = sum(N[bits] for bits in ("LANE_BITS", "BANK_BITS", "SLOT_BITS", "ROW_NUMBER_BITS"))
LAST_OF_CROSSBAR = 1 << 31 if ID_BITS < 32 else 0
# Rows that are written: all of small engines, a sample of large ones.
MOST_ROWS = 24


def place(lane, bank, slot, row):
    """The id that names a row."""
    word = lane
    for number, bits in [(bank, "BANK_BITS"), (slot, "SLOT_BITS"), (row, "ROW_NUMBER_BITS")]:
        word = word << N[bits] | number
    return word


def words_of(vector):
    """The words that `prog_data` takes for a row: its column blocks in order, each from the low end."""
    cells, adcs, slices = N["CELL_BITS"], N["ADCS"], N["SLICES"]
    blocks = [0] * N["BLOCKS"]
    for element, value in enumerate(vector):
        block, i = divmod(element, N["DIMS_PER_BLOCK"])
        for s in range(slices):
            cell = (int(value) + OFFSET) >> (cells * s) & ((1 << cells) - 1)
            if N["PHASES_PER_DIM"] == 1:
                phase, at = divmod(i, N["DIMS_PER_PHASE"])
                bitline = phase * adcs + at * slices + s
            else:
                bitline = i * N["PHASES_PER_DIM"] * adcs + s
            blocks[block] |= cell << (cells * bitline)
    each = -(-N["PROG_BITS"] // 32)
    return [block >> (32 * w) & 0xFFFFFFFF for block in blocks for w in range(each)]


class Host:
    """The engine with its bus models, after a reset."""

    def __init__(self, dut, seed):
        self.dut = dut
        self.random = random.Random(seed)
        reset = (dut.clk, dut.rst_n, False)
        self.ids = [AxiStreamSource(AxiStreamBus.from_prefix(dut, f"ids{n}"), *reset) for n in PORTS]
        self.vectors = [AxiStreamSink(AxiStreamBus.from_prefix(dut, f"vec{n}"), *reset) for n in PORTS]
        self.registers = AxiLiteMaster(AxiLiteBus.from_prefix(dut, "s_axil"), *reset)
        for model in [*self.ids, *self.vectors, self.registers.write_if, self.registers.read_if]:
            model.log.setLevel("WARNING")

    @classmethod
    async def start(cls, dut, seed=1):
        dut.rst_n.value = 0
        cocotb.start_soon(Clock(dut.clk, 2, "ns").start())
        host = cls(dut, seed)
        await Timer(20, "ns")
        dut.rst_n.value = 1
        for _ in range(8):
            await RisingEdge(dut.clk)
        return host

    def pause(self):
        """Lets all streams pause at random."""

        def pauses():
            while True:
                yield self.random.random() < 0.4

        bus = self.registers
        channels = [bus.write_if.aw_channel, bus.write_if.w_channel, bus.write_if.b_channel]
        channels += [bus.read_if.ar_channel, bus.read_if.r_channel]
        for stream in [*self.ids, *self.vectors, *channels]:
            stream.set_pause_generator(pauses())

    async def write(self, name, value, resp=AxiResp.OKAY):
        answer = await self.registers.write(N[f"REG_{name}"], value.to_bytes(4, "little"))
        assert answer.resp == resp, f"{name} = {value:#x}: {answer.resp!r}"

    async def read_at(self, address):
        answer = await self.registers.read(address, 4)
        assert answer.resp == AxiResp.OKAY
        return int.from_bytes(answer.data, "little")

    async def read(self, name):
        return await self.read_at(N[f"REG_{name}"])

    async def until(self, name, mask, value):
        while await self.read(name) & mask != value:
            pass

    async def program(self, table):
        """Writes rows; `table` has a vector for each (lane, bank, slot, row)."""
        await self.write("PROG_IMAGE", N["GEOMETRY_VALUE"])
        for (lane, bank, slot, row), vector in table.items():
            await self.write("PROG_BANK", lane << 16 | bank)
            await self.write("PROG_ROW", slot << 16 | row)
            for word in words_of(vector):
                await self.write("PROG_DATA", word)
        await self.until("STATUS", N["STATUS_PROG_BUSY"], 0)
        assert await self.read("PROG_FAILED") == 0
        assert await self.read("PROG_DONE") == len(table)
        await self.write("PROG_IMAGE", 0)

    async def send(self, port, ids, tag):
        """Sends a bag of ids."""
        data = b"".join(i.to_bytes(4, "little") for i in ids)
        keep = [1] * len(data)
        if not ids:
            data, keep = bytes(4), [0] * 4
        await self.ids[port].send(AxiStreamFrame(data, tkeep=keep, tuser=tag))

    async def take(self, port):
        """Takes a vector; gives it with its tag and status."""
        frame = await with_timeout(self.vectors[port].recv(compact=False), 1, "ms")
        each = N["ELEMENT_BITS"] // 8
        data = bytes(frame.tdata)
        elements = [int.from_bytes(data[at : at + each], "little", signed=True) for at in range(0, len(data), each)]
        users = set(frame.tuser if isinstance(frame.tuser, list) else [frame.tuser])
        assert len(users) == 1, "tag and status are the same in all beats"
        user = int(users.pop())
        assert not any(elements[N["DIM"] :]), "zeros behind the last element"
        tag = user & ((1 << N["USER_TAG_BITS"]) - 1)
        return np.array(elements[: N["DIM"]]), tag, user >> N["USER_TAG_BITS"]

    def table(self):
        """Random vectors for rows of all lanes."""
        places = itertools.product(range(N["LANES"]), range(N["BANKS"]), range(N["SLOTS"]), range(N["ROWS"]))
        places = list(places)
        chosen = self.random.sample(places, min(len(places), MOST_ROWS))
        vector = lambda: np.array([self.random.randrange(-OFFSET, OFFSET) for _ in range(N["DIM"])])  # noqa: E731
        return {at: vector() for at in sorted(chosen)}

    def bag(self, table, ids):
        """Random places of the table, and their sum."""
        bag = self.random.choices(list(table), k=ids)
        # At random, ids are marked as the last of their crossbar: vectors do not depend on it.
        ids = [place(*at) | LAST_OF_CROSSBAR * self.random.getrandbits(1) for at in bag]
        return ids, sum((table[at] for at in bag), np.zeros(N["DIM"], int))


@cocotb.test(timeout_time=20, timeout_unit="ms")
async def registers_are_those_of_this_package(dut):
    host = await Host.start(dut)
    host.pause()
    assert await host.read_at(engine_counter("CYCLES") + 4) == 0, "no low word was read yet"
    assert await host.read("ID") == N["ID_VALUE"]
    assert await host.read("INTERFACE") == N["INTERFACE_VALUE"]
    assert await host.read("GEOMETRY") == N["GEOMETRY_VALUE"]
    for name, address in N.items():
        if name.startswith("REG_PARAM_"):
            assert await host.read_at(address) == N[name.removeprefix("REG_PARAM_")], name
    await host.write("SCRATCH", 0x5A5A1234)
    assert await host.read("SCRATCH") == 0x5A5A1234
    await host.write("ID", 0, AxiResp.SLVERR)
    answer = await host.registers.write(N["REG_SCRATCH"], b"\x00")
    assert answer.resp == AxiResp.SLVERR, "a write of less than a word"
    assert await host.read("SCRATCH") == 0x5A5A1234


@cocotb.test(timeout_time=20, timeout_unit="ms")
async def vectors_are_sums(dut):
    host = await Host.start(dut)
    table = host.table()
    await host.program(table)
    host.pause()
    await host.write("COMMAND", N["COMMAND_CLEAR_COUNTERS"])
    longest = min(N["MAX_BAG"], 40)
    sent = {port: [] for port in PORTS}
    lengths = [0, 1, longest] + [host.random.randrange(longest + 1) for _ in range(20)]
    for tag, length in enumerate(lengths * N["PORTS"]):
        port = tag % N["PORTS"]
        tag %= 1 << N["USER_TAG_BITS"]
        ids, expected = host.bag(table, length)
        sent[port].append((tag, expected))
        await host.send(port, ids, tag)
    for port in PORTS:
        for tag, expected in sent[port]:
            vector, got, status = await host.take(port)
            assert (got, status) == (tag, 0)
            assert np.array_equal(vector, expected), f"port {port}: {vector}, expected {expected}"
    await host.until("STATUS", N["STATUS_IDLE"], N["STATUS_IDLE"])
    await host.write("CONTROL", N["CONTROL_ENABLE"] | N["CONTROL_FREEZE"])
    if N["COUNTERS"] > 0:
        low = await host.read_at(engine_counter("RETIRED"))
        assert low == len(lengths) * N["PORTS"] % (1 << min(N["COUNT_BITS"], 32))
    assert await host.read("EVENTS") & (N["EVENTS_ID_RANGE"] | N["EVENTS_BAG_LONG"]) == 0


def engine_counter(name):
    """The address of one of the engine's event counters."""
    base = re.search(r"^#define RECROSS_REG_ENGINE_COUNTER\(index\) \((0x[0-9a-f]+)u", HEADER, re.M)
    return int(base[1], 0) + (N[f"ENGINE_COUNTER_{name}"] << 3)


@cocotb.test(timeout_time=20, timeout_unit="ms")
async def errors_are_told(dut):
    host = await Host.start(dut)
    table = host.table()
    await host.program(table)
    await host.write("EVENTS", 0x3FF)
    await host.write("MASK", N["EVENTS_ID_RANGE"] | N["EVENTS_BAG_LONG"])
    assert dut.irq.value == 0

    # An id without a place is left out, and nothing else is touched.
    ids, expected = host.bag(table, min(3, N["MAX_BAG"] - 1))
    await host.send(0, [*ids, 0xFFFFFFFF], 1)
    await host.send(0, ids, 0)
    vector, _, status = await host.take(0)
    assert status == ID_RANGE and np.array_equal(vector, expected)
    vector, _, status = await host.take(0)
    assert status == 0 and np.array_equal(vector, expected)
    assert dut.irq.value == 1
    assert await host.read("EVENTS") & N["EVENTS_ID_RANGE"]
    assert await host.read("ID_RANGE_ID") == 0xFFFFFFFF
    assert await host.read("ID_RANGE_PORT") == 0
    await host.write("EVENTS", N["EVENTS_ID_RANGE"])
    for _ in range(4):
        await RisingEdge(dut.clk)
    assert dut.irq.value == 0

    # A bag that is too long.
    if N["MAX_BAG"] < 500:
        last = N["PORTS"] - 1
        ids, _ = host.bag(table, N["MAX_BAG"] + 1)
        await host.send(last, ids, 1)
        _, _, status = await host.take(last)
        assert status == BAG_LONG
        assert dut.irq.value == 1
        assert await host.read("BAG_LONG_PORT") == last
        await host.write("EVENTS", N["EVENTS_BAG_LONG"])

    # Rows while the window is closed, and an image for another engine.
    await host.write("PROG_DATA", 0, AxiResp.SLVERR)
    assert await host.read("EVENTS") & N["EVENTS_REFUSED"]
    assert await host.read("REFUSED_AT") == N["REG_PROG_DATA"]
    await host.write("EVENTS", N["EVENTS_REFUSED"])
    await host.write("PROG_IMAGE", N["GEOMETRY_VALUE"] ^ 1, AxiResp.SLVERR)
    assert await host.read("EVENTS") & N["EVENTS_IMAGE"]
    await host.write("EVENTS", N["EVENTS_IMAGE"])

    # A flush drops what is in flight; the tables stay.
    ids, expected = host.bag(table, 1)
    await host.write("COMMAND", N["COMMAND_FLUSH"])
    await host.until("STATUS", N["STATUS_IDLE"], N["STATUS_IDLE"])
    await host.send(0, ids, 1)
    vector, tag, status = await host.take(0)
    assert (tag, status) == (1, 0) and np.array_equal(vector, expected)
