"""Maps emitted packages to standard cells and times them: scripts/synth.py PACKAGE...

Yosys maps a package to the 0.18 um cells of Debian's qflow-tech-osu018, and OpenSTA times the
netlist. Registers with a common enable get a gated clock, and the reset is driven through a tree of
buffers. The constraints are the package's own; input and output delays are 30 % of the period, and so
are the times at the pins of the black boxes, whose arcs are those of the package's Liberty file. The
shortest period without a violation is searched. Wires are not counted. An unconstrained pin is a failure. Works in
PACKAGE/../build, prints a table, and writes it into build/synth.md. --no-clock-gates leaves every
register its multiplexer. Exit status: 0, 1 a package failed, 2 a folder is no package, 3 a tool is
missing.
"""

import json
import os
import re
import shutil
import subprocess
import sys

import emitted

LIBRARY = os.environ.get("RECROSS_LIBERTY", "/usr/share/qflow/tech/osu018/osu018_stdcells.lib")
SHARE = 0.3  # of the period, at the package's and the black boxes' pins
BRANCHES = 12  # inputs that a buffer of the reset tree drives
GATED = 3  # flip-flops with the same enable that are worth a clock gate
ENOUGH = 0.002  # ns of slack: where the search for the period ends

READ = """read_liberty -lib {library}
read_verilog {files}
hierarchy -check -top {prefix}_top
synth -flatten -noabc -top {prefix}_top
opt -full
abc -g AND,XOR,MUX
opt_clean
write_json logic.json
"""

# After the clock gates.
MAP = """read_json gated.json
dfflibmap -liberty {library}
opt
abc -liberty {library} -constr abc.constr -script abc.script
opt_clean -purge
rename -enumerate -pattern cell_% c:*
write_json mapped.json
"""

# As Yosys has it, with more passes over the logic, and buffers only where a net has many loads.
ABC = """strash
ifraig
scorr
dc2
dc2
dch -f
strash
&get -n
&nf
&put
buffer -N 64
upsize
dnsize
"""

# After the reset tree.
WRITE = """read_json tree.json
check -assert
tee -q -o stat.txt stat -liberty {library}
write_json netlist.json
write_verilog -noattr -simple-lhs netlist.v
"""

# The package's constraints, with another period and with delays at all of its pins.
TIME = """read_liberty {library}
read_liberty macros.lib
read_verilog netlist.v
link_design {prefix}_top
source {prefix}.sdc
create_clock -name clk -period {period} [get_ports clk_i]
foreach port [all_inputs] {{
  if {{[get_property $port full_name] ne "clk_i"}} {{ set_input_delay {share} -clock clk $port }}
}}
set_output_delay {share} -clock clk [all_outputs]
set_load 0.05 [all_outputs]
set_input_transition 0.1 [all_inputs]
puts "check: begin"
check_setup -verbose -no_input_delay -no_output_delay -no_clock -unconstrained_endpoints -loops
puts "check: end"
report_checks -path_delay max -digits 4
"""


class Failure(Exception):
    """A package that cannot be mapped or timed."""


def call(command, folder, log):
    """Runs a program in a folder; its output goes to a file there and is returned."""
    done = subprocess.run(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    with open(os.path.join(folder, log), "w") as file:
        file.write(done.stdout)
    # OpenSTA ends with status 0 even after an error.
    if done.returncode != 0 or re.search(r"^(Error|ERROR)[: ]", done.stdout, re.M):
        raise Failure(f"{command[0]} failed; see {os.path.join(folder, log)}:\n{done.stdout[-1500:]}")
    return done.stdout


def run_yosys(work, name, script):
    with open(os.path.join(work, f"{name}.ys"), "w") as file:
        file.write(script)
    call(["yosys", "-q", "-s", f"{name}.ys"], work, f"{name}.log")


def free_bit(module):
    """The number of a net that the module does not have."""
    return 1 + max(bit for net in module["netnames"].values() for bit in net["bits"] if isinstance(bit, int))


def gate_clocks(module):
    """Stops the clock of registers that are not enabled, where they are GATED bits or more: a latch that
    is open while the clock is low, and an AND. A latch's inverted clock is shared as the reset is."""
    groups = {}
    for cell in module["cells"].values():
        # With an enable: no reset, an asynchronous one, or one that the enable holds back as well.
        found = re.fullmatch(r"\$_(?:DFFE_P(N[01])?|SDFFCE_P([NP][01]))([PN])_", cell["type"])
        if found:
            pins = cell["connections"]
            plain = f"$_SDFF_P{found.group(2)}_" if found.group(2) else f"$_DFF_P{found.group(1) or ''}_"
            groups.setdefault((pins["C"][0], pins["E"][0], found.group(3)), []).append((cell, plain))
    unused = free_bit(module)

    def add(kind, output, **inputs):
        nonlocal unused
        ports = {pin: [bit] for pin, bit in inputs.items()} | {output: [unused]}
        directions = {pin: "output" if pin == output else "input" for pin in ports}
        name = f"gate_{unused}"
        module["cells"]["cell_" + name] = {"type": kind, "port_directions": directions, "connections": ports}
        module["netnames"][name] = {"hide_name": 0, "bits": [unused]}
        unused += 1
        return unused - 1

    inverted = {}
    for (clock, enable, polarity), registers in groups.items():
        if len(registers) < GATED:
            continue
        uses, low = inverted.get(clock, (BRANCHES, None))
        if uses == BRANCHES:
            uses, low = 0, add("INVX2", "Y", A=clock)
        inverted[clock] = uses + 1, low
        opened = enable if polarity == "P" else add("$_NOT_", "Y", A=enable)
        gated = add("AND2X2", "Y", A=clock, B=add("LATCH", "Q", D=opened, CLK=low))
        for cell, plain in registers:
            cell["type"] = plain
            cell["connections"]["C"] = [gated]
            del cell["connections"]["E"], cell["port_directions"]["E"]


def grow_reset_tree(module):
    """Puts buffers between each reset and the flip-flops and macros that it resets, because abc does not
    see their pins."""
    sinks = {}
    for cell in module["cells"].values():
        for pin in ("R", "S") if cell["type"] == "DFFSR" else ("rst_ni",):
            for bit in cell["connections"].get(pin, []):
                if isinstance(bit, int):
                    sinks.setdefault(bit, []).append((cell["connections"], pin))
    unused = free_bit(module)
    for root, pins in sinks.items():
        while len(pins) > BRANCHES:
            buffers = []
            for first in range(0, len(pins), BRANCHES):
                for connections, pin in pins[first : first + BRANCHES]:
                    connections[pin] = [unused]
                name = f"reset_{unused}"
                buffer = {"A": [root], "Y": [unused]}
                module["cells"]["buffer_" + name] = {"type": "BUFX4", "port_directions": {"A": "input", "Y": "output"}, "connections": buffer}
                module["netnames"][name] = {"hide_name": 0, "bits": [unused]}
                buffers.append((buffer, "A"))
                unused += 1
            pins = buffers


def edit(work, before, after, module, change):
    """Reads a netlist, changes a module of it, and writes it under another name."""
    with open(os.path.join(work, before)) as file:
        netlist = json.load(file)
    change(netlist["modules"][module])
    with open(os.path.join(work, after), "w") as file:
        json.dump(netlist, file)


def map_cells(package, work, gates):
    """Maps a package to cells: netlist.v and netlist.json in the folder `work`. Returns the latter."""
    prefix, files = emitted.package(package)
    for name in [*files, f"{prefix}.sdc", f"{prefix}_macro.lib"]:
        shutil.copy(os.path.join(package, name), work)
    # Without a driver and a load, abc inserts no buffers.
    with open(os.path.join(work, "abc.constr"), "w") as file:
        file.write("set_driving_cell BUFX2\nset_load 0.05 [all_outputs]\n")
    with open(os.path.join(work, "abc.script"), "w") as file:
        file.write(ABC)
    top = f"{prefix}_top"
    run_yosys(work, "read", READ.format(library=LIBRARY, prefix=prefix, files=" ".join(files)))
    edit(work, "logic.json", "gated.json", top, gate_clocks if gates else lambda module: None)
    run_yosys(work, "map", MAP.format(library=LIBRARY))
    edit(work, "mapped.json", "tree.json", top, grow_reset_tree)
    run_yosys(work, "write", WRITE.format(library=LIBRARY))
    # OpenSTA does not read parameters of instances; a black box has the same ones everywhere.
    path = os.path.join(work, "netlist.v")
    with open(path) as file:
        text = file.read()
    text = re.sub(r"#\(\n(?:\s*\.\w+\([^()]*\),?\n)+\s*\) ", "", text)
    with open(path, "w") as file:
        file.write(text)
    with open(os.path.join(work, "netlist.json")) as file:
        return json.load(file)["modules"][top]


def with_times(liberty, time):
    """The text of a Liberty file with the same set-up time and delay (ns) in all arcs. Hold times stay 0."""
    kinds = "rise_constraint|fall_constraint|cell_rise|cell_fall"
    return re.sub(rf'((?:{kinds}) \(scalar\) {{ values \(")(?!0\.0+")[\d.]+', rf"\g<1>{time:.4f}", liberty)


class Timing:
    """OpenSTA's answer for one period (ns)."""

    def __init__(self, work, prefix, period):
        self.period = period
        with open(os.path.join(work, f"{prefix}_macro.lib")) as file:
            liberty = file.read()
        with open(os.path.join(work, "macros.lib"), "w") as file:
            file.write(with_times(liberty, SHARE * period))
        with open(os.path.join(work, "time.tcl"), "w") as file:
            file.write(TIME.format(library=LIBRARY, prefix=prefix, period=f"{period:.4f}", share=f"{SHARE * period:.4f}"))
        said = call(["sta", "-no_splash", "-exit", "time.tcl"], work, "time.log")
        # The worst path of each group: register to register, and recovery.
        paths = re.findall(r"^Startpoint: (\S+).*?^Endpoint: (\S+).*?(-?\d+\.\d+) +slack", said, re.M | re.S)
        if not paths:
            raise Failure(f"OpenSTA found no path; see {os.path.join(work, 'time.log')}")
        self.start, self.end, slack = min(paths, key=lambda path: float(path[2]))
        self.slack = float(slack)
        # A heading, and an indented line for each pin, for everything that is wrong.
        self.said = said.split("check: begin\n")[1].split("check: end")[0].splitlines()


def shortest_period(work, prefix, period):
    """The shortest period without a violation, to ENOUGH. The slack is concave in the period and grows
    with a slope of at most one, so that a first step by the slack does not go too far."""
    before, now = None, Timing(work, prefix, period)
    for _ in range(20):
        if abs(now.slack) < ENOUGH:
            return now
        slope = 1.0 if before is None else (now.slack - before.slack) / (now.period - before.period)
        before, now = now, Timing(work, prefix, now.period - now.slack / max(slope, 0.1))
    raise Failure("no period found at which the worst slack is zero")


def not_constrained(module, found):
    """The pins in check_setup's lines, without those that hold a constant: nothing arrives there."""
    constants = set()
    for begin, pins in [("", {name: port["bits"] for name, port in module["ports"].items()})] + [
        (name.replace("\\", "") + "/", cell["connections"]) for name, cell in module["cells"].items()
    ]:
        for pin, bits in pins.items():
            constants.update(f"{begin}{pin}[{at}]" if len(bits) > 1 else begin + pin for at, bit in enumerate(bits) if isinstance(bit, str))
    return [line for line in found if line.startswith("  ") and line.strip().replace("\\", "") not in constants]


def users(module, bit, pin):
    """The instances that have a net at a pin."""
    return [name for name, cell in module["cells"].items() if cell["connections"].get(pin) == [bit]]


def names_of(module, instance):
    """The name of the register that an instance of a flip-flop holds, or whose clock a gate stops; else
    the instance's name."""
    instance = instance.replace("\\", "")
    cell = module["cells"].get(instance)
    if cell is not None and cell["type"] == "LATCH":
        gate = users(module, cell["connections"]["Q"][0], "B")[0]
        instance = users(module, module["cells"][gate]["connections"]["Y"][0], "CLK")[0]
        return "clock of " + names_of(module, instance)
    if cell is None or not cell["type"].startswith("DFF"):
        return instance
    bit = cell["connections"]["Q"][0]
    found = [f"{name}[{net['bits'].index(bit)}]" if len(net["bits"]) > 1 else name for name, net in module["netnames"].items() if bit in net["bits"] and not net.get("hide_name")]
    return min(found, key=lambda n: (len(n), n), default=instance).replace("\\", "")


def work_of(package):
    """The folder in which a package is mapped and timed."""
    folder, name = os.path.split(os.path.normpath(package))
    return os.path.join(folder, "build", name)


def measure(package, gates):
    """One row of the table."""
    name = os.path.basename(os.path.normpath(package))
    work = work_of(package)
    shutil.rmtree(work, ignore_errors=True)
    os.makedirs(work)
    module = map_cells(package, work, gates)
    prefix, _ = emitted.package(package)
    with open(os.path.join(package, f"{prefix}.sdc")) as file:
        clock = re.search(r"^create_clock .*-period ([\d.]+)", file.read(), re.M)
    timing = shortest_period(work, prefix, float(clock.group(1)))
    free = not_constrained(module, timing.said)
    if free:
        raise Failure(f"{name}: {len(free)} pins are not constrained:\n" + "\n".join(free[:20]))
    types = [cell["type"] for cell in module["cells"].values() if not cell["type"].startswith(f"{prefix}_")]
    with open(os.path.join(work, "stat.txt")) as file:
        area = re.search(r"Chip area for.*: ([\d.]+)", file.read())
    flops = sum(kind.startswith("DFF") for kind in types)
    ends = f"`{names_of(module, timing.start)}` to `{names_of(module, timing.end)}`".replace("u_engine.", "")
    return f"| {name} | {len(types):,} | {flops:,} | {float(area.group(1)) / 1e6:.3f} mm2 | {timing.period:.2f} ns | {1000 / timing.period:.0f} MHz | {ends} |"


def main():
    packages = [word for word in sys.argv[1:] if word != "--no-clock-gates"]
    gates = packages == sys.argv[1:]
    if not packages or any(word.startswith("-") for word in packages):
        print("usage: scripts/synth.py [--no-clock-gates] PACKAGE...", file=sys.stderr)
        return 2
    missing = [tool for tool in ("yosys", "sta") if shutil.which(tool) is None]
    missing += [] if os.path.exists(LIBRARY) else [LIBRARY]
    if missing:
        print(f"synth: {', '.join(missing)} missing; install as root: apt-get install yosys opensta qflow-tech-osu018", file=sys.stderr)
        return 3
    table = ["| design | cells | flip-flops | area | period | clock rate | worst path |", "|---|---|---|---|---|---|---|"]
    print("\n".join(table))
    status = 0
    for package in packages:
        try:
            table.append(measure(package, gates))
            print(table[-1], flush=True)
        except (Failure, OSError) as failure:
            print(f"synth: {failure}", file=sys.stderr)
            status = max(status, 2 if isinstance(failure, OSError) else 1)
    if status == 0:
        with open(os.path.join(os.path.dirname(work_of(packages[0])), "synth.md"), "w") as file:
            file.write("\n".join(table) + "\n")
    return status


if __name__ == "__main__":
    sys.exit(main())
