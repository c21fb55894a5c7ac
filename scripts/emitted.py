"""What the scripts need to know about a package that `recross gen` wrote."""

import json
import os


def package(folder):
    """The prefix of the package's modules, and the source files of its list for synthesis."""
    with open(os.path.join(folder, "config.json")) as file:
        prefix = json.load(file)["config"]["rtl"]["prefix"]
    with open(os.path.join(folder, f"{prefix}_synth.f")) as file:
        return prefix, file.read().split()
