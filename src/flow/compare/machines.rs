//! CPU and GPU beside the designs.

use serde::Deserialize;

use super::{Inputs, Kind, MachineFigures, Ratios, Row, Spec};
use crate::config::Resolved;
use crate::cost::baseline::cpu::{self, MeasureOptions, Measured, Precision};
use crate::cost::baseline::{Modelled, Workload, gpu};
use crate::error::{At, Error, Result};
use std::path::Path;

const FP32: u32 = 32;

/// Names of the rows that there will be.
pub(super) fn names(measured: bool, gpu: Option<&MachineFigures>) -> Vec<String> {
    let mut names = Vec::new();
    if measured {
        names.extend(["cpu_measured", "cpu_measured_fp32"]);
    }
    names.extend(["cpu_model", "cpu_model_fp32", "gpu_model", "gpu_model_fp32"]);
    if let Some(gpu) = gpu {
        names.push(match gpu.element_bits {
            FP32 => "gpu_measured_fp32",
            _ => "gpu_measured",
        });
    }
    names.into_iter().map(str::to_owned).collect()
}

/// The CPU measured on this machine and modelled, the GPU modelled, and measured if its figures were
/// brought; each with integers as the table has them, and with 32-bit floats.
///
/// # Errors
/// As [`cpu::measure`].
pub(super) fn rows(resolved: &Resolved, spec: &Spec, inputs: &Inputs<'_>) -> Result<Vec<Row>> {
    let (bags, technology) = (inputs.bags, inputs.technology);
    let mut figures = Vec::new();
    if spec.cpu_seconds > 0.0 {
        let options = MeasureOptions {
            batch: resolved.config.mapping.batch as usize,
            seconds: spec.cpu_seconds,
        };
        figures.extend(cpu::measure(bags, inputs.table, technology, &options)?.map(measured));
    }
    let (dim, batch) = (inputs.table.dim, u64::from(resolved.config.mapping.batch));
    let integers = Precision::of(inputs.table).bits();
    type Model = fn(Workload, &crate::technology::Technology) -> Modelled;
    for model in [cpu::model as Model, gpu::model as Model] {
        for bits in [integers, FP32] {
            let workload = Workload::new(bags, batch, dim, bits);
            figures.push(modelled(model(workload, technology)));
        }
    }
    figures.extend(spec.gpu.clone());
    let names = names(spec.cpu_seconds > 0.0, spec.gpu.as_ref());
    Ok(std::iter::zip(names, figures).map(row).collect())
}

fn row((name, figures): (String, MachineFigures)) -> Row {
    let machine = match name.starts_with("cpu") {
        true => "CPU",
        false => "GPU",
    };
    let elements = match figures.element_bits {
        FP32 => "fp32".to_owned(),
        bits => format!("int{bits}"),
    };
    let how = match figures.measured {
        true => "measured",
        false => "modelled",
    };
    Row {
        name,
        about: format!("{machine} {how}, {elements}: {}", figures.on),
        cost: figures.cost(),
        ratios: Ratios::default(),
        of: Kind::Machine(Box::new(figures)),
    }
}

fn measured(m: Measured) -> MachineFigures {
    MachineFigures {
        element_bits: m.precision.bits(),
        measured: true,
        on: format!("this host, {} threads", m.threads),
        batch_alone_ns: m.batch_seconds * 1e9,
        ns_per_lookup: 1e9 / m.lookups_per_second,
        memory_pj_per_lookup: m.memory_pj_per_lookup,
        package_pj_per_lookup: m.package_pj_per_lookup,
        provenance: m.provenance,
    }
}

fn modelled(m: Modelled) -> MachineFigures {
    let bound = match m.bound {
        crate::cost::baseline::Bound::Bandwidth => "bandwidth",
        crate::cost::baseline::Bound::Latency => "latency",
    };
    MachineFigures {
        element_bits: m.workload.element_bits,
        measured: false,
        on: format!("{bound} bound"),
        // There are bags and lookups, see `super::check`.
        batch_alone_ns: m.seconds_per_batch.unwrap_or(f64::NAN) * 1e9,
        ns_per_lookup: 1e9 / m.lookups_per_second,
        memory_pj_per_lookup: m.memory_pj_per_lookup.unwrap_or(f64::NAN),
        package_pj_per_lookup: m.package_pj_per_lookup.unwrap_or(f64::NAN),
        provenance: m.provenance,
    }
}

/// What `examples/gpu` prints.
#[derive(Deserialize)]
struct GpuLine {
    device: String,
    precision: String,
    dim: u32,
    bags: u64,
    lookups: u64,
    batch: u64,
    batch_seconds: f64,
    lookups_per_second: f64,
}

/// Reads a GPU's measurement, as `examples/gpu/measure.sh` prints it, made of the same bags. Energy is
/// modelled: the technology file's package power over the measured time, and every row from memory.
///
/// # Errors
/// [`Error::Io`] if it cannot be read; [`Error::Input`] if it is something else, or of other bags.
pub fn read_gpu(path: &Path, resolved: &Resolved, inputs: &Inputs<'_>) -> Result<MachineFigures> {
    let text = std::fs::read_to_string(path).map_err(Error::io("read", path))?;
    let help = "measure the bags that are judged: examples/gpu/measure.sh TABLE.npy HOLDOUT BATCH";
    let line: GpuLine = serde_json::from_str(&text).map_err(|e| {
        let expected = "the JSON line of examples/gpu/measure.sh";
        Error::input(path, At::File, e.to_string(), expected, help)
    })?;
    let batch = u64::from(resolved.config.mapping.batch);
    let bags = inputs.bags;
    for (key, found, expected) in [
        ("dim", u64::from(line.dim), u64::from(inputs.table.dim)),
        ("bags", line.bags, bags.len() as u64),
        ("lookups", line.lookups, bags.lookups()),
        ("batch", line.batch, batch),
    ] {
        if found != expected {
            let at = At::Key(key.to_owned());
            return Err(Error::input(
                path,
                at,
                found.to_string(),
                expected.to_string(),
                help,
            ));
        }
    }
    for (key, found) in [
        ("batch_seconds", line.batch_seconds),
        ("lookups_per_second", line.lookups_per_second),
    ] {
        if !(found.is_finite() && found > 0.0) {
            let at = At::Key(key.to_owned());
            let expected = "a positive number";
            return Err(Error::input(path, at, found.to_string(), expected, help));
        }
    }
    let element_bits = match line.precision.as_str() {
        "int8" => 8,
        "fp32" => FP32,
        other => {
            let at = At::Key("precision".to_owned());
            return Err(Error::input(path, at, other, "int8 or fp32", help));
        }
    };
    let workload = Workload::new(bags, batch, line.dim, element_bits);
    let model = gpu::model(workload, inputs.technology);
    let power = inputs.technology.gpu.package_power.value;
    Ok(MachineFigures {
        element_bits,
        measured: true,
        on: line.device,
        batch_alone_ns: line.batch_seconds * 1e9,
        ns_per_lookup: 1e9 / line.lookups_per_second,
        memory_pj_per_lookup: model.memory_pj_per_lookup.unwrap_or(f64::NAN),
        package_pj_per_lookup: power * 1e12 / line.lookups_per_second,
        provenance: model.provenance,
    })
}
