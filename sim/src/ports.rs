//! The ports of a verilated top module, read from its generated header.

use std::collections::BTreeMap;

use crate::design::{Design, Field};
use crate::error::Error;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Direction {
    In,
    Out,
    InOut,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Port {
    direction: Direction,
    width: u32,
}

/// Ports by their C++ names.
#[derive(Debug)]
pub(crate) struct Ports(BTreeMap<String, Port>);

impl Ports {
    /// Reads lines such as `VL_INW(&e,299,0,10);`.
    pub(crate) fn parse(header: &str) -> Self {
        Self(
            header
                .lines()
                .filter_map(|line| parse_line(line.trim()))
                .collect(),
        )
    }

    /// The C++ name of the port that Verilog calls `name`.
    fn find(&self, name: &str) -> Option<(String, Port)> {
        let encoded = encode(name);
        // A port named by a C++ keyword gets a prefix.
        [encoded.clone(), format!("__SYM__{encoded}")]
            .into_iter()
            .find_map(|n| self.0.get(&n).map(|p| (n.clone(), *p)))
    }

    /// The C++ name of a port that [`Ports::check`] has found.
    pub(crate) fn cpp_name(&self, name: &str) -> String {
        self.find(name)
            .map_or_else(|| encode(name), |found| found.0)
    }

    /// Checks that every field of `design` lies on a port of the right direction.
    pub(crate) fn check(&self, design: &Design) -> Result<(), Error> {
        for (owner, field) in design.driven() {
            self.check_field(design, &owner, &field, true)?;
        }
        for (owner, field) in design.read() {
            self.check_field(design, &owner, &field, false)?;
        }
        Ok(())
    }

    fn check_field(
        &self,
        design: &Design,
        owner: &str,
        field: &Field,
        driven: bool,
    ) -> Result<(), Error> {
        let fail = |message| {
            Err(Error::Design {
                design: design.name.clone(),
                message,
            })
        };
        let Some((_, port)) = self.find(&field.port) else {
            let known: Vec<_> = self.0.keys().map(String::as_str).collect();
            return fail(format!(
                "{owner}: module `{}` has no port `{}`; it has: {}",
                design.top,
                field.port,
                known.join(", ")
            ));
        };
        if driven && port.direction != Direction::In {
            return fail(format!(
                "{owner}: port `{}` of module `{}` is not an input and cannot be driven",
                field.port, design.top
            ));
        }
        if u64::from(field.lsb) + u64::from(field.width) > u64::from(port.width) {
            return fail(format!(
                "{owner}: {} does not lie on port `{}`, which has {} bits",
                field.describe(),
                field.port,
                port.width
            ));
        }
        Ok(())
    }
}

fn parse_line(line: &str) -> Option<(String, Port)> {
    let (kind, rest) = line.strip_prefix("VL_")?.split_once('(')?;
    let direction = match kind.trim_end_matches(|c: char| c.is_ascii_digit() || c == 'W') {
        "IN" => Direction::In,
        "OUT" => Direction::Out,
        "INOUT" => Direction::InOut,
        _ => return None,
    };
    let mut arguments = rest.split(')').next()?.split(',').map(str::trim);
    let name = arguments.next()?.trim_start_matches('&');
    let msb: i64 = arguments.next()?.parse().ok()?;
    let lsb: i64 = arguments.next()?.parse().ok()?;
    // The name of an array port contains its dimension. Such ports are not supported.
    let plain = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    let width = u32::try_from(msb.abs_diff(lsb) + 1).ok()?;
    plain.then(|| (name.to_owned(), Port { direction, width }))
}

/// Encodes a name as Verilator does: a double underscore, and characters that C++ does not allow, become hexadecimal.
fn encode(name: &str) -> String {
    let mut out = String::new();
    let mut bytes = name.bytes().peekable();
    while let Some(byte) = bytes.next() {
        match byte {
            b'_' if bytes.peek() == Some(&b'_') => {
                bytes.next();
                out.push_str("___05F");
            }
            b'_' => out.push('_'),
            b if b.is_ascii_alphanumeric() && !(out.is_empty() && b.is_ascii_digit()) => {
                out.push(char::from(b))
            }
            b => out.push_str(&format!("__0{b:02X}")),
        }
    }
    out
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;

    #[test]
    fn reads_generated_declarations() {
        let ports = Ports::parse(
            "  VL_IN8(&clk,0,0);\n VL_OUTW(&q,299,0,10);\nVL_INOUT16(&io,15,4);\nVL_IN64(d,63,0);\nVL_IN8((&mem)[4],7,0);\n",
        );
        let port = |direction, width| Port { direction, width };
        let want = [
            ("clk", port(Direction::In, 1)),
            ("d", port(Direction::In, 64)),
            ("io", port(Direction::InOut, 12)),
            ("q", port(Direction::Out, 300)),
        ];
        assert_eq!(ports.0, want.map(|(n, p)| (n.to_owned(), p)).into());
    }

    #[test]
    fn names_are_encoded_as_verilator_does() {
        assert_eq!(encode("cmd_valid_i"), "cmd_valid_i");
        assert_eq!(encode("a__b"), "a___05Fb");
        assert_eq!(encode("x$y"), "x__024y");
    }
}
