//! Plain names for files whose paths Verilator would not take as they are.

use std::path::{Path, PathBuf};
use std::{fs, io};

use crate::error::Error;

/// The folder of the links below a build's folder.
const FOLDER: &str = "links";

/// Verilator replaces `$NAME` and `${NAME}` in the paths that it is given, and splits its lists of files at blanks. Files with such paths are
/// reached through links.
pub(crate) struct Links<'a> {
    work: &'a Path,
    /// Each link as Verilator sees it, and where it leads.
    made: Vec<(String, String)>,
}

impl<'a> Links<'a> {
    /// For a tool that runs in `work`.
    pub(crate) fn new(work: &'a Path) -> Self {
        Self {
            work,
            made: Vec::new(),
        }
    }

    /// `path`, or a link to it if it has more than letters, digits and common signs.
    pub(crate) fn plain(&mut self, path: &Path) -> Result<PathBuf, Error> {
        let text = path.to_string_lossy().into_owned();
        if text.chars().all(is_plain) {
            return Ok(path.to_path_buf());
        }
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let name: String = name
            .chars()
            .map(|c| if is_plain(c) { c } else { '_' })
            .collect();
        // In a folder of its own, because files of different folders can have the same name.
        let link = PathBuf::from(FOLDER)
            .join(self.made.len().to_string())
            .join(name);
        let full = self.work.join(&link);
        full.parent()
            .map_or(Ok(()), fs::create_dir_all)
            .and_then(|()| symlink(path, &full))
            .map_err(Error::io("linking", path))?;
        self.made.push((link.to_string_lossy().into_owned(), text));
        Ok(link)
    }

    /// A tool's message with the paths as they were given.
    pub(crate) fn undone(&self, mut text: String) -> String {
        // The last first: link 1 begins as link 10 does.
        for (link, path) in self.made.iter().rev() {
            text = text.replace(link, path);
        }
        text
    }
}

fn is_plain(c: char) -> bool {
    c.is_ascii_alphanumeric() || "/._-+".contains(c)
}

#[cfg(unix)]
fn symlink(path: &Path, link: &Path) -> io::Result<()> {
    std::os::unix::fs::symlink(path, link)
}

#[cfg(not(unix))]
fn symlink(_path: &Path, _link: &Path) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn odd_paths_are_reached_by_plain_ones() {
        let folder = tempfile::tempdir().unwrap();
        let plain = folder.path().join("a.v");
        let odd = folder.path().join("b $x{1}\".v");
        fs::write(&odd, "odd").unwrap();
        let mut links = Links::new(folder.path());
        assert_eq!(links.plain(&plain).unwrap(), plain);
        let link = links.plain(&odd).unwrap();
        assert_eq!(link, Path::new("links/0/b__x_1__.v"));
        assert_eq!(
            fs::read_to_string(folder.path().join(&link)).unwrap(),
            "odd"
        );
        let message = format!("%Error: {}:3: no", link.display());
        let wanted = format!("%Error: {}:3: no", odd.display());
        assert_eq!(links.undone(message), wanted);
    }
}
