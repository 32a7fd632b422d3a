//! `ls` and `stat`.

use std::fmt::Write;

use alpheus_storage::{FileStatus, FileSystem};
use serde_json::json;

use super::{expand, print};
use crate::exit::{CliError, CliResult};
use crate::render::utc;

/// Lists what is named; of folders, what lies in them.
pub(super) fn ls(paths: &[String], recursive: bool) -> CliResult<()> {
    for path in paths {
        let (fs, found) = expand(path)?;
        let mut shown = Vec::new();
        for one in found {
            match one.is_directory {
                true => children(&*fs, &one, recursive, &mut shown)?,
                false => shown.push(one),
            }
        }
        if print(table(&shown).as_bytes())? {
            return Ok(());
        }
    }
    Ok(())
}

fn children(
    fs: &dyn FileSystem,
    folder: &FileStatus,
    recursive: bool,
    into: &mut Vec<FileStatus>,
) -> CliResult<()> {
    for child in fs.list(&folder.location).map_err(CliError::failed)? {
        into.push(child.clone());
        if recursive && child.is_directory {
            children(fs, &child, recursive, into)?;
        }
    }
    Ok(())
}

/// Lines as `hdfs dfs -ls` writes them.
fn table(files: &[FileStatus]) -> String {
    let rows: Vec<[String; 6]> = files.iter().map(columns).collect();
    let width = |i: usize| rows.iter().map(|row| row[i].len()).max().unwrap_or(0);
    let (replication, owner, group, length) = (width(1), width(2), width(3), width(4));
    let mut out = String::new();
    for (row, file) in rows.iter().zip(files) {
        // Writing to a String cannot fail.
        let _ = writeln!(
            out,
            "{} {:>replication$} {:<owner$} {:<group$} {:>length$} {} {}",
            row[0], row[1], row[2], row[3], row[4], row[5], file.location
        );
    }
    out
}

fn columns(file: &FileStatus) -> [String; 6] {
    let attributes = file.attributes.as_ref();
    let or_dash = |text: Option<String>| text.unwrap_or_else(|| "-".to_owned());
    [
        mode(file),
        or_dash(
            attributes
                .and_then(|a| a.replication)
                .map(|r| r.to_string()),
        ),
        or_dash(attributes.map(|a| a.owner.clone())),
        or_dash(attributes.map(|a| a.group.clone())),
        file.length.to_string(),
        minutes(file.modified_ms),
    ]
}

/// `-rw-r-----`, with question marks where the file system says nothing.
fn mode(file: &FileStatus) -> String {
    let mut text = String::from(if file.is_directory { "d" } else { "-" });
    match &file.attributes {
        None => text.push_str("?????????"),
        Some(attributes) => {
            for bit in (0..9).rev() {
                let set = attributes.mode & (1 << bit) != 0;
                let letter = ['x', 'w', 'r'][bit % 3];
                text.push(if set { letter } else { '-' });
            }
            if attributes.mode & 0o1000 != 0 {
                text.pop();
                text.push(if attributes.mode & 1 != 0 { 't' } else { 'T' });
            }
        }
    }
    text
}

fn minutes(ms: i64) -> String {
    let mut text = utc(ms, 0);
    text.truncate("2026-01-01 00:00".len());
    text
}

/// Shows all that is known.
pub(super) fn stat(paths: &[String], as_json: bool) -> CliResult<()> {
    for path in paths {
        let (_, found) = expand(path)?;
        for one in &found {
            let text = if as_json { object(one) } else { lines(one) };
            if print(text.as_bytes())? {
                return Ok(());
            }
        }
    }
    Ok(())
}

fn object(file: &FileStatus) -> String {
    let attributes = file.attributes.as_ref();
    let object = json!({
        "path": file.location.to_string(),
        "type": if file.is_directory { "DIRECTORY" } else { "FILE" },
        "length": file.length,
        "modificationTime": file.modified_ms,
        "permission": attributes.map(|a| format!("{:o}", a.mode)),
        "owner": attributes.map(|a| &a.owner),
        "group": attributes.map(|a| &a.group),
        "replication": attributes.and_then(|a| a.replication),
        "blockSize": attributes.and_then(|a| a.block_size),
    });
    format!("{object}\n")
}

fn lines(file: &FileStatus) -> String {
    let kind = if file.is_directory { "folder" } else { "file" };
    let modified = utc(file.modified_ms, 3);
    let mut out = format!("{}\n", file.location);
    // Writing to a String cannot fail.
    let _ = writeln!(out, "  kind:         {kind}");
    if !file.is_directory {
        let _ = writeln!(out, "  length:       {} bytes", file.length);
    }
    let _ = writeln!(out, "  modified:     {modified} UTC");
    if let Some(attributes) = &file.attributes {
        let _ = writeln!(
            out,
            "  permissions:  {} ({:o})",
            mode(file),
            attributes.mode & 0o7777
        );
        let _ = writeln!(
            out,
            "  owner, group: {} {}",
            attributes.owner, attributes.group
        );
        if let (Some(copies), Some(size)) = (attributes.replication, attributes.block_size) {
            let _ = writeln!(out, "  replication:  {copies}, blocks of {size} bytes");
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use alpheus_storage::{Attributes, Location};

    use super::*;

    fn file(mode: u32, is_directory: bool) -> FileStatus {
        FileStatus {
            location: Location::local("/x"),
            length: 5,
            is_directory,
            modified_ms: 1_700_000_000_000,
            attributes: Some(Attributes {
                mode,
                owner: "alice".to_owned(),
                group: "staff".to_owned(),
                replication: (!is_directory).then_some(3),
                block_size: (!is_directory).then_some(1 << 27),
            }),
        }
    }

    #[test]
    fn modes_are_shown_as_everywhere() {
        assert_eq!(mode(&file(0o640, false)), "-rw-r-----");
        assert_eq!(mode(&file(0o1777, true)), "drwxrwxrwt");
        assert_eq!(mode(&file(0o1776, true)), "drwxrwxrwT");
    }

    #[test]
    fn lists_have_columns() {
        let text = table(&[file(0o755, true), file(0o644, false)]);
        assert_eq!(
            text,
            "drwxr-xr-x - alice staff 5 2023-11-14 22:13 /x\n-rw-r--r-- 3 alice staff 5 2023-11-14 22:13 /x\n"
        );
    }
}
