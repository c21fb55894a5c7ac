"""Checks emitted packages with slang: python3 scripts/lint_slang.py PACKAGE... [--modules PACKAGE]

Each package is checked from its top module. In the package after --modules, each module is checked as
its own top. All are checked as Verilog-2005 and as SystemVerilog, with and without SYNTHESIS. A warning
of -Wextra is an error. The test bench is not checked, because slang rejects a file name that is neither
a string literal nor a SystemVerilog string.
"""

import itertools
import os
import sys

try:
    from pyslang.driver import Driver
except ImportError as error:
    sys.exit(f"slang cannot be loaded ({error}); ./scripts/tools.sh slang installs it")

STANDARDS = ["--std 1364-2005", "--std 1800-2023"]
DEFINES = ["", "-DSYNTHESIS"]


def check(package, top, standard, define):
    """Returns whether a module and the modules below it are clean. Findings go to stderr."""
    os.chdir(package)
    options = f"{standard} {define}"
    driver = Driver()
    driver.addStandardArgs()
    ready = driver.parseCommandLine(f"slang -Wextra -Werror {options} --top {top} -f recross.f")
    ready = ready and driver.processOptions() and driver.parseAllSources()
    clean = ready and driver.runFullCompilation(True)
    if not clean:
        print(f"slang {options}: {top} in {os.path.basename(package)}", file=sys.stderr)
    return clean


def tops(package):
    with open(os.path.join(package, "recross.f"), encoding="utf-8") as files:
        return [name.removesuffix(".v") for name in files.read().split()]


def main(arguments):
    at = arguments.index("--modules") if "--modules" in arguments else len(arguments)
    modules = [(os.path.abspath(p), top) for p in arguments[at + 1 :] for top in tops(p)]
    packages = [(os.path.abspath(p), "recross_top") for p in arguments[:at]]
    jobs = itertools.product(packages + modules, STANDARDS, DEFINES)
    results = [check(*place, standard, define) for place, standard, define in jobs]
    return 0 if results and all(results) else 1


sys.exit(main(sys.argv[1:]))
