//! Finding files: a file, a folder read recursively, or a pattern with `*`, `?`, `[..]` and `{a,b}`.
//!
//! As in Flink and Hadoop, names that start with `_` or `.` are hidden below a folder or pattern, so
//! that half-written files and markers are never read as data.

use glob::{MatchOptions, Pattern};

use crate::Result;
use crate::error::StorageError;
use crate::file_system::{FileStatus, FileSystem};
use crate::location::Location;

const MATCH: MatchOptions = MatchOptions {
    case_sensitive: true,
    require_literal_separator: true,
    require_literal_leading_dot: true,
};

/// Whether a name is hidden from readers of a folder.
pub fn is_hidden(name: &str) -> bool {
    name.starts_with('_') || name.starts_with('.')
}

/// All files at `location`, ascending by path.
///
/// # Errors
/// [`StorageError::NotFound`] when a plain path is not there, a pattern that cannot be parsed.
pub fn find_files(file_system: &dyn FileSystem, location: &Location) -> Result<Vec<FileStatus>> {
    let mut files = Vec::new();
    if !has_wildcard(location.path()) {
        let status = file_system.status(location)?;
        if status.is_directory {
            walk(file_system, location, &mut files)?;
        } else {
            files.push(status);
        }
    } else {
        for alternative in expand_braces(location.path()) {
            let pattern =
                Pattern::new(&alternative).map_err(|error| StorageError::InvalidLocation {
                    text: location.to_string(),
                    reason: error.to_string(),
                })?;
            let fixed = alternative
                .split('/')
                .take_while(|part| !has_wildcard(part));
            let base = root_of(location).join(&fixed.collect::<Vec<_>>().join("/"));
            match_below(file_system, &base, &pattern, &mut files)?;
        }
    }
    files.sort_by(|a, b| a.location.cmp(&b.location));
    files.dedup_by(|a, b| a.location == b.location);
    Ok(files)
}

/// What a path or a pattern names, ascending by path: files and folders, hidden ones too, without what lies in the folders.
///
/// # Errors
/// [`StorageError::NotFound`] when nothing is there, a pattern that cannot be parsed.
pub fn expand(file_system: &dyn FileSystem, location: &Location) -> Result<Vec<FileStatus>> {
    if !has_wildcard(location.path()) {
        return Ok(vec![file_system.status(location)?]);
    }
    let mut found = Vec::new();
    for alternative in expand_braces(location.path()) {
        let mut level = vec![root_of(location)];
        let parts: Vec<&str> = alternative.split('/').filter(|p| !p.is_empty()).collect();
        for (depth, part) in parts.iter().enumerate() {
            let last = depth + 1 == parts.len();
            let mut next = Vec::new();
            for folder in &level {
                if !has_wildcard(part) && !last {
                    next.push(folder.join(part));
                    continue;
                }
                for child in matching(file_system, folder, part, location)? {
                    match last {
                        true => found.push(child),
                        false if child.is_directory => next.push(child.location),
                        false => {}
                    }
                }
            }
            level = next;
        }
    }
    if found.is_empty() {
        return Err(StorageError::NotFound {
            location: location.clone(),
        });
    }
    found.sort_by(|a, b| a.location.cmp(&b.location));
    found.dedup_by(|a, b| a.location == b.location);
    Ok(found)
}

/// The children of a folder whose names match one part of a pattern. A folder that is not there has none.
fn matching(
    file_system: &dyn FileSystem,
    folder: &Location,
    part: &str,
    pattern: &Location,
) -> Result<Vec<FileStatus>> {
    let none_if_missing = |error: StorageError| match error.is_not_found() {
        true => Ok(Vec::new()),
        false => Err(error),
    };
    if !has_wildcard(part) {
        let status = file_system.status(&folder.join(part));
        return status.map(|one| vec![one]).or_else(none_if_missing);
    }
    let compiled = Pattern::new(part).map_err(|error| StorageError::InvalidLocation {
        text: pattern.to_string(),
        reason: error.to_string(),
    })?;
    let children = file_system.list(folder).or_else(none_if_missing)?;
    Ok(children
        .into_iter()
        .filter(|child| compiled.matches_with(child.location.name(), MATCH))
        .collect())
}

fn has_wildcard(path: &str) -> bool {
    path.contains(['*', '?', '[', '{'])
}

fn root_of(location: &Location) -> Location {
    let mut root = location.clone();
    while let Some(parent) = root.parent() {
        root = parent;
    }
    root
}

fn walk(
    file_system: &dyn FileSystem,
    folder: &Location,
    files: &mut Vec<FileStatus>,
) -> Result<()> {
    for child in file_system.list(folder)? {
        if is_hidden(child.location.name()) {
            continue;
        }
        if child.is_directory {
            walk(file_system, &child.location, files)?;
        } else {
            files.push(child);
        }
    }
    Ok(())
}

fn match_below(
    file_system: &dyn FileSystem,
    folder: &Location,
    pattern: &Pattern,
    files: &mut Vec<FileStatus>,
) -> Result<()> {
    let depth = |path: &str| path.matches('/').count();
    for child in file_system.list(folder)? {
        let path = child.location.path();
        if is_hidden(child.location.name()) {
            continue;
        }
        if pattern.matches_with(path, MATCH) {
            if child.is_directory {
                walk(file_system, &child.location, files)?;
            } else {
                files.push(child);
            }
        } else if child.is_directory && depth(path) < depth(pattern.as_str()) {
            match_below(file_system, &child.location, pattern, files)?;
        }
    }
    Ok(())
}

/// `a{b,c}d` to `abd`, `acd`; the last group first, so that several multiply out.
fn expand_braces(pattern: &str) -> Vec<String> {
    let Some(open) = pattern.rfind('{') else {
        return vec![pattern.to_owned()];
    };
    let Some(close) = pattern[open..].find('}').map(|at| open + at) else {
        return vec![pattern.to_owned()];
    };
    let (before, after) = (&pattern[..open], &pattern[close + 1..]);
    let options = pattern[open + 1..close].split(',');
    options
        .flat_map(|option| expand_braces(&format!("{before}{option}{after}")))
        .collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::file_system::CreateMode;
    use crate::local::LocalFileSystem;

    #[test]
    fn finds_what_is_meant_and_nothing_hidden() {
        let folder = tempfile::tempdir().unwrap();
        let base = Location::local(folder.path());
        for name in [
            "a.csv",
            "b.csv",
            "c.json",
            "_d.csv",
            ".e.csv",
            "sub/f.csv",
            "_tmp/g.csv",
        ] {
            LocalFileSystem
                .write(&base.join(name), b"", CreateMode::New)
                .unwrap();
        }
        let found = |path: &str| {
            let files = find_files(&LocalFileSystem, &base.join(path)).unwrap();
            files
                .iter()
                .map(|f| f.location.relative_to(&base).unwrap().to_owned())
                .collect::<Vec<_>>()
        };
        assert_eq!(found(""), ["a.csv", "b.csv", "c.json", "sub/f.csv"]);
        assert_eq!(found("*.csv"), ["a.csv", "b.csv"]);
        assert_eq!(found("{a,c}.*"), ["a.csv", "c.json"]);
        assert_eq!(found("s?b/*"), ["sub/f.csv"]);
        assert_eq!(found("_d.csv"), ["_d.csv"]);
        assert!(
            find_files(&LocalFileSystem, &base.join("missing"))
                .unwrap_err()
                .is_not_found()
        );
    }

    #[test]
    fn a_pattern_names_files_and_folders_level_by_level() {
        let folder = tempfile::tempdir().unwrap();
        let base = Location::local(folder.path());
        for name in ["a1/x.csv", "a2/x.csv", "a2/y.json", "b/x.csv", "a3"] {
            LocalFileSystem
                .write(&base.join(name), b"", CreateMode::New)
                .unwrap();
        }
        let names = |pattern: &str| -> Vec<String> {
            let found = expand(&LocalFileSystem, &base.join(pattern)).unwrap();
            let relative = |one: &FileStatus| one.location.relative_to(&base).unwrap().to_owned();
            found.iter().map(relative).collect()
        };
        assert_eq!(names("a*"), ["a1", "a2", "a3"]);
        assert_eq!(names("a*/x.csv"), ["a1/x.csv", "a2/x.csv"]);
        assert_eq!(names("{a2,b}/*"), ["a2/x.csv", "a2/y.json", "b/x.csv"]);
        assert_eq!(names("b"), ["b"]);
        for nothing in ["c*", "a3/*", "none/*", "none"] {
            let error = expand(&LocalFileSystem, &base.join(nothing)).unwrap_err();
            assert!(
                error.is_not_found() || nothing == "a3/*",
                "{nothing}: {error}"
            );
        }
    }
}
