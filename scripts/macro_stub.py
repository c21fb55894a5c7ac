"""Liberty stub of the analog macro in a netlist that Yosys wrote as JSON."""

CLOCK = "clk_i"
# The end of a conversion may depend on its start in the same cycle (a conversion of one cycle).
DONE, STARTS = "done_o", ("start_i", "level_i")
# The comparators of successive approximation decide in the cycle of the trial.
DECISION, TRIAL = "cmp_o", ("dac_i", "cmp_strobe_i")


def macros(module, prefix):
    """Cell type -> {pin: (direction, width)} of the black boxes in a netlist, whose types begin with
    `prefix`."""
    boxes = {}
    for cell in module["cells"].values():
        if cell["type"].startswith(prefix):
            pins = {pin: (cell["port_directions"][pin], len(bits)) for pin, bits in cell["connections"].items()}
            boxes.setdefault(cell["type"], pins)
    return boxes


def arc(related, kind, tables, value, key="related_pin"):
    """A timing group with the same value in all its tables."""
    bodies = "".join(f'{table} (scalar) {{ values ("{value:.4f}"); }} ' for table in tables)
    return f'timing () {{ {key} : "{related}"; {kind} {bodies}}}'


DELAYS = ("cell_rise", "cell_fall")
SLOPES = ' rise_transition (scalar) { values ("0.1"); } fall_transition (scalar) { values ("0.1"); } '


def delay(related, kind, value, key="related_pin"):
    return arc(related, kind, DELAYS, value, key)[:-1] + SLOPES + "}"


def liberty(boxes, share):
    """The stub: `share` (ns) is the set-up time of each input and the time from the clock to each
    output, and also the delay of the paths through the macro within a cycle. Hold times are zero."""
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
            elif direction == "input":
                checks = ("rise_constraint", "fall_constraint")
                body.append(arc(CLOCK, "timing_type : setup_rising;", checks, share))
                body.append(arc(CLOCK, "timing_type : hold_rising;", checks, 0))
            else:
                body.append(delay(CLOCK, "timing_type : rising_edge;", share))
                for output, inputs in ((DONE, STARTS), (DECISION, TRIAL)):
                    for other in inputs if pin == output else ():
                        if other in pins:
                            key = "related_bus_pins" if pins[other][1] > 1 else "related_pin"
                            body.append(delay(other, "timing_sense : non_unate;", share, key))
            group = f"bus ({pin}) {{ bus_type : bits{width};" if width > 1 else f"pin ({pin}) {{"
            lines.append("\n  ".join([group, *body]) + " }")
        lines.append("}")
    lines.append("}")
    return "\n".join(lines) + "\n"
