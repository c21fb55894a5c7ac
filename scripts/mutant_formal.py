"""Formal tools on mutants that the tests let through: a proof of the module may refute them (formal/proofs.toml), or the
module may be equivalent to the one that it was.
"""

import os
import subprocess
import tempfile
import time

import prove

try:
    import tomllib
except ImportError:
    raise SystemExit("mutants: needs Python 3.11 or newer") from None

ROOT = prove.ROOT
LIMIT = 40  # seconds for abc, and for a proof
prove.LIMIT = LIMIT
# They contain the analog macro, which is a black box.
OPAQUE = [f"recross_{name}" for name in ("analog", "bank", "banks", "lane", "engine", "core", "top")]

# Both versions get the parameters that the design gives them, and what they instantiate. All registers are zero at
# first; a reset may come at any time, so that every state after a reset is looked at.
EQUAL = """
read_verilog -D SYNTHESIS {sources}
hierarchy -top {top}
proc
opt_clean
select -module {instance}
flatten
select -clear
hierarchy -top {instance}
rename -top {name}
memory_map
async2sync
opt_clean
write_rtlil {name}.il
"""
MITER = """
read_rtlil gold.il
read_rtlil gate.il
miter -equiv -make_assert -flatten gold gate miter
hierarchy -top miter
flatten
setundef -undriven -anyseq
setundef -zero
techmap
opt_clean
zinit -all
dffunmap
simplemap
setundef -zero
aigmap
write_aiger -zinit miter.aig
"""


def sources(package):
    with open(os.path.join(package, "recross_synth.f"), encoding="utf-8") as file:
        return " ".join(os.path.abspath(os.path.join(package, name)) for name in file.read().split())


class Provers:
    def __init__(self, out):
        self.out = out
        self.environment, self.command, self.versions = prove.tools()
        self.found = {}  # names of modules by package
        with open(os.path.join(ROOT, "formal", "proofs.toml"), "rb") as file:
            self.proofs = tomllib.load(file)["proof"]

    def refutes(self, module, original, changed, name):
        """The property of a proof that the changed text of a module does not keep, or `None`."""
        rtl = os.path.join(ROOT, "rtl")
        file = f"{module}.v"
        for number, proof in enumerate(self.proofs):
            if module not in (proof["module"], *proof.get("with", [])):
                continue
            # Small sizes first.
            planned = prove.planned(dict(proof, mutants=[]), rtl, False)
            fast = [chosen.get("fast", False) for chosen in proof["sets"]]
            order = sorted(range(len(planned)), key=lambda number: not fast[number])
            begin = time.monotonic()
            for count in order:
                if time.monotonic() - begin > LIMIT:
                    break
                run = planned[count][1]
                texts = {name: text for name, text in run.files.items() if name != "job.sby"}
                if texts[file] != original:
                    return None
                texts[file] = changed
                mutant = prove.Run(f"{name}.{number}.{count}", "mutant", proof, run.parameters, texts)
                mutant.execute(self.out, False, self.environment, self.command, self.versions)
                if mutant.found == "FAIL":
                    return proof["property"]
        return None

    def instances(self, package):
        """The modules of a package as Yosys names them, with their parameters."""
        if package not in self.found:
            with tempfile.TemporaryDirectory() as folder:
                script = f"read_verilog -D SYNTHESIS {sources(package)}; hierarchy -top recross_top; tee -q -o names ls"
                if not self.yosys(script, folder):
                    raise ValueError(self.said)
                with open(os.path.join(folder, "names"), encoding="utf-8") as file:
                    names = [line.strip() for line in file]
            self.found[package] = names
        return self.found[package]

    def instance(self, package, module):
        """The first instance of a module: `$paramod$HASH\\recross_fifo`, or `$paramod\\recross_fifo\\Depth=...`."""
        return next((name for name in self.instances(package) if module in name.split("\\")), None)

    def equal(self, original, changed, module):
        """Whether a module of a package behaves the same in every run after the change, whatever its inputs are; `None` if
        that is not known."""
        instance = self.instance(original, module)
        if instance is None or module in OPAQUE:
            return None
        with tempfile.TemporaryDirectory() as folder:
            for version, package in (("gold", original), ("gate", changed)):
                script = EQUAL.format(sources=sources(package), top="recross_top", instance=instance, name=version)
                if not self.yosys(script, folder):
                    return None
            if not self.yosys(MITER, folder):
                return None
            abc = os.path.join(ROOT, ".tools", "formal", "pyosys", "yosys-abc")
            command = [abc, "-c", "read_aiger miter.aig; strash; scorr; dc2; pdr"]
            try:
                said = subprocess.run(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=LIMIT)
            except subprocess.TimeoutExpired:
                return None
            # What scorr has shown to be constant, pdr takes as solved.
            if "Property proved" in said.stdout or ("All outputs solved" in said.stdout and "was asserted" not in said.stdout):
                return True
            return False if "was asserted" in said.stdout else None

    def yosys(self, script, folder):
        path = os.path.join(folder, "script.ys")
        with open(path, "w") as file:
            file.write(script.replace("; ", "\n"))
        command = ["python3", os.path.join(ROOT, "scripts", "yosys_native.py"), path]
        said = subprocess.run(command, cwd=folder, env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if said.returncode != 0:
            self.said = said.stdout
        return said.returncode == 0
