//! The pins of the analog part that have no digital effect: trim bits and scan chain reach every macro.

use crate::cosim::{build_spec, geometries, package_of, random, with_stalls};
use rand::RngExt;
use recross::config::Config;
use recross::cosim::harness;
use recross::hardware::Params;
use recross::rtl::sources_of;
use std::ops::ControlFlow;
use verilated::{Field, Library, Probe, RunRequest, SearchOptions, StreamSpec, Toolchain};

/// What the model of a macro does with its scan pins, and what it does here: the parity of its trim bits is added to what it
/// passes on.
const PASSES_ON: [&str; 2] = [
    "if (scan_en_i) scan_q <= scan_i;",
    "if (scan_en_i) scan_q <= scan_i ^ ^trim_i;",
];

/// Shifts random bits through all macros, under random trim bits and with pauses.
pub fn reach_every_macro(config: &Config) {
    let r = with_stalls(config, 0, 0, 1);
    let params = Params::new(&r);
    let spec = build_spec();
    let (package, _emitted) = package_of(&r);
    let folder = tempfile::tempdir().unwrap();
    let mut edited = 0;
    let edit = |source: std::path::PathBuf| {
        let text = std::fs::read_to_string(&source).unwrap();
        edited += text.matches(PASSES_ON[0]).count();
        let path = folder.path().join(source.file_name().unwrap());
        std::fs::write(&path, text.replace(PASSES_ON[0], PASSES_ON[1])).unwrap();
        path
    };
    let sources = sources_of(&package).unwrap();
    let mut design = harness::design(&params, sources.into_iter().map(edit).collect());
    assert_eq!(edited, 1);
    design.inputs.push(StreamSpec {
        name: "pins".to_owned(),
        valid: Field::bit("scan_en_i", 0),
        ready: None,
        payload: vec![Field::whole("trim_i", 8), Field::whole("scan_i", 1)],
    });
    design.probes.push(Probe {
        name: "scan".to_owned(),
        field: Field::whole("scan_o", 1),
    });
    let tools = Toolchain::find(&SearchOptions::default()).unwrap();
    let built = verilated::build(&tools, &design, &spec.options()).unwrap();
    let mut model = Library::load(&built).unwrap().model().unwrap();
    model.reset(4).unwrap();
    let mut rng = random::rng(3);
    let mut chain = vec![None; (params.lanes * params.banks) as usize];
    for _ in 0..chain.len() + 60 {
        let (trim, bit) = (rng.random_range(0..256u32), rng.random_range(0..2u32));
        let words = [trim, bit];
        let request = RunRequest::new().input("pins", &words);
        let request = request.drain(rng.random_range(0..3));
        model
            .run(&request, &mut |_| ControlFlow::Continue(()))
            .unwrap();
        chain.rotate_right(1);
        chain[0] = Some(bit);
        let added = trim.count_ones() % 2;
        chain.iter_mut().flatten().for_each(|bit| *bit ^= added);
        if let Some(Some(last)) = chain.last() {
            assert_eq!(
                model.probe("scan").unwrap()[0],
                *last,
                "the end of the scan chain"
            );
        }
    }
}

#[test]
fn trim_bits_and_scan_chain_reach_every_macro() {
    for config in [geometries::tiny(), geometries::sar_lossless()] {
        reach_every_macro(&config);
    }
}
