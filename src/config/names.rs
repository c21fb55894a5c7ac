//! Names that the emitted Verilog may have, and keys of earlier versions.

use super::Rtl;

/// Most characters of a prefix.
const LONGEST: usize = 32;

/// Reserved words of SystemVerilog (IEEE 1800-2017), those of Verilog-2005 among them.
const KEYWORDS: &str = "accept_on alias always always_comb always_ff always_latch and assert assign \
    assume automatic before begin bind bins binsof bit break buf bufif0 bufif1 byte case casex casez \
    cell chandle checker class clocking cmos config const constraint context continue cover covergroup \
    coverpoint cross deassign default defparam design disable dist do edge else end endcase endchecker \
    endclass endclocking endconfig endfunction endgenerate endgroup endinterface endmodule endpackage \
    endprimitive endprogram endproperty endsequence endspecify endtable endtask enum event eventually \
    expect export extends extern final first_match for force foreach forever fork forkjoin function \
    generate genvar global highz0 highz1 if iff ifnone ignore_bins illegal_bins implements implies \
    import incdir include initial inout input inside instance int integer interconnect interface \
    intersect join join_any join_none large let liblist library local localparam logic longint \
    macromodule matches medium modport module nand negedge nettype new nexttime nmos nor noshowcancelled \
    not notif0 notif1 null or output package packed parameter pmos posedge primitive priority program \
    property protected pull0 pull1 pulldown pullup pulsestyle_ondetect pulsestyle_onevent pure rand \
    randc randcase randsequence rcmos real realtime ref reg reject_on release repeat restrict return \
    rnmos rpmos rtran rtranif0 rtranif1 s_always s_eventually s_nexttime s_until s_until_with scalared \
    sequence shortint shortreal showcancelled signed small soft solve specify specparam static string \
    strong strong0 strong1 struct super supply0 supply1 sync_accept_on sync_reject_on table tagged task \
    this throughout time timeprecision timeunit tran tranif0 tranif1 tri tri0 tri1 triand trior trireg \
    type typedef union unique unique0 unsigned until until_with untyped use uwire var vectored virtual \
    void wait wait_order wand weak weak0 weak1 while wildcard wire with within wor xnor xor";

/// Keys that configurations no longer have, and what to use instead.
const REPLACED: &[(&str, &str)] = &[
    (
        "engine.window",
        "use frontend.window, the bags in flight of each port",
    ),
    (
        "engine.retire_ports",
        "use frontend.ports: each port takes bags and gives their vectors",
    ),
    (
        "engine.max_replicas",
        "leave it out: a lane may hold any number of copies of a group, because the host names the \
         crossbar of each id",
    ),
    (
        "engine.dispatch",
        "leave it out: the host chooses the copy of a group that serves a bag",
    ),
];

/// What replaced a key of earlier versions.
pub(super) fn replacement(key: &str) -> Option<&'static str> {
    let entry = REPLACED.iter().find(|(name, _)| *name == key)?;
    Some(entry.1)
}

impl Rtl {
    /// The default of `prefix`.
    pub const DEFAULT_PREFIX: &str = "recross";

    /// What is wrong with the prefix, if anything: what was found, and what is allowed.
    pub(crate) fn fault(&self) -> Option<(String, String)> {
        let prefix = &self.prefix;
        let first = prefix.starts_with(|c: char| c.is_ascii_alphabetic());
        let rest = |c: char| c.is_ascii_alphanumeric() || c == '_';
        if !first || !prefix.chars().all(rest) {
            let expected = "a Verilog identifier: a letter, then letters, digits and underscores";
            return Some((format!("`{prefix}`"), expected.to_owned()));
        }
        if prefix.len() > LONGEST {
            let found = format!("{} characters", prefix.len());
            return Some((found, format!("at most {LONGEST} characters")));
        }
        if KEYWORDS.split(' ').any(|word| word == prefix) {
            let found = format!("`{prefix}`, a reserved word of Verilog or SystemVerilog");
            return Some((found, "another identifier".to_owned()));
        }
        None
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::super::Config;
    use super::*;

    #[test]
    fn prefixes_are_identifiers_and_no_keywords() {
        let fault = |prefix: &str| {
            let mut config = Config::default();
            config.rtl.prefix = prefix.to_owned();
            config.resolve("test").err().map(|e| e.to_string())
        };
        let long = "a".repeat(LONGEST);
        for good in ["recross", "a", "Emb_0", "my_", "modules", "Module", &long] {
            assert_eq!(fault(good), None);
        }
        let longer = long + "a";
        for bad in [
            "", " ", "1a", "_a", "a-b", "a b", "a.b", "a$", "../a", "\u{e9}", "module", "logic",
            "uwire", "restrict", &longer,
        ] {
            let said = fault(bad).unwrap();
            assert!(said.contains("key `rtl.prefix`: found "), "{said}");
        }
        assert!(fault("logic").unwrap().contains("reserved word"));
        assert!(fault(&longer).unwrap().contains("33 characters"));
    }
}
