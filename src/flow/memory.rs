//! Memory of this process and of the machine, where the system tells it (Linux).

use std::fs;
use std::path::Path;

use crate::error::{Error, Result};

/// Checks that `need` bytes more can be taken for `what`.
///
/// # Errors
/// [`Error::Argument`] with need and available, if the system tells what is available.
pub(super) fn require(what: &str, need: u64, help: &str) -> Result<()> {
    refuse_above(what, need, available(Path::new("/")), help)
}

fn refuse_above(what: &str, need: u64, available: Option<u64>, help: &str) -> Result<()> {
    match available {
        Some(available) if need > available => Err(Error::argument(
            what,
            format!("a need of about {} MiB of memory", need.div_ceil(1 << 20)),
            format!("at most {} MiB, which are available", available >> 20),
            help,
        )),
        _ => Ok(()),
    }
}

/// Bytes that can be taken: the smaller of the machine's available memory and what the limits of
/// this process's control groups (a container's, for example) leave. `root` is the file system.
fn available(root: &Path) -> Option<u64> {
    let read = |path: &str| fs::read_to_string(root.join(path)).ok();
    let machine = read("proc/meminfo").and_then(|text| kibibytes(&text, "MemAvailable:"));
    let groups = read("proc/self/cgroup").unwrap_or_default();
    let of_groups = groups.lines().flat_map(|line| {
        let mut fields = line.splitn(3, ':').skip(1);
        let (controllers, path) = (fields.next().unwrap_or(""), fields.next().unwrap_or("/"));
        let files = match controllers {
            "" => Some((
                "sys/fs/cgroup",
                "memory.max",
                "memory.current",
                "inactive_file ",
            )),
            list if list.split(',').any(|c| c == "memory") => Some((
                "sys/fs/cgroup/memory",
                "memory.limit_in_bytes",
                "memory.usage_in_bytes",
                "total_inactive_file ",
            )),
            _ => None,
        };
        // Limits of all groups above apply, too. A container may see its own group as the root.
        let groups = Path::new(path).ancestors();
        files
            .into_iter()
            .flat_map(move |(mount, limit, used, cache)| {
                groups.filter_map(move |group| {
                    let folder = root
                        .join(mount)
                        .join(group.strip_prefix("/").unwrap_or(group));
                    let number = |name: &str| {
                        let text = fs::read_to_string(folder.join(name)).ok()?;
                        text.trim().parse::<u64>().ok()
                    };
                    let stat = fs::read_to_string(folder.join("memory.stat")).unwrap_or_default();
                    // Cached files are given up when memory is needed.
                    let cached = stat
                        .lines()
                        .find_map(|l| l.strip_prefix(cache)?.parse().ok());
                    let used = number(used)?.saturating_sub(cached.unwrap_or(0));
                    Some(number(limit)?.saturating_sub(used))
                })
            })
    });
    machine.into_iter().chain(of_groups).min()
}

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
    kibibytes(status, "VmHWM:")
}

/// The bytes of a line `KEY N kB`.
fn kibibytes(text: &str, key: &str) -> Option<u64> {
    let line = text.lines().find_map(|l| l.strip_prefix(key))?;
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
    fn the_smallest_limit_counts() {
        let root = tempfile::tempdir().unwrap();
        let write = |path: &str, text: &str| {
            let path = root.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        let available = || available(root.path());
        assert_eq!(available(), None);
        write(
            "proc/meminfo",
            "MemTotal: 99 kB\nMemAvailable:    8000 kB\n",
        );
        assert_eq!(available(), Some(8000 << 10));
        // Version 2: the limit of a group above counts; `max` is none.
        write("proc/self/cgroup", "0::/a/b\n");
        write("sys/fs/cgroup/a/b/memory.max", "max\n");
        write("sys/fs/cgroup/a/b/memory.current", "100\n");
        assert_eq!(available(), Some(8000 << 10));
        write("sys/fs/cgroup/a/memory.max", "5000\n");
        write("sys/fs/cgroup/a/memory.current", "1000\n");
        assert_eq!(available(), Some(4000));
        write("sys/fs/cgroup/a/memory.stat", "anon 7\ninactive_file 300\n");
        assert_eq!(available(), Some(4300));
        // Version 1. In a container, the path does not exist and the root has the limit.
        write("proc/self/cgroup", "3:cpu:/c\n7:cpuset,memory:/docker/x\n");
        write("sys/fs/cgroup/memory/memory.limit_in_bytes", "3000\n");
        write("sys/fs/cgroup/memory/memory.usage_in_bytes", "3500\n");
        write(
            "sys/fs/cgroup/memory/memory.stat",
            "total_inactive_file 1000\n",
        );
        assert_eq!(available(), Some(500));
    }

    #[test]
    fn more_than_available_is_refused_with_both() {
        assert!(refuse_above("--trace", 3 << 20, Some(3 << 20), "help").is_ok());
        assert!(refuse_above("--trace", u64::MAX, None, "help").is_ok());
        let e = refuse_above("--trace", (3 << 20) + 1, Some((3 << 20) - 1), "help").unwrap_err();
        assert_eq!(
            e.to_string(),
            "argument --trace: found a need of about 4 MiB of memory, expected at most 2 MiB, \
             which are available"
        );
        assert_eq!((e.exit_status(), e.help()), (2, Some("help")));
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
