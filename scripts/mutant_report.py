"""The fixed sample of `make mutants-fast`, and the tables of `make mutants`."""

import collections

import mutant_sites

ALL, EACH = 0.95, 0.85  # least share that is caught, in all and of each module


def fixed(mutants, draw):
    """Twenty mutants, each of another module, from the largest on, and of all kinds in turn."""
    by_module = collections.defaultdict(list)
    for mutant in mutants:
        if not mutant.site.structural:
            by_module[mutant.site.module].append(mutant)
    largest = sorted(by_module, key=lambda module: -len(by_module[module]))[:20]
    chosen = []
    for number, module in enumerate(largest):
        kind = mutant_sites.KINDS[number % len(mutant_sites.KINDS)]
        own = [m for m in by_module[module] if m.site.kind == kind]
        chosen.append(draw.choice(own or by_module[module]))
    return chosen


def entries(reviewed):
    """Mutants that change nothing that can be seen, as (key, how it is known, why)."""
    return [(key, entry.get("how", "argued"), entry["why"]) for entry in reviewed.get("equivalent", []) for key in entry["mutants"]]


def stale(reviewed, mutants):
    keys = {m.site.key for m in mutants}
    return [f"  {key}" for key, _, _ in entries(reviewed) if key not in keys]


def share(caught, all_):
    return "" if all_ == 0 else f"{100 * caught / all_:.1f} %"


def report(rows, reviewed, fast=False):
    """The text of the tables, and whether enough mutants are caught."""
    equivalent = {key: (how, why) for key, how, why in entries(reviewed)}
    rows = [(m, v) for m, v in rows if v["verdict"] != "no model"]
    equivalent.update({m.site.key: ("proved", "") for m, v in rows if v["verdict"] == "equivalent"})
    lines, good = [], True
    survivors = [(m, v) for m, v in rows if v["verdict"] == "survived" and m.site.key not in equivalent]

    def table(name, key, bar):
        nonlocal good
        lines.extend([f"| {name} | mutants | caught | survived | equivalent | caught of those that are not |", "|---|---|---|---|---|---|"])
        groups = collections.defaultdict(collections.Counter)
        for m, v in rows:
            what = "caught" if v["verdict"] == "caught" else "equivalent" if m.site.key in equivalent else "survived"
            groups[key(m)][what] += 1
            groups["all"][what] += 1
        for group in sorted(groups, key=lambda g: (g == "all", g)):
            c = groups[group]
            live = c["caught"] + c["survived"]
            part = 1 if live == 0 else c["caught"] / live
            limit = ALL if group == "all" else bar
            mark = "" if part >= limit else " (too few)"
            good = good and part >= limit
            lines.append(f"| {group} | {sum(c.values())} | {c['caught']} | {c['survived']} | {c['equivalent']} | {share(c['caught'], live)}{mark} |")
        lines.append("")

    table("module", lambda m: m.site.module, EACH)
    table("kind", lambda m: m.site.kind, 0)
    lines.extend(["| caught by | as | mutants |", "|---|---|---|"])
    by = collections.Counter((v["check"], v["kind"]) for _, v in rows if v["verdict"] == "caught")
    lines.extend(f"| {check} | {kind} | {count} |" for (check, kind), count in by.most_common())
    lines.append("")
    if survivors:
        lines.append("Survivors:")
        for m, v in sorted(survivors, key=lambda row: (row[0].site.module, row[0].site.line)):
            s = m.site
            what = "left out" if s.statement else f"`{' '.join(s.after.split())}`"
            lines.append(f"- {s.module}.v:{s.line} ({s.kind}; {', '.join(m.configs)}): `{' '.join(s.before.split())}` -> {what}")
            lines.append(f"  key: {s.key}")
    if fast:
        good = not survivors
    return "\n".join(lines) + "\n", good
