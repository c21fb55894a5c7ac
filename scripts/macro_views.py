"""Checks of a package's mock views of the analog macro: LEF by KLayout, Liberty by Yosys and OpenSTA.

The pins are compared with those that Yosys finds at the black box, and areas and times with what
templates/technology.toml and the package's config.json give."""

import json
import os
import re
import subprocess

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
SHARE = 0.3  # of the period: what the Liberty file assumes
GRID = 0.001  # um

# Pins whose set-up time the technology decides.
WORDLINES = ("wl_single_i", "wl_row_i", "wl_mask_i", "slot_i")
CONVERSION = ("phase_i", "start_i", "level_i", "cmp_en_i")


class Failure(Exception):
    """A view that is not as it should be."""


def need(condition, message):
    if not condition:
        raise Failure(message)


def call(command, folder, **more):
    done = subprocess.run(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, **more)
    # OpenSTA ends with status 0 even after an error.
    if done.returncode != 0 or re.search(r"^(Error|ERROR|Warning)[: ]", done.stdout, re.M):
        raise Failure(f"{' '.join(command)} in {folder}:\n{done.stdout[-3000:]}")
    return done.stdout


class Package:
    """What a package's config.json says."""

    def __init__(self, folder):
        self.folder = os.path.abspath(folder)
        with open(os.path.join(folder, "config.json")) as file:
            self.record = json.load(file)
        self.prefix = self.record["config"]["rtl"]["prefix"]
        self.parameters = self.record["parameters"]
        self.flash = self.record["adc_kind"] == "flash"
        self.macro = f"{self.prefix}_macro_{'flash' if self.flash else 'sar'}"
        self.views = self.record["analog_macro"]
        self.period = 1000 / self.record["config"]["technology"]["clock_mhz"]

    def path(self, ending):
        return os.path.join(self.folder, self.prefix + ending)


class Yosys:
    """Yosys, as a program of the system or the Python package."""

    def __init__(self, command, env):
        self.command, self.env = command, env

    def modules(self, work, script):
        """The modules after a script, with everything between them."""
        # The Python package writes to relative paths only.
        call([*self.command, "-q", "-p", f"{script}; write_json yosys.json"], work, env=self.env)
        with open(os.path.join(work, "yosys.json")) as file:
            return json.load(file)["modules"]


def pins_of(package, yosys, work):
    """Pin -> (direction, bits) of the black box, as the package instantiates it."""
    files = [package.path(f"_macro_{'flash' if package.flash else 'sar'}_stub.v"), package.path("_analog.v"), package.path(f"_adc_{'flash' if package.flash else 'sar'}.v")]
    top = f"{package.prefix}_analog"
    modules = yosys.modules(work, f"read_verilog {' '.join(files)}; hierarchy -check -top {top}; proc")
    cell = next(c for c in modules[top]["cells"].values() if c["type"] == package.macro)
    return {pin: (cell["port_directions"][pin], len(bits)) for pin, bits in cell["connections"].items()}


def bits_of(pins):
    """Name of each bit -> direction."""
    return {(f"{pin}[{bit}]" if bits > 1 else pin): direction for pin, (direction, bits) in pins.items() for bit in range(bits)}


def expected_area(package):
    """The macro's area by the built-in technology file, um^2."""
    with open(os.path.join(ROOT, "templates", "technology.toml")) as file:
        text = file.read()

    def number(key):
        return float(re.search(rf"^{key} = {{ value = ([\d.]+),", text, re.M).group(1))

    p = package.parameters
    arrays = p["Slots"] * p["Blocks"]
    cells = arrays * p["Rows"] * p["Cols"] * number("cell_area") * (number("feature") / 1000) ** 2
    drivers = arrays * (p["Rows"] * number("row_area") + p["Cols"] * number("col_area"))
    one = (2 ** p["AdcBits"] - 1) * number("comparator_area") if package.flash else p["AdcBits"] * number("bit_area")
    return cells + drivers + p["Adcs"] * p["Blocks"] * one


def check_lef(package, pins, db):
    """The LEF's size is the technology's area, and its pins are those of the black box, each of its own
    place at the edge."""
    path = package.path("_macro.lef")
    options = db.LoadLayoutOptions()
    options.lefdef_config = db.LEFDEFReaderConfiguration()
    layout = db.Layout()
    layout.read(path, options)
    cell = layout.top_cell()
    need([c.name for c in layout.each_cell()] == [package.macro], f"{path}: macros {[c.name for c in layout.each_cell()]}")
    layers = {info.name: db.Region(cell.begin_shapes_rec(layout.layer(info))) for info in layout.layer_infos()}
    outline = layers["OUTLINE"].bbox()
    width, height = (side * layout.dbu for side in (outline.width(), outline.height()))
    area = expected_area(package)
    need(abs(sum(package.views["area_um2"].values()) / area - 1) < 1e-9, f"{package.folder}/config.json: area {package.views['area_um2']}, not {area}")
    need(0 <= width * height - area + 1e-6 <= 2 * (width + height) * GRID, f"{path}: {width} x {height} um is not {area} um^2")
    need(abs(width - height) <= GRID * 1.5, f"{path}: {width} x {height} um is no square")
    found = set()
    for name in ("M3", "M4"):
        labels = [shape.text for shape in cell.shapes(layout.find_layer(db.LayerInfo(name + ".LABEL"))).each()]
        boxes = layers[name + ".PIN"]
        need(boxes.count() == boxes.merged().count() == len(labels), f"{path}: pins on {name} touch each other")
        need((boxes & layers[name + ".OBS"]).is_empty(), f"{path}: pins on {name} are blocked")
        need((boxes - db.Region(outline)).is_empty(), f"{path}: pins on {name} are outside")
        inner = db.Region(outline.enlarged(-1, -1))
        need(boxes.inside(inner).is_empty(), f"{path}: pins on {name} are not at the edge")
        # KLayout puts a pin's name in the middle of it.
        middles = {(box.bbox().center().x, box.bbox().center().y) for box in boxes.each()}
        need({(text.x, text.y) for text in labels} == middles, f"{path}: names on {name} that are not in the middle of a pin")
        need(not found & {text.string for text in labels}, f"{path}: a pin on two layers")
        found |= {text.string for text in labels}
    wanted = bits_of(pins)
    need(found == set(wanted), f"{path}: pins {sorted(found ^ set(wanted))[:5]} are not those of the black box")
    # KLayout leaves directions out.
    with open(path) as file:
        said = dict(re.findall(r"^  PIN (\S+) DIRECTION (\S+) ;", file.read(), re.M))
    need(said == {pin: direction.upper() for pin, direction in wanted.items()}, f"{path}: directions are not those of the black box")


def rests(package):
    """What of the wordlines' set-up, and of a conversion at each level, is in its last cycle (ns); and
    each time by its cycles."""
    times = package.views["phase_ns"]
    cycles = [level["phase_cycles"] for level in package.record["adc_levels"]]
    phases = list(zip(times, cycles)) if times else []
    wordlines = (package.views["wordline_ns"], package.parameters["WordlineCycles"])

    def rest(ns, n):
        return ns - (n - 1) * package.period

    return rest(*wordlines), max((rest(*phase) for phase in phases), default=0), [ns / n for ns, n in [wordlines, *phases]]


TIME = """read_liberty {liberty}
read_verilog alone.v
link_design alone
create_clock -name clk -period {period} [get_ports clk_i]
foreach port [all_inputs] {{
  if {{[get_property $port full_name] ne "clk_i"}} {{ set_input_delay 0 -clock clk $port }}
}}
set_output_delay 0 -clock clk [all_outputs]
puts "check: begin"
check_setup -verbose -no_input_delay -no_output_delay -no_clock -unconstrained_endpoints -loops
puts "check: end"
{reports}
report_check_types -min_period -verbose -digits 4
create_clock -name clk -period {fast} [get_ports clk_i]
report_check_types -min_period -verbose -digits 4
"""


def check_liberty(package, pins, yosys, work, sta):
    """The Liberty file's pins are those of the black box. OpenSTA finds each of them timed as the
    technology says, and a clock that is too fast."""
    path = package.path("_macro.lib")
    modules = yosys.modules(work, f"read_liberty -lib {path}")
    need(list(modules) == [package.macro], f"{path}: cells {list(modules)}")
    found = {pin: (port["direction"], len(port["bits"])) for pin, port in modules[package.macro]["ports"].items()}
    need(found == pins, f"{path}: pins {sorted(set(found.items()) ^ set(pins.items()))[:5]} are not those of the black box")
    with open(path) as file:
        text = file.read()
    for line in text.splitlines():
        need(len(set(re.findall(r'(?:rise|fall) \(scalar\) { values \("([^"]+)"|_constraint \(scalar\) { values \("([^"]+)"', line))) <= 1, f"{path}: rise and fall differ: {line}")
    area = float(re.search(r"^ +area : ([\d.]+);", text, re.M).group(1))
    need(abs(area - expected_area(package)) < 0.001, f"{path}: area {area}")
    if not sta:
        return
    declared = "".join(f"  {direction} {f'[{bits - 1}:0] ' if bits > 1 else ''}{pin};\n" for pin, (direction, bits) in pins.items())
    connected = ", ".join(f".{pin}({pin})" for pin in pins)
    with open(os.path.join(work, "alone.v"), "w") as file:
        file.write(f"module alone ({', '.join(pins)});\n{declared}  {package.macro} u ({connected});\nendmodule\n")
    wordlines, conversion, spans = rests(package)
    inputs = [pin for pin, (direction, _) in pins.items() if direction == "input" and pin != "clk_i"]
    outputs = [pin for pin, (direction, _) in pins.items() if direction == "output"]

    def first(pin):
        return f"{pin}[0]" if pins[pin][1] > 1 else pin

    reports = [f'puts "to {pin}"\nreport_checks -from {{{first(pin)}}} -to {{u/{first(pin)}}} -digits 4' for pin in inputs]
    reports += [f'puts "out {pin}"\nreport_checks -from u/clk_i -to {{{first(pin)}}} -digits 4' for pin in outputs]
    through = {"done_o": ["start_i", "level_i"]} if package.flash else {"cmp_o": ["cmp_strobe_i", "dac_i"]}
    reports += [f'puts "through {pin}"\nreport_checks -from {{{first(pin)}}} -to {{{first(end)}}} -digits 4' for end, begins in through.items() for pin in begins]
    with open(package.path(".sdc")) as file:
        period = float(re.search(r"^create_clock .*-period ([\d.]+)", file.read(), re.M).group(1))
    shortest = max(spans)
    with open(os.path.join(work, "time.tcl"), "w") as file:
        file.write(TIME.format(liberty=path, period=period, fast=0.9 * (shortest or period), reports="\n".join(reports)))
    said = call(["sta", "-no_splash", "-exit", "time.tcl"], work)
    checked = said.split("check: begin\n")[1].split("check: end")[0]
    need(not checked.strip(), f"{path}: {checked}")

    def section(title):
        return re.split(r"^(?:to|out|through) \w+$|^Pin: ", said.split(f"\n{title}\n", 1)[1], maxsplit=1, flags=re.M)[0]

    def near(found, wanted, what):
        need(found is not None and abs(float(found.group(1)) - wanted) < 1.5e-4, f"{path}: {what} is {found and found.group(1)}, not {wanted:.4f}")

    for pin in inputs:
        rest = wordlines if pin in WORDLINES else conversion if package.flash and pin in CONVERSION else 0
        wanted = min(max(rest, SHARE * package.period), (1 - SHARE) * package.period)
        near(re.search(r"^ +-(\d+\.\d+) .*library setup time", section(f"to {pin}"), re.M), wanted, f"set-up of {pin}")
    for pin in outputs:
        near(re.search(r"^ +(\d+\.\d+) .* u/" + re.escape(first(pin)) + " ", section(f"out {pin}"), re.M), SHARE * package.period, f"delay to {pin}")
    at_once = not package.flash or any(level["phase_cycles"] == 1 for level in package.record["adc_levels"])
    for pin in [pin for begins in through.values() for pin in begins]:
        path_there = "slack" in section(f"through {pin}")
        need(path_there == at_once, f"{path}: {'a' if path_there else 'no'} path from {pin} within a cycle")
    slacks = [float(slack) for slack in re.findall(r"^ +(-?\d+\.\d+) +slack", said.partition("\nPin: u/clk_i\n")[2], re.M)]
    # Without a time to cover, there is no shortest period.
    need(not slacks if shortest == 0 else len(slacks) == 2 and slacks[0] >= 0 > slacks[1], f"{path}: slacks of the shortest period at two clocks: {slacks}")


def check(package, yosys, work, db, sta):
    os.makedirs(work, exist_ok=True)
    pins = pins_of(package, yosys, work)
    check_lef(package, pins, db)
    check_liberty(package, pins, yosys, work, sta)
    return sum(bits for _, bits in pins.values())
