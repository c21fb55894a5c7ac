//! Peak memory of this process, where the system tells it (Linux).

use std::fs;

/// Forgets earlier peaks, where that is allowed.
pub(super) fn forget_peak() {
    // 5 resets the high-water mark, see proc(5). Without it, peaks are those since the start.
    let _ = fs::write("/proc/self/clear_refs", "5");
}

/// Most bytes of physical memory that were in use since [`forget_peak`].
pub(super) fn peak() -> Option<u64> {
    parse(&fs::read_to_string("/proc/self/status").ok()?)
}

fn parse(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:"))?;
    let kibibytes = line.trim().strip_suffix("kB")?.trim();
    Some(kibibytes.parse::<u64>().ok()? * 1024)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn the_peak_is_in_kibibytes() {
        let status = "Name:\trecross\nVmHWM:\t    2052 kB\nVmRSS:\t 12 kB\n";
        assert_eq!(parse(status), Some(2052 * 1024));
        assert_eq!(parse("Name:\trecross\n"), None);
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn what_is_used_is_seen() {
        let before = peak().unwrap();
        let block = vec![1u8; 64 << 20];
        assert!(block.contains(&1));
        assert!(peak().unwrap() >= before.max(64 << 20));
    }
}
