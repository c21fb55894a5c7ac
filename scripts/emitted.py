"""What the scripts need to know about a package that `recross gen` wrote."""

import glob
import os


def package(folder):
    """The prefix of the package's modules, and its source files. Its file list is PREFIX.f."""
    lists = glob.glob(os.path.join(folder, "*.f"))
    if len(lists) != 1:
        raise OSError(f"{folder}: found {len(lists)} file lists, expected one, as `recross gen` writes it")
    with open(lists[0]) as file:
        return os.path.splitext(os.path.basename(lists[0]))[0], file.read().split()
