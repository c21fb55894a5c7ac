"""Liberty stubs of the black boxes in a netlist that Yosys wrote as JSON."""

CLOCK = "clk_i"


def black_boxes(module, prefix):
    """Cell type -> {pin: (direction, width)}, and the pins that another black box drives, as
    (type, pin), of the cells in a netlist whose types begin with `prefix`."""
    boxes, driven, cells = {}, set(), []
    for cell in module["cells"].values():
        if not cell["type"].startswith(prefix):
            continue
        cells.append(cell)
        pins = {pin: (cell["port_directions"][pin], len(bits)) for pin, bits in cell["connections"].items()}
        boxes.setdefault(cell["type"], pins)
        driven.update(bit for pin, bits in cell["connections"].items() if pins[pin][0] == "output" for bit in bits)
    inner = {
        (cell["type"], pin)
        for cell in cells
        for pin, bits in cell["connections"].items()
        if boxes[cell["type"]][pin][0] == "input" and all(bit in driven for bit in bits)
    }
    return boxes, inner


def arc(related, kind, tables, value, key="related_pin"):
    """A timing group with the same value in all its tables."""
    bodies = "".join(f'{table} (scalar) {{ values ("{value:.4f}"); }} ' for table in tables)
    return f'timing () {{ {key} : "{related}"; {kind} {bodies}}}'


DELAYS = ("cell_rise", "cell_fall")
SLOPES = ' rise_transition (scalar) { values ("0.1"); } fall_transition (scalar) { values ("0.1"); } '


def delay(related, kind, value, key="related_pin"):
    return arc(related, kind, DELAYS, value, key)[:-1] + SLOPES + "}"


def liberty(boxes, inner, share):
    """The stub: `share` (ns) is the set-up and the clock-to-output time of boxes with a clock. In a box
    without one, it is the delay from each input to each output, but zero from the inputs that another
    box drives: that box has already spent its share. Hold times are zero."""
    widths = sorted({width for pins in boxes.values() for _, width in pins.values() if width > 1})
    lines = [
        "library (macros) {",
        "delay_model : table_lookup;",
        'time_unit : "1ns"; voltage_unit : "1V"; current_unit : "1uA"; pulling_resistance_unit : "1kohm";',
        'leakage_power_unit : "1nW"; capacitive_load_unit (1,pf);',
        "nom_process : 1; nom_voltage : 1.8; nom_temperature : 25;",
        *(f"{kind}_threshold_pct_{edge} : 50;" for kind in ("input", "output") for edge in ("rise", "fall")),
        *(f"slew_{end}_threshold_pct_{edge} : {at};" for end, at in (("lower", 20), ("upper", 80)) for edge in ("rise", "fall")),
    ]
    for width in widths:
        lines.append(f"type (bits{width}) {{ base_type : array; data_type : bit; bit_width : {width}; bit_from : {width - 1}; bit_to : 0; }}")
    for name, pins in sorted(boxes.items()):
        lines.append(f"cell ({name}) {{ area : 0; dont_touch : true;")
        for pin, (direction, width) in sorted(pins.items()):
            body = [f"direction : {direction};"]
            if direction == "input":
                body.append("capacitance : 0.01;")
            if pin == CLOCK:
                body.append("clock : true;")
            elif CLOCK in pins and direction == "input":
                checks = ("rise_constraint", "fall_constraint")
                body.append(arc(CLOCK, "timing_type : setup_rising;", checks, share))
                body.append(arc(CLOCK, "timing_type : hold_rising;", checks, 0))
            elif CLOCK in pins:
                body.append(delay(CLOCK, "timing_type : rising_edge;", share))
            elif direction == "output":
                for other, (side, _) in sorted(pins.items()):
                    if side == "input":
                        value = 0.0 if (name, other) in inner else share
                        body.append(delay(other, "timing_sense : non_unate;", value, "related_bus_pins"))
            group = f"bus ({pin}) {{ bus_type : bits{width};" if width > 1 else f"pin ({pin}) {{"
            lines.append("\n  ".join([group, *body]) + " }")
        lines.append("}")
    lines.append("}")
    return "\n".join(lines) + "\n"
