//! Groups the history with Mt-KaHyPar, a general hypergraph partitioner.

use crate::{Outcome, root};
use recross::formats::trace::Bags;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::process::Command;

/// The group of each id, and the seconds that partitioning took.
///
/// Bags are hyperedges, ids are vertices, groups are blocks of equal size. It is an error if a
/// group is larger than a crossbar, or if Mt-KaHyPar's objective differs from the one counted here.
pub fn group(preset: &str, history: &Bags, rows: u32, seed: u64) -> Outcome<(Vec<u32>, f64)> {
    let folder = tempfile::tempdir()?;
    let (source, target) = (folder.path().join("h.hgr"), folder.path().join("parts"));
    let touching = write_hypergraph(history, &source)?;
    let blocks = history.embeddings().div_ceil(rows);
    let threads = std::thread::available_parallelism()?;
    let tools = root().join(".tools/mtkahypar");
    let out = Command::new("python3")
        .arg(root().join("scripts/mtkahypar_partition.py"))
        .arg(&source)
        .args([blocks.to_string(), preset.to_owned(), threads.to_string()])
        .arg(seed.to_string())
        .arg(&target)
        .env("PYTHONPATH", tools)
        .output()?;
    if !out.status.success() {
        let text = String::from_utf8_lossy(&out.stderr);
        let help = "to install it, run ./scripts/tools.sh mtkahypar";
        return Err(format!("mtkahypar: {} ({help})", text.trim()).into());
    }
    let output = String::from_utf8(out.stdout)?;
    let last = output.lines().last().unwrap_or_default();
    let (seconds, km1) = last.split_once(' ').ok_or("mtkahypar: no result")?;

    let parts = std::fs::read_to_string(&target)?;
    let parts: Vec<u32> = parts
        .split_whitespace()
        .map(str::parse)
        .collect::<Result<_, _>>()?;
    let mut sizes = vec![0u32; blocks as usize];
    parts.iter().for_each(|&p| sizes[p as usize] += 1);
    if parts.len() != history.embeddings() as usize || sizes.iter().any(|&n| n > rows) {
        return Err("mtkahypar: a block is larger than a crossbar".into());
    }
    let touched = super::per_bag(history, &parts) * history.len() as f64;
    if touched.round() as u64 != km1.parse::<u64>()? + touching {
        return Err("mtkahypar: its objective differs from the one counted here".into());
    }
    Ok((parts, seconds.parse()?))
}

/// Writes the bags with at least two different ids in hMETIS format; returns the number of bags
/// that are not empty.
fn write_hypergraph(history: &Bags, path: &Path) -> Outcome<u64> {
    let mut edges = Vec::new();
    let mut touching = 0;
    for bag in history.iter() {
        let mut ids: Vec<u32> = bag.iter().map(|id| id.0 + 1).collect();
        ids.sort_unstable();
        ids.dedup();
        touching += u64::from(!ids.is_empty());
        if ids.len() > 1 {
            edges.push(ids);
        }
    }
    let mut out = BufWriter::new(std::fs::File::create(path)?);
    writeln!(out, "{} {}", edges.len(), history.embeddings())?;
    for edge in edges {
        let words: Vec<String> = edge.iter().map(u32::to_string).collect();
        writeln!(out, "{}", words.join(" "))?;
    }
    out.flush()?;
    Ok(touching)
}
