"""Sites of mutants in emitted RTL, by the elaborated syntax tree of slang.

A mutant replaces one range of a file's text. Those of expressions and statements can be chosen at run
time (see mutant_text.py); those of instances' parameters and of local parameters change the structure
and take a build each. Comments, assertions, code for simulation only, branches that this configuration does not
generate, and the checks of parameters are no sites: the tree does not have them.
"""

import dataclasses
import os
import re

from pyslang import ast
from pyslang.driver import Driver

KINDS = "operator constant condition enable reset width stuck swap stale depth".split()

BINARY = {
    "Add": ("+", ["-"]),
    "Subtract": ("-", ["+"]),
    "BinaryAnd": ("&", ["|"]),
    "BinaryOr": ("|", ["&", "^"]),
    "BinaryXor": ("^", ["|", "&"]),
    "LogicalAnd": ("&&", ["||"]),
    "LogicalOr": ("||", ["&&"]),
    "Equality": ("==", ["!="]),
    "Inequality": ("!=", ["=="]),
    "LessThan": ("<", ["<=", ">"]),
    "LessThanEqual": ("<=", ["<", "=="]),
    "GreaterThan": (">", [">=", "<"]),
    "GreaterThanEqual": (">=", [">", "=="]),
    "LogicalShiftLeft": ("<<", [">>"]),
    "LogicalShiftRight": (">>", ["<<"]),
}
ORDERED = {"Subtract", "LessThan", "LessThanEqual", "GreaterThan", "GreaterThanEqual"}
UNARY = {"BitwiseAnd": ("&", "|"), "BitwiseOr": ("|", "&"), "BitwiseXor": ("^", "|")}


@dataclasses.dataclass
class Site:
    """A mutant: the text between two offsets of a file becomes another one."""

    module: str
    start: int
    end: int
    kind: str
    before: str
    after: str
    line: int
    shown: str  # the line of the source
    statement: bool = False  # the text is a statement, which is left out
    structural: bool = False
    key: str = ""  # the same as long as the text is

    def place(self):
        return (self.module, self.start, self.end, self.kind, self.after)


class Finder:
    """Collects the sites of one package."""

    def __init__(self, folder):
        self.found = {}
        self.barred = set()  # what one instance of a module does not allow
        self.texts = {}
        here = os.getcwd()
        os.chdir(folder)
        try:
            self.driver = Driver()
            self.driver.addStandardArgs()
            ready = self.driver.parseCommandLine("slang --std 1800-2023 -DSYNTHESIS -f recross_synth.f --top recross_top")
            if not (ready and self.driver.processOptions() and self.driver.parseAllSources()):
                raise ValueError(f"slang cannot read {folder}")
            self.tree = self.driver.createCompilation()
            with open("recross_synth.f", encoding="utf-8") as names:
                for name in names.read().split():
                    with open(name, encoding="utf-8") as file:
                        self.texts[name.removesuffix(".v")] = file.read()
            # A site that counts characters must count bytes as well.
            if not all(text.isascii() for text in self.texts.values()):
                raise ValueError("a source is not ASCII")
            self.scope(self.tree.getRoot().topInstances[0].body)
        finally:
            os.chdir(here)
        for place in self.barred:
            self.found.pop(place, None)
        for text in self.texts.values():
            assert "recross_mutant" not in text
        self.name()

    # --- text ------------------------------------------------------------------------------------

    def range(self, node):
        r = node if hasattr(node, "start") else node.sourceRange
        name = os.path.basename(self.driver.sourceManager.getFileName(r.start)).removesuffix(".v")
        return name, r.start.offset, r.end.offset

    def text(self, node):
        name, start, end = self.range(node)
        return self.texts[name][start:end]

    def add(self, node, kind, after, width=None, **more):
        """A mutant of the text of `node`. It is none where an instance has it with less than two bits, if `width` is given."""
        name, start, end = self.range(node)
        if name.endswith("_stub") or name not in self.texts:
            return
        text = self.texts[name]
        line = text.count("\n", 0, start) + 1
        shown = text[text.rfind("\n", 0, start) + 1 : text.find("\n", start)].strip()
        site = Site(name, start, end, kind, text[start:end], after, line, shown, **more)
        if width is not None and width < 2:
            self.barred.add(site.place())
        if site.before != after:
            self.found.setdefault(site.place(), site)

    def name(self):
        """Gives each site a key that does not depend on its line."""
        times = {}
        for site in sorted(self.found.values(), key=lambda s: s.place()):
            words = " ".join(f"{site.module} {site.kind}: {site.before} -> {site.after} in {site.shown}".split())
            times[words] = times.get(words, 0) + 1
            site.key = words if times[words] == 1 else f"{words} #{times[words]}"

    # --- symbols ---------------------------------------------------------------------------------

    def scope(self, scope):
        for m in scope:
            kind = m.kind
            if kind == ast.SymbolKind.Instance:
                self.instance(m)
            elif kind == ast.SymbolKind.GenerateBlock:
                if not m.isUninstantiated:
                    self.scope(m)
            elif kind == ast.SymbolKind.GenerateBlockArray:
                for block in m.entries:
                    self.scope(block)
            elif kind == ast.SymbolKind.ProceduralBlock:
                self.block(m.body)
            elif kind == ast.SymbolKind.ContinuousAssign:
                self.driven(m.assignment.left, m.assignment.right)
            elif kind in (ast.SymbolKind.Net, ast.SymbolKind.Variable):
                if m.initializer is not None:
                    self.driven(m, m.initializer)
            elif kind == ast.SymbolKind.Parameter:
                self.parameter(m)

    def instance(self, m):
        syntax = m.syntax.parent if m.syntax is not None else None
        assigned = getattr(syntax, "parameters", None)
        for item in assigned.parameters if assigned is not None else []:
            expression = getattr(item, "expr", None)
            # One of a queue's depth, a window or the like; formats of whole words make no model.
            if expression is not None and item.name.valueText in DEPTHS:
                text = self.text(expression.sourceRange)
                for change in ("+ 1", "- 1"):
                    self.add(expression.sourceRange, "depth", f"({text}) {change}", structural=True)
        for connection in m.portConnections:
            expression, port = connection.expression, connection.port
            if expression is None or port.direction != ast.ArgumentDirection.In:
                continue
            names = self.names(expression)
            if names & {"clk_i", "rst_ni"} or not names:
                self.expression(expression)
                continue
            self.driven(port, expression, None)
        self.scope(m.body)

    def parameter(self, m):
        """A local parameter that holds a value, not a width."""
        syntax = m.syntax
        if not m.isLocalParam or syntax is None or getattr(syntax, "initializer", None) is None:
            return
        if m.name.endswith("Bits") or m.isPortParam:
            return
        value = syntax.initializer.expr
        text = self.text(value.sourceRange)
        for change in ("+ 1", "- 1"):
            self.add(value.sourceRange, "depth", f"({text}) {change}", structural=True)

    def driven(self, target, value, bits=True):
        """What a net, a register or a port gets."""
        while value.kind == ast.ExpressionKind.Conversion and value.isImplicit:
            value = value.operand
        name = target.name if isinstance(target, ast.Symbol) else self.text(target)
        if name.startswith("unused"):
            return  # a net that tells linters what is left out
        text, width = self.text(value), target.type.bitWidth
        signed = value.type.isSigned
        if not self.constant(value) and not signed:
            zeros, ones = ("1'b0", "1'b1") if width == 1 else ("'0", "'1")
            if text not in (zeros, ones):
                self.add(value, "stuck", zeros)
                self.add(value, "stuck", ones)
            if bits:
                rest = f"{{($bits({name}) - 1)"
                self.add(value, "width", f"({text}) & {{1'b0, {rest} {{1'b1}}}}}}", width)
                top = f"{{1'b1, {rest} {{1'b0}}}}}}"
                self.add(value, "width", f"(({text}) & ~{top}) | ((({text}) << 1) & {top})", width)
        if isinstance(target, ast.Expression):
            self.selectors(target)
        self.expression(value)

    # --- statements ------------------------------------------------------------------------------

    def block(self, body):
        clocked, edges = False, set()
        if body.kind == ast.StatementKind.Timed:
            timing = body.timing
            events = timing.events if timing.kind == ast.TimingControlKind.EventList else [timing]
            for event in events:
                if event.kind == ast.TimingControlKind.SignalEvent and event.edge != ast.EdgeKind.None_:
                    clocked = True
                    edges |= self.names(event.expr)
            body = body.stmt
        self.statement(body, clocked, edges - {"clk_i"}, False)

    def statement(self, s, clocked, resets, in_reset):
        kind = s.kind
        if kind == ast.StatementKind.Block:
            self.statement(s.body, clocked, resets, in_reset)
        elif kind == ast.StatementKind.List:
            for each in s.list:
                self.statement(each, clocked, resets, in_reset)
        elif kind == ast.StatementKind.Conditional:
            self.branch(s, clocked, resets, in_reset)
        elif kind == ast.StatementKind.ForLoop:
            # A loop that ends early leaves out its last turn.
            if s.stopExpr is not None and s.stopExpr.kind == ast.ExpressionKind.BinaryOp:
                bound = s.stopExpr.right
                self.add(bound, "depth", f"({self.text(bound)}) - 1")
            self.statement(s.body, clocked, resets, in_reset)
        elif kind == ast.StatementKind.Case:
            self.expression(s.expr)
            for item in s.items:
                for each in item.expressions:
                    self.expression(each)
                self.statement(item.stmt, clocked, resets, in_reset)
            if s.defaultCase is not None:
                self.statement(s.defaultCase, clocked, resets, in_reset)
        elif kind == ast.StatementKind.ExpressionStatement and s.expr.kind == ast.ExpressionKind.Assignment:
            left, right = s.expr.left, s.expr.right
            # The default of a variable is what keeps a block free of latches.
            if clocked:
                self.add(s, "reset" if in_reset else "stale", "", statement=True)
            elif not self.constant(right):
                self.add(s, "stale", "", statement=True)
            if in_reset:
                self.expression(right)
            else:
                self.driven(left, right)

    def branch(self, s, clocked, resets, in_reset):
        condition = s.conditions[0].expr
        text = self.text(condition)
        names = self.names(condition)
        reset = bool(names & resets)
        if reset:
            self.add(condition, "reset", "1'b0")
        elif not self.constant(condition):
            enable = clocked and s.ifFalse is None
            self.add(condition, "enable" if enable else "condition", "1'b1")
            self.add(condition, "condition", "1'b0")
            self.add(condition, "condition", f"!({text})")
            self.expression(condition)
        self.statement(s.ifTrue, clocked, resets, in_reset or reset)
        if s.ifFalse is not None:
            self.statement(s.ifFalse, clocked, resets, in_reset)

    # --- expressions -----------------------------------------------------------------------------

    def names(self, node):
        out = set()

        def each(n):
            if isinstance(n, (ast.NamedValueExpression, ast.HierarchicalValueExpression)):
                out.add(n.symbol.name)
            return ast.VisitAction.Advance

        node.visit(each)
        return out

    def constant(self, node):
        """Whether no signal is part of an expression."""
        signals = []

        def each(n):
            if isinstance(n, (ast.NamedValueExpression, ast.HierarchicalValueExpression)):
                if n.symbol.kind != ast.SymbolKind.Parameter:
                    signals.append(n)
            return ast.VisitAction.Advance

        node.visit(each)
        return not signals

    def selectors(self, target):
        """Positions within the target of an assignment that are not known before the run."""
        if target.kind in (ast.ExpressionKind.ElementSelect, ast.ExpressionKind.RangeSelect):
            where = target.selector if target.kind == ast.ExpressionKind.ElementSelect else target.left
            if not self.constant(where) and "for (" not in self.text(where):
                self.expression(where)
            self.selectors(target.value)

    def expression(self, e):
        kind = e.kind
        if kind == ast.ExpressionKind.Conversion:
            self.expression(e.operand)
        elif kind == ast.ExpressionKind.BinaryOp:
            self.binary(e)
        elif kind == ast.ExpressionKind.UnaryOp:
            self.unary(e)
        elif kind == ast.ExpressionKind.ConditionalOp:
            self.choice(e)
        elif kind == ast.ExpressionKind.Concatenation:
            parts = [self.text(part) for part in e.operands]
            if len(parts) == 2 and parts[0] != parts[1]:
                self.add(e, "swap", f"{{{parts[1]}, {parts[0]}}}")
            for part in e.operands:
                self.expression(part)
        elif kind == ast.ExpressionKind.Replication:
            self.expression(e.concat)
        elif kind == ast.ExpressionKind.RangeSelect:
            if e.selectionKind != ast.RangeSelectionKind.Simple:
                self.expression(e.left)
        elif kind == ast.ExpressionKind.ElementSelect:
            self.expression(e.selector)
        elif kind == ast.ExpressionKind.Call:
            if e.isSystemCall and e.subroutineName in ("$signed", "$unsigned"):
                self.expression(e.arguments[0])
        elif kind in (ast.ExpressionKind.IntegerLiteral, ast.ExpressionKind.NamedValue):
            self.leaf(e)

    def binary(self, e):
        left, right = self.text(e.left), self.text(e.right)
        op = e.op.name
        if not self.constant(e):
            if op in BINARY:
                sign, others = BINARY[op]
                before, after = self.around(e, sign)
                for other in others:
                    self.add(e, "operator", f"{before}{other}{after}")
            if op in ORDERED:
                self.add(e, "swap", f"({right}) {BINARY[op][0]} ({left})")
            if op in ("LogicalAnd", "LogicalOr"):
                neutral = "1'b1" if op == "LogicalAnd" else "1'b0"
                for kept, dropped in ((e.left, e.right), (e.right, e.left)):
                    if not self.constant(dropped):
                        self.add(e, "condition", f"({self.text(kept)}) {BINARY[op][0]} {neutral}")
        for side in (e.left, e.right):
            # The other operand may be there only because of a constant one.
            if op not in ("LogicalAnd", "LogicalOr") or not self.constant(side):
                self.expression(side)

    def around(self, e, sign):
        """The text of an operation before and after its operator."""
        name, start, end = self.range(e)
        _, _, low = self.range(e.left)
        _, high, _ = self.range(e.right)
        # Comments may stand beside it.
        middle = re.sub(r"//[^\n]*", lambda m: " " * len(m[0]), self.texts[name][low:high])
        assert middle.count(sign) == 1, (middle, sign)
        at = low + middle.index(sign)
        return self.texts[name][start:at], self.texts[name][at + len(sign) : end]

    def unary(self, e):
        text, op = self.text(e.operand), e.op.name
        if self.constant(e):
            return
        if op == "LogicalNot":
            self.add(e, "operator", f"!(!({text}))")
        elif op == "BitwiseNot":
            self.add(e, "operator", f"({text})")
        elif op in UNARY and e.operand.type.bitWidth > 1:
            self.add(e, "operator", f"{UNARY[op][1]}({text})")
        self.expression(e.operand)

    def choice(self, e):
        condition = e.conditions[0].expr
        text, left, right = self.text(condition), self.text(e.left), self.text(e.right)
        if self.constant(condition):
            value = bool(condition.constant) if condition.constant is not None else None
            if value is None:
                return
            self.expression(e.left if value else e.right)
            return
        self.add(e, "swap", f"({text}) ? ({right}) : ({left})")
        self.add(condition, "condition", "1'b1")
        self.add(condition, "condition", "1'b0")
        self.expression(condition)
        self.expression(e.left)
        self.expression(e.right)

    def leaf(self, e):
        text = self.text(e)
        if e.kind == ast.ExpressionKind.NamedValue:
            symbol = e.symbol
            if symbol.kind != ast.SymbolKind.Parameter or symbol.type.bitWidth < 2:
                return
            one = "1" if symbol.type.isSigned else "1'b1"
            self.add(e, "depth", f"({text} - {one})")
            self.add(e, "depth", f"({text} + {one})")
            return
        if text.isdigit():
            self.add(e, "constant", str(int(text) + 1))
            if int(text) > 0:
                self.add(e, "constant", str(int(text) - 1))
            return
        sized = re.fullmatch(r"(\d+)'([bdh])([0-9a-fA-F_]+)", text)
        if sized:
            bits, base, digits = int(sized[1]), {"b": 2, "d": 10, "h": 16}[sized[2]], sized[3]
            value = int(digits.replace("_", ""), base)
            for other in {(value + 1) % (1 << bits), (value - 1) % (1 << bits)}:
                self.add(e, "constant", f"{bits}'d{other}")


# Parameters of instances that are an amount, not a format.
DEPTHS = set(
    "QueueDepth Depth Entries Places Window WordlineCycles MaxActiveRows ReadSplitMax TreeFanIn HopDepth Capacity Beats "
    "ConversionCycles Settle Phases Words Limit Turns".split()
)


def find(folder):
    """The sites of a package, and its texts by module."""
    finder = Finder(os.path.abspath(folder))
    return list(finder.found.values()), finder.texts
