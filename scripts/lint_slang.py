"""Checks emitted packages with slang: python3 scripts/lint_slang.py PACKAGE... [--modules PACKAGE...]

Each package is checked from its top module. In the packages after --modules, each module is checked as
its own top. All are checked as Verilog-2005 and as SystemVerilog, with the file list for simulation and
with that for synthesis. A warning of -Wextra is an error. The test bench is not checked, because slang
rejects a file name that is neither a string literal nor a SystemVerilog string.
"""

import itertools
import os
import sys

try:
    from pyslang.driver import Driver
except ImportError as error:
    sys.exit(f"slang cannot be loaded ({error}); ./scripts/tools.sh slang installs it")

STANDARDS = ["--std 1364-2005", "--std 1800-2023"]
LISTS = ["-f recross.f", "-DSYNTHESIS -f recross_synth.f"]


def check(package, top, standard, files):
    """Returns whether a module and the modules below it are clean. Findings go to stderr."""
    os.chdir(package)
    options = f"{standard} {files}"
    driver = Driver()
    driver.addStandardArgs()
    ready = driver.parseCommandLine(f"slang -Wextra -Werror {options} --top {top}")
    ready = ready and driver.processOptions() and driver.parseAllSources()
    clean = ready and driver.runFullCompilation(True)
    if not clean:
        print(f"slang {options}: {top} in {os.path.basename(package)}", file=sys.stderr)
    return clean


def tops(package, files):
    """The modules that a file list names; the stub of the macro is named as the macro."""
    with open(os.path.join(package, files.split()[-1]), encoding="utf-8") as names:
        return [name.removesuffix(".v").removesuffix("_stub") for name in names.read().split()]


def main(arguments):
    at = arguments.index("--modules") if "--modules" in arguments else len(arguments)
    jobs = [(os.path.abspath(package), "recross_top", files) for package in arguments[:at] for files in LISTS]
    for package in map(os.path.abspath, arguments[at + 1 :]):
        jobs += [(package, top, files) for files in LISTS for top in tops(package, files)]
    results = [check(package, top, standard, files) for (package, top, files), standard in itertools.product(jobs, STANDARDS)]
    return 0 if results and all(results) else 1


sys.exit(main(sys.argv[1:]))
