"""Runs fuzz targets, each for some seconds: `fuzz.py SECONDS [TARGET...]`, as `make fuzz` does.

What a target finds new goes to fuzz/found/TARGET. `fuzz.py --keep [TARGET...]` then puts the smallest inputs
of corpus and finds that reach the same code into fuzz/corpus/TARGET, where the tests replay them. An input
that breaks a promise is in fuzz/artifacts/TARGET.
"""

import os
import pathlib
import re
import resource
import shutil
import subprocess
import sys

FUZZ = pathlib.Path(__file__).resolve().parent.parent / "fuzz"
# Seconds for one input, and megabytes for one allocation and for the process. The process holds about 150
# without any input, of which the sanitizer has a part.
TIMEOUT, ALLOCATION, PROCESS = 10, 256, 512
# Bytes of an input: what is larger takes longer, and reaches little more.
LONGEST = 4096
# Kept inputs of a target may have so many bytes together.
KEPT = 48 << 10


def targets():
    return sorted(path.stem for path in (FUZZ / "fuzz_targets").glob("*.rs"))


def build():
    # Children of targets have sanitizers of their own; the path of the nightly compiler is rustup's.
    subprocess.run(["cargo", "+nightly", "fuzz", "build", "--codegen-units", "16"], cwd=FUZZ, check=True)
    host = subprocess.run(["rustc", "-vV"], capture_output=True, text=True, check=True).stdout
    triple = re.search(r"host: (\S+)", host)[1]
    return FUZZ / "target" / triple / "release"


def environment():
    options = "detect_leaks=0:quarantine_size_mb=8:allocator_may_return_null=1:detect_odr_violation=0"
    return {**os.environ, "ASAN_OPTIONS": options}


def run(binaries, target, seconds):
    """Runs a target; its CPU seconds, and what the table says of broken promises."""
    found, artifacts = FUZZ / "found" / target, FUZZ / "artifacts" / target
    for folder in (found, artifacts):
        folder.mkdir(parents=True, exist_ok=True)
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    said = subprocess.run(
        [
            binaries / target, found, FUZZ / "corpus" / target,
            f"-max_total_time={seconds}", f"-timeout={TIMEOUT}", f"-rss_limit_mb={PROCESS}",
            f"-malloc_limit_mb={ALLOCATION}", f"-max_len={LONGEST}", f"-artifact_prefix={artifacts}/",
            "-print_final_stats=1", "-verbosity=1", "-len_control=20",
        ],
        cwd=FUZZ, env=environment(), capture_output=True, text=True, errors="replace",
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    log = said.stderr
    (artifacts / "log").write_text(log)
    stat = lambda name: int((re.findall(rf"stat::{name}:\s+(\d+)", log) or ["0"])[-1])
    cpu = (after.ru_utime + after.ru_stime) - (before.ru_utime + before.ru_stime)
    edges = (re.findall(r"cov: (\d+)", log) or ["0"])[-1]
    # What libFuzzer returns when it is interrupted, which is no finding.
    broken = {0: "none", 72: "cut off"}.get(said.returncode, "SOMETHING")
    print(
        f"| {target} | {cpu:.0f} | {stat('number_of_executed_units'):,} | {edges} "
        f"| {stat('slowest_unit_time_sec')} | {stat('peak_rss_mb')} | {broken} |",
        flush=True,
    )
    if broken == "SOMETHING":
        lines = [line for line in log.splitlines() if "panicked" in line or "ERROR" in line or "SUMMARY" in line]
        at = log.find("panicked")
        print("\n".join(lines[:6]), log[at : at + 600] if at >= 0 else log[-600:], file=sys.stderr, sep="\n")
    return cpu, broken


def keep(binaries, target):
    """Replaces the corpus by fewer and smaller inputs that reach the same code, the smallest first."""
    corpus, found, merged = (FUZZ / folder / target for folder in ("corpus", "found", "merged"))
    shutil.rmtree(merged, ignore_errors=True)
    merged.mkdir(parents=True)
    subprocess.run(
        [binaries / target, "-merge=1", merged, corpus, found],
        cwd=FUZZ, env=environment(), capture_output=True, check=True,
    )
    # Inputs to begin with and such that once broke a promise have names, and stay.
    named = [path for path in corpus.iterdir() if not re.fullmatch("[0-9a-f]{40}", path.name)]
    room = KEPT - sum(path.stat().st_size for path in named)
    for path in corpus.iterdir():
        if path not in named:
            path.unlink()
    for path in sorted(merged.iterdir(), key=lambda path: (path.stat().st_size, path.name)):
        room -= path.stat().st_size
        if room < 0:
            break
        shutil.copy(path, corpus / path.name)
    shutil.rmtree(merged.parent)
    print(f"{target}: {len(list(corpus.iterdir()))} inputs")


def main():
    arguments = sys.argv[1:]
    if not arguments:
        sys.exit(__doc__)
    chosen = arguments[1:] or targets()
    binaries = build()
    if arguments[0] == "--keep":
        for target in chosen:
            keep(binaries, target)
        return
    print("| target | CPU s | inputs | edges | longest s | most MB | broken promises |")
    print("|---|---|---|---|---|---|---|")
    results = [run(binaries, target, int(arguments[0])) for target in chosen]
    print(f"{sum(cpu for cpu, _ in results):.0f} s of CPU time")
    ends = [end for _, end in results]
    if "SOMETHING" in ends:
        sys.exit(f"inputs that break promises are in {FUZZ / 'artifacts'}")
    if "cut off" in ends:
        sys.exit("not all targets ran to their end")


main()
