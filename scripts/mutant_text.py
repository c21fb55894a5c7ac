"""Puts many mutants into one copy of a package: the number in the environment chooses one at run time.

A mutant of an expression becomes `((recross_mutant::number == N) ? (MUTANT) : (ORIGINAL))`, and one that leaves
out a statement `if (recross_mutant::number != N) STATEMENT`. So a model is built once for all of them.
"""

import os
import shutil

CHOICE = "recross_mutant.v"
# Read once, before time 0. Without the variable, the number is that of no mutant.
PACKAGE = """// The number of the mutant that runs.
package recross_mutant;
  int number = $c32("(std::getenv(\\"RECROSS_MUTANT\\") ? std::atoi(std::getenv(\\"RECROSS_MUTANT\\")) : -1)");
endpackage
"""


def chosen(text, sites):
    """The text of a file with mutants, from pairs of numbers and sites."""
    spans = {}
    for number, site in sites:
        spans.setdefault((site.start, site.end), []).append((number, site))
    order = sorted(spans, key=lambda span: (span[0], -span[1]))

    def within(start, end, inner):
        """The text of a range, in which the spans `inner` are replaced."""
        out, at = [], start
        while inner:
            first, *inner = inner
            nested = [span for span in inner if span[1] <= first[1]]
            inner = inner[len(nested) :]
            assert all(span[0] >= first[1] for span in inner), "spans overlap"
            out += [text[at : first[0]], wrapped(first, nested)]
            at = first[1]
        return "".join(out) + text[at:end]

    def wrapped(span, nested):
        original = within(*span, nested)
        for number, site in spans[span]:
            which = f"recross_mutant::number == {number}"
            if site.statement:
                original = f"begin if (!({which})) {original} end"
            else:
                original = f"(({which}) ? ({site.after}) : ({original}))"
        return original

    return within(0, len(text), order)


def write(package, folder, sites):
    """Copies a package to `folder`, with the mutants of (number, site) in it."""
    copied(package, folder)
    by_module = {}
    for number, site in sites:
        by_module.setdefault(site.module, []).append((number, site))
    for module, own in by_module.items():
        rewrite(folder, module, lambda text, own=own: chosen(text, own))
    with open(os.path.join(folder, CHOICE), "w", encoding="utf-8") as file:
        file.write(PACKAGE)
    rewrite(folder, "recross", lambda text: f"{CHOICE}\n{text}", ".f")


def write_one(package, folder, site):
    """Copies a package to `folder` with one mutant."""
    copied(package, folder)
    rewrite(folder, site.module, lambda text: alone(text, site))


def alone(text, site):
    """The text of a file with one mutant."""
    after = "begin end" if site.statement else f"({site.after})"
    return text[: site.start] + after + text[site.end :]


def copied(package, folder):
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(package, folder)


def rewrite(folder, name, change, ending=".v"):
    path = os.path.join(folder, name + ending)
    with open(path, encoding="utf-8") as file:
        text = file.read()
    with open(path, "w", encoding="utf-8") as file:
        file.write(change(text))
