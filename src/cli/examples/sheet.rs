//! Comma-separated files, made in memory first.
//!
//! Nothing touches the disk before every file is made: a fault leaves no half of a
//! world behind, and the tests need no directory.

use std::collections::BTreeMap;
use std::io;

/// The bytes of all files by their names below the directory, with `/` between folders.
pub(super) type Files = BTreeMap<String, Vec<u8>>;

/// One file that is being filled.
pub(super) struct Sheet {
    name: String,
    writer: csv::Writer<Vec<u8>>,
}

impl Sheet {
    pub(super) fn begin(name: &str, header: &[&str]) -> io::Result<Sheet> {
        let mut writer = csv::Writer::from_writer(Vec::new());
        writer.write_record(header)?;
        Ok(Sheet { name: name.to_owned(), writer })
    }

    pub(super) fn row<S: AsRef<[u8]>>(&mut self, fields: &[S]) -> io::Result<()> {
        Ok(self.writer.write_record(fields)?)
    }

    pub(super) fn end(self, files: &mut Files) -> io::Result<()> {
        let bytes = self.writer.into_inner().map_err(csv::IntoInnerError::into_error)?;
        let earlier = files.insert(self.name, bytes);
        assert!(earlier.is_none(), "two sheets must not share a name");
        Ok(())
    }
}
