//! `config.json` of an RTL package, from which co-simulation takes names and sources.

use super::{Given, small, told};
use recross::rtl::{RECORD, Record, file_list, sources_of};

/// A record, in a folder without any sources.
pub fn package(bytes: &[u8]) {
    let given = Given::new(RECORD, bytes);
    let Some(record) = told(Record::read(given.folder())) else {
        return;
    };
    let _ = record.has_default_names();
    let _ = told(record.check(small(), given.folder()));
    assert!(told(record.sources(given.folder())).is_none());
    // A list of sources is text that nobody chose, too.
    let list = given.beside(&file_list(record.prefix()));
    std::fs::write(list, bytes).unwrap();
    for source in told(sources_of(given.folder())).unwrap_or_default() {
        assert!(source.is_file(), "{}", source.display());
    }
}
