"""What tests/mutants.toml says, and the tables of `make mutants`."""

import collections

ALL, EACH = 0.95, 0.85  # least share that is caught, in all and of each module


def fixed(mutants, reviewed):
    """The mutants of `make mutants-fast`, and the keys of those that do not exist any more."""
    by_key = {m.site.key: m for m in mutants}
    keys = reviewed.get("fast", [])
    return [by_key[key] for key in keys if key in by_key], [key for key in keys if key not in by_key]


def reasons(reviewed, what):
    """Why mutants are `equivalent`, or one `survives` that is not, by their keys."""
    return {key: entry["why"] for entry in reviewed.get(what, []) for key in entry["mutants"]}


def stale(reviewed, mutants):
    keys = {m.site.key for m in mutants}
    return [key for what in ("equivalent", "survives") for key in reasons(reviewed, what) if key not in keys]


def share(caught, all_):
    return "" if all_ == 0 else f"{100 * caught / all_:.1f} %"


def report(rows, reviewed, fast=False):
    """The text of the tables, and whether enough mutants are caught."""
    rows = [(m, v) for m, v in rows if v["verdict"] != "no model"]
    equivalent = {*reasons(reviewed, "equivalent"), *(m.site.key for m, v in rows if v["verdict"] == "equivalent")}
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
        whys = reasons(reviewed, "survives")
        for m, v in sorted(survivors, key=lambda row: (row[0].site.module, row[0].site.line)):
            s = m.site
            what = "left out" if s.statement else f"`{' '.join(s.after.split())}`"
            lines.append(f"- {s.module}.v:{s.line} ({s.kind}; {', '.join(m.configs)}): `{' '.join(s.before.split())}` -> {what}")
            lines.append(f"  {whys.get(s.key, 'tests/mutants.toml does not say why')}")
            lines.append(f"  key: {s.key}")
    if fast:
        good = not survivors
    return "\n".join(lines) + "\n", good
