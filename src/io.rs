//! Atomic writing of files: to a temporary name in the same folder, then renamed. Nothing that is
//! there is overwritten unless the user says so.

use std::io::{BufWriter, Write};
use std::path::Path;

use crate::error::{Error, Result};

/// Writes `path` through `fill`. The final name appears only after everything was written. A device
/// or pipe is written to directly, since renaming would replace it with a file.
///
/// # Errors
/// [`Error::Io`] naming `path`; the temporary file is removed. Errors of `fill` pass through.
pub fn write_atomic(
    path: &Path,
    fill: impl FnOnce(&mut dyn Write) -> std::io::Result<()>,
) -> Result<()> {
    if is_stdout(path) {
        // Opened by its name, a redirected output would be written from its start again.
        let mut out = std::io::stdout().lock();
        return fill(&mut out)
            .and_then(|()| out.flush())
            .map_err(Error::io("write", path));
    }
    if is_device(path) {
        let mut file = std::fs::OpenOptions::new()
            .append(true)
            .open(path)
            .map_err(Error::io("write", path))?;
        return fill(&mut file).map_err(Error::io("write", path));
    }
    let folder = match path.parent() {
        Some(p) if !p.as_os_str().is_empty() => p,
        _ => Path::new("."),
    };
    std::fs::create_dir_all(folder).map_err(Error::io("create", folder))?;
    let mut temporary = tempfile::Builder::new()
        .prefix(".recross-")
        .suffix(".tmp")
        .tempfile_in(folder)
        .map_err(Error::io("write", path))?;
    {
        let mut out = BufWriter::with_capacity(1 << 16, temporary.as_file_mut());
        fill(&mut out)
            .and_then(|()| out.flush())
            .map_err(Error::io("write", path))?;
    }
    readable_by_others(temporary.path()).map_err(Error::io("write", path))?;
    temporary
        .persist(path)
        .map_err(|e| Error::io("write", path)(e.error))?;
    Ok(())
}

/// Refuses a file that is there, for commands that write one file at the end of their work. Devices,
/// pipes and standard output can always be written.
///
/// # Errors
/// [`Error::Exists`] naming the file, unless `overwrite` is set; [`Error::Io`] for a folder.
pub fn refuse_existing(path: &Path, overwrite: bool) -> Result<()> {
    if is_stdout(path) || is_device(path) {
        return Ok(());
    }
    if path.is_dir() {
        let found = std::io::ErrorKind::IsADirectory;
        return Err(Error::io("write", path)(found.into()));
    }
    // A link that leads nowhere is there too.
    match !overwrite && std::fs::symlink_metadata(path).is_ok() {
        true => Err(Error::Exists {
            path: path.to_path_buf(),
        }),
        false => Ok(()),
    }
}

/// A new folder in the system's temporary folder, which is removed when it is dropped.
///
/// # Errors
/// [`Error::Argument`] naming `TMPDIR` if that cannot be used.
pub fn temporary_folder() -> Result<tempfile::TempDir> {
    tempfile::tempdir().map_err(|e| {
        let folder = std::env::temp_dir();
        let reason = match folder.is_dir() {
            true => e.to_string(),
            false => "which is no folder".to_owned(),
        };
        let found = format!("`{}`, {reason}", folder.display());
        let help = "make it, or set TMPDIR to another folder";
        Error::argument("TMPDIR", found, "a folder that can be written to", help)
    })
}

/// Whether `path` is a name of this process's standard output.
pub fn is_stdout(path: &Path) -> bool {
    ["/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"]
        .iter()
        .any(|name| path == Path::new(name))
}

/// Whether `path` exists and is neither a file nor a folder, or names an open file of this process.
fn is_device(path: &Path) -> bool {
    let open_file = ["/dev/fd", "/proc/self/fd"]
        .iter()
        .any(|folder| path.parent() == Some(Path::new(folder)));
    open_file
        || path == Path::new("/dev/stderr")
        || std::fs::metadata(path).is_ok_and(|m| !m.is_file() && !m.is_dir())
}

/// Writes bytes atomically.
///
/// # Errors
/// As [`write_atomic`].
pub fn write_bytes(path: &Path, bytes: &[u8]) -> Result<()> {
    write_atomic(path, |out| out.write_all(bytes))
}

/// Writes bytes atomically, unless the file already holds them.
///
/// # Errors
/// As [`write_atomic`].
pub fn write_if_changed(path: &Path, bytes: &[u8]) -> Result<()> {
    // Reading a device may never end.
    if is_device(path) {
        return write_bytes(path, bytes);
    }
    match std::fs::read(path) {
        Ok(old) if old == bytes => Ok(()),
        _ => write_bytes(path, bytes),
    }
}

/// Sets ordinary permissions; a temporary file is readable by its owner only.
#[cfg(unix)]
fn readable_by_others(path: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o644))
}

#[cfg(not(unix))]
fn readable_by_others(_path: &Path) -> std::io::Result<()> {
    Ok(())
}
