"""Machine-made mutants of the emitted RTL: scripts/mutants.py [--seed N] [--count N] [--jobs N] [--tries N]
[--no-proofs] [--fast] [--fresh] [--only MODULE] [--table FILE].

Emits the packages of several configurations, breaks them in many ways (mutant_sites.py), and lets the checks of the
slow tests judge each of these mutants (tests/slow/mutants.rs). One model of a configuration holds all its mutants
(mutant_text.py). A mutant that one configuration does not show is given to the proofs of its module, and tried on others (mutant_formal.py). Prints tables by module and by
kind, and the survivors. Results are kept in out/mutants; what was caught is not run again, and what
survived only if the tests have changed, unless --fresh is given. tests/mutants.toml says which mutants change
nothing that can be seen, and why.
Exit status: 0 enough are caught, 1 not, 2 bad input, 3 a tool is missing.
"""

import argparse
import collections
import concurrent.futures
import hashlib
import json
import os
import random
import re
import shutil
import subprocess
import sys
import threading
import time

try:
    import tomllib
except ImportError:
    sys.exit("mutants: needs Python 3.11 or newer")

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(ROOT, ".tools", "slang"))
try:
    import mutant_sites
except ImportError as error:
    print(f"mutants: slang cannot be loaded ({error}); ./scripts/tools.sh slang installs it", file=sys.stderr)
    sys.exit(3)
import mutant_formal
import mutant_report
import mutant_text

OUT = os.path.join(ROOT, "out", "mutants")
REVIEWED = os.path.join(ROOT, "tests", "mutants.toml")
LIMIT = 120  # seconds for one mutant on one configuration; the checks take about three
LEAST = 10  # mutants of each module
STRUCTURAL = 0.04  # share of those that take a build each
FAST = ["small"]
STRONG = ["ports", "graded_levels", "split"]
# Modules that the tests of the control slave drive apart from the engine, in configuration `small`.
CONTROL = ["recross_axil", "recross_control", "recross_control_counters", "recross_registers"]


def stop(status, message):
    print(f"mutants: {message}", file=sys.stderr)
    sys.exit(status)


def tell(message):
    print(f"mutants: {message}", file=sys.stderr, flush=True)


def judge_programs():
    """The programs of the slow and of the fast tests, built as cargo does for `make test-slow`."""
    command = "cargo test --quiet --workspace --test slow --test fast --no-run --message-format=json".split()
    built = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    if built.returncode != 0:
        stop(2, "the tests do not build")
    messages = [json.loads(line) for line in built.stdout.splitlines() if line.startswith("{")]
    programs = {m["target"]["name"]: m["executable"] for m in messages if m.get("executable")}
    return programs["slow"], programs["fast"]


def digest(*parts):
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]


class Mutant:
    """A site with the configurations that have it."""

    def __init__(self, site, text):
        self.site = site
        self.id = digest(site.key, text)
        self.configs = []
        self.number = None


def collect(packages, names):
    """All mutants of the packages. The same text of the same module is the same mutant."""
    found = {}
    for name in names:
        sites, texts = mutant_sites.find(os.path.join(packages, name))
        for site in sites:
            mutant = Mutant(site, texts[site.module])
            found.setdefault(mutant.id, mutant).configs.append(name)
    return sorted(found.values(), key=lambda m: (m.site.module, m.site.key, m.id))


def sample(mutants, count, draw):
    """Chooses mutants: as many of a module as its share of all sites, and of all kinds alike."""
    by_module = collections.defaultdict(dict)
    for mutant in mutants:
        # Modules that depend on the configuration have most of their text in common.
        by_module[mutant.site.module].setdefault(mutant.site.key, []).append(mutant)
    total = sum(map(len, by_module.values()))
    chosen = []
    for module, by_key in sorted(by_module.items()):
        drawn = [draw.choice(same) for _, same in sorted(by_key.items())]
        draw.shuffle(drawn)
        for structural in (False, True):
            share = STRUCTURAL if structural else 1 - STRUCTURAL
            least = 0 if structural else LEAST
            quota = max(least, round(count * share * len(drawn) / total))
            by_kind = collections.defaultdict(list)
            for mutant in drawn:
                if mutant.site.structural == structural:
                    by_kind[mutant.site.kind].append(mutant)
            turns = [list(own) for _, own in sorted(by_kind.items())]
            draw.shuffle(turns)
            while quota > 0 and any(turns):
                for own in turns:
                    if own and quota > 0:
                        chosen.append(own.pop())
                        quota -= 1
    for mutant in chosen:
        turn = draw.randrange(len(mutant.configs))
        # Then those in which most is driven.
        first = mutant.configs.pop(turn)
        mutant.configs.sort(key=lambda name: STRONG.index(name) if name in STRONG else len(STRONG))
        mutant.configs.insert(0, first)
    return chosen


class Results:
    """Verdicts by mutant and configuration, kept in a file to which each is appended."""

    def __init__(self, path, program, fresh):
        self.path, self.lock = path, threading.Lock()
        with open(program, "rb") as file:
            self.judge = hashlib.sha256(file.read()).hexdigest()[:16]
        self.known = {}
        if fresh and os.path.exists(path):
            os.remove(path)
        if os.path.exists(path):
            with open(path, encoding="utf-8") as file:
                for line in file:
                    # The last line of a run that was killed may be half a line.
                    if line.endswith("}\n"):
                        verdict = json.loads(line)
                        self.known[verdict["id"], verdict["config"]] = verdict

    def get(self, mutant, config):
        verdict = self.known.get((mutant, config))
        if verdict and (verdict["verdict"] != "survived" or verdict["judge"] == self.judge):
            return verdict
        return None

    def put(self, verdict):
        with self.lock:
            self.known[verdict["id"], verdict["config"]] = verdict
            with open(self.path, "a", encoding="utf-8") as file:
                file.write(json.dumps(verdict) + "\n")


def judged(program, package, config, number, limit=LIMIT):
    """Runs the checks on one mutant; returns the verdict, the check, its kind and the message."""
    environment = dict(os.environ, RECROSS_MUTANT_PACKAGE=package, RECROSS_MUTANT_CONFIG=config, RECROSS_MUTANT=str(number))
    command = [program, "--ignored", "--exact", "mutants::judge", "--nocapture"]
    try:
        run = subprocess.run(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=limit)
    except subprocess.TimeoutExpired as late:
        # The checks that passed are told one by one.
        passed = re.findall(rb"^([a-z ]+): [0-9.]+ s$", late.stdout or b"", re.M)
        return "caught", f"after {passed[-1].decode() if passed else 'the start'}", "hang", f"no end after {limit} s"
    said = run.stdout.decode(errors="replace")
    verdict = re.search(r"^verdict: (\w+)(?:\t(.*)\t(.*)\t(.*))?$", said, re.M)
    if verdict is None:
        return "caught", "the process", "crash", said[-300:].replace("\n", " ")
    return verdict[1], verdict[2] or "", verdict[3] or "", verdict[4] or ""


class Run:
    def __init__(self, arguments, programs, packages, results):
        self.programs, self.packages, self.results = programs, packages, results
        self.program, self.tries = programs[0], arguments.tries
        self.provers = None if arguments.fast or arguments.no_proofs else mutant_formal.Provers(os.path.join(OUT, "proofs"))
        self.models = os.path.join(OUT, "models", f"{'fast' if arguments.fast else arguments.seed}")
        self.done = 0

    def prepare(self, names, mutants):
        """Writes the packages with all mutants, and requires that none of them shows unless it is chosen."""
        for number, mutant in enumerate(mutants):
            mutant.number = number
        for name in names:
            own = [(m.number, m.site) for m in mutants if name in m.configs and not m.site.structural]
            mutant_text.write(os.path.join(self.packages, name), os.path.join(self.models, name), own)

    def control(self, name):
        begin = time.monotonic()
        verdict = judged(self.program, os.path.join(self.models, name), name, -1, 900)
        if verdict[0] != "survived":
            return f"{name}: without a mutant, {verdict[1]} fails: {verdict[3]}"
        tell(f"{name}: the design itself passes all checks, after {time.monotonic() - begin:.0f} s with the builds")
        return None

    def judge(self, mutant, total):
        verdict = self.verdict(mutant)
        self.done += 1
        if self.done % 50 == 0 or self.done == total:
            tell(f"{self.done} of {total}")
        return verdict

    def verdict(self, mutant):
        """Tests a mutant in its first configuration, then by the tests of the control slave and the proofs of its module. In
        another configuration it is tested if it is not equivalent there. It is equivalent if it is so in all."""
        for name in (*mutant.configs, "control", "proofs"):
            verdict = self.results.get(mutant.id, name)
            if verdict is not None and verdict["verdict"] == "caught":
                return verdict
        first, *others = mutant.configs
        verdict = self.known(mutant, first, self.fresh)
        if mutant.site.structural or verdict["verdict"] != "survived":
            return verdict
        tests = [("control", self.control_slave)] if mutant.site.module in CONTROL and "small" in mutant.configs else []
        if self.provers is not None:
            tests.append(("proofs", self.proofs))
        for name, test in tests:
            verdict = self.known(mutant, name, test)
            if verdict["verdict"] != "survived":
                return verdict
        if self.provers is None:
            return verdict
        tried, equal, proved = 1, True, {}
        for config in (first, *others):
            if not equal and tried == self.tries:
                break
            # Instances with the same parameters are the same.
            instance = self.provers.instance(os.path.join(self.packages, config), mutant.site.module)
            if instance not in proved:
                proved[instance] = self.known(mutant, f"equal to {config}", self.equal)["verdict"] == "equivalent"
            if proved[instance]:
                continue
            equal = False
            if config != first and tried < self.tries:
                tried += 1
                verdict = self.known(mutant, config, self.fresh)
                if verdict["verdict"] != "survived":
                    break
        return dict(verdict, verdict="equivalent") if equal else verdict

    def known(self, mutant, name, test):
        """The verdict of a test: that of an earlier run, if there is one."""
        verdict = self.results.get(mutant.id, name)
        if verdict is None:
            begin = time.monotonic()
            found, check, kind, said = test(mutant, name)
            verdict = dict(
                id=mutant.id, config=name, verdict=found, check=check, kind=kind, said=said[:400],
                seconds=round(time.monotonic() - begin, 2), judge=self.results.judge, key=mutant.site.key,
            )  # fmt: skip
            self.results.put(verdict)
        return verdict

    def control_slave(self, mutant, name):
        package = os.path.join(self.models, "small")
        environment = dict(os.environ, RECROSS_MUTANT_PACKAGE=package, RECROSS_MUTANT=str(mutant.number))
        try:
            run = subprocess.run([self.programs[1], "control::"], cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=LIMIT)
        except subprocess.TimeoutExpired:
            return "caught", "control slave", "hang", f"no end after {LIMIT} s"
        failed = re.findall(r"^test (control::\S+) \.\.\. FAILED", run.stdout.decode(errors="replace"), re.M)
        if run.returncode == 0:
            return "survived", "", "", ""
        return "caught", "control slave", "other", " ".join(failed)

    def proofs(self, mutant, name):
        module = mutant.site.module
        with open(os.path.join(self.packages, mutant.configs[0], module + ".v"), encoding="utf-8") as file:
            text = file.read()
        refuted = self.provers.refutes(module, text, mutant_text.alone(text, mutant.site), mutant.id)
        return ("caught", "proof", "refuted", refuted) if refuted else ("survived", "", "", "")

    def equal(self, mutant, name):
        config = name.removeprefix("equal to ")
        original = os.path.join(self.packages, config)
        changed = os.path.join(OUT, "one", f"{mutant.id}-{config}")
        mutant_text.write_one(original, changed, mutant.site)
        equal = self.provers.equal(original, changed, mutant.site.module)
        shutil.rmtree(changed)
        return ("equivalent", "proof", "", "") if equal else ("survived", "", "", str(equal))

    def fresh(self, mutant, config):
        package = os.path.join(self.models, config)
        if mutant.site.structural:
            package = os.path.join(OUT, "one", mutant.id)
            mutant_text.write_one(os.path.join(self.packages, config), package, mutant.site)
        verdict, check, kind, said = judged(self.program, package, config, mutant.number)
        if mutant.site.structural:
            shutil.rmtree(package)
            if verdict == "caught" and "Verilator rejects" in said:
                # Parameters that contradict each other are refused by a check in the module; what else is
                # refused is no mutant.
                verdict, kind = ("caught", "refused") if "ERROR_recross" in said else ("no model", "")
        return verdict, check, kind, said


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=800, help="about how many mutants")
    parser.add_argument("--jobs", type=int, default=min(2, os.cpu_count() or 1))
    parser.add_argument("--tries", type=int, default=3, help="in how many configurations a mutant is tested")
    parser.add_argument("--no-proofs", action="store_true", help="tests in one configuration only, which is quick and leaves more survivors")
    parser.add_argument("--fast", action="store_true", help="those that tests/mutants.toml names, of one configuration")
    parser.add_argument("--fresh", action="store_true", help="forget the results of earlier runs")
    parser.add_argument("--only", metavar="MODULE", help="mutants of one module")
    parser.add_argument("--table", metavar="FILE", help="write the tables to a file, too")
    arguments = parser.parse_args()
    programs = judge_programs()
    program = programs[0]
    packages = os.path.join(OUT, "packages")
    environment = dict(os.environ, RECROSS_MUTANT_PACKAGES=packages)
    said = subprocess.run([program, "--ignored", "--exact", "mutants::emit", "--nocapture"], env=environment, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    names = re.findall(r"^package: (\w+)$", said.stdout, re.M)
    if said.returncode != 0 or not names:
        stop(2, "the packages cannot be written")
    if arguments.fast:
        names = FAST
    with open(REVIEWED, "rb") as file:
        reviewed = tomllib.load(file)

    every = collect(packages, names)
    if arguments.fast:
        chosen, stale = mutant_report.fixed(every, reviewed)
    else:
        chosen, stale = sample(every, arguments.count, random.Random(arguments.seed)), mutant_report.stale(reviewed, every)
    if stale:
        stop(1, "tests/mutants.toml names mutants that do not exist:\n  " + "\n  ".join(stale))
    if arguments.only:
        chosen = [m for m in chosen if m.site.module == arguments.only]
    tell(f"{len(chosen)} of {len(every)} mutants, in {', '.join(names)}")
    os.makedirs(OUT, exist_ok=True)
    results = Results(os.path.join(OUT, f"{'fast' if arguments.fast else arguments.seed}.jsonl"), program, arguments.fresh)
    run = Run(arguments, programs, packages, results)
    run.prepare(names, chosen)
    with concurrent.futures.ThreadPoolExecutor(arguments.jobs) as pool:
        faults = [fault for fault in pool.map(run.control, names) if fault]
        if faults:
            stop(1, "\n".join(faults))
        verdicts = list(pool.map(lambda m: run.judge(m, len(chosen)), chosen))
    text, good = mutant_report.report(list(zip(chosen, verdicts)), reviewed, arguments.fast)
    print(text, end="")
    if arguments.table:
        with open(arguments.table, "w", encoding="utf-8") as file:
            file.write(text)
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()
