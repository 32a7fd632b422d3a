//! Files that are not on this machine, whose bytes come when the test says so.
#![allow(clippy::unwrap_used)]

use std::path::Path;
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use alpheus_dataflow::source::{NextSplit, SourcePoll, SourceReader, SourceReaderContext};
use alpheus_dataflow::{Field, RowType, TypeKind};
use alpheus_storage::{
    CreateMode, FileStatus, FileSystem, InputFile, LocalFileSystem, Location, OutputFile, Result,
    register,
};
use bytes::Bytes;

use super::*;
use crate::testing::{context, read_all, read_with_restarts, rows, table};

/// Local files under another scheme; reads wait for the gate.
struct Far {
    scheme: &'static str,
    gate: Arc<Gate>,
}

struct Gate {
    open: Mutex<bool>,
    changed: Condvar,
}

impl Gate {
    fn new(open: bool) -> Arc<Self> {
        Arc::new(Gate {
            open: Mutex::new(open),
            changed: Condvar::new(),
        })
    }

    fn set(&self, open: bool) {
        *self.open.lock().unwrap() = open;
        self.changed.notify_all();
    }

    fn pass(&self) {
        let open = self.open.lock().unwrap();
        drop(self.changed.wait_while(open, |open| !*open).unwrap());
    }
}

struct FarFile(Arc<dyn InputFile>, Arc<Gate>);

impl InputFile for FarFile {
    fn length(&self) -> u64 {
        self.0.length()
    }

    fn read_range(&self, offset: u64, length: usize) -> Result<Bytes> {
        self.1.pass();
        self.0.read_range(offset, length)
    }
}

impl Far {
    fn near(location: &Location) -> Location {
        Location::local(location.path())
    }

    fn far(&self, mut status: FileStatus) -> FileStatus {
        let path = status.location.path();
        status.location = format!("{}://host{path}", self.scheme).parse().unwrap();
        status
    }
}

impl FileSystem for Far {
    fn open(&self, location: &Location) -> Result<Arc<dyn InputFile>> {
        assert!(
            !location.name().starts_with("panic"),
            "asked for by the test"
        );
        let file = LocalFileSystem.open(&Far::near(location))?;
        Ok(Arc::new(FarFile(file, Arc::clone(&self.gate))))
    }

    fn status(&self, location: &Location) -> Result<FileStatus> {
        let status = LocalFileSystem.status(&Far::near(location))?;
        Ok(self.far(status))
    }

    fn list(&self, location: &Location) -> Result<Vec<FileStatus>> {
        let children = LocalFileSystem.list(&Far::near(location))?;
        Ok(children.into_iter().map(|child| self.far(child)).collect())
    }

    fn create(&self, _: &Location, _: CreateMode) -> Result<Box<dyn OutputFile>> {
        unreachable!()
    }

    fn create_directory(&self, _: &Location) -> Result<()> {
        unreachable!()
    }

    fn rename(&self, _: &Location, _: &Location) -> Result<()> {
        unreachable!()
    }

    fn delete(&self, _: &Location, _: bool) -> Result<bool> {
        unreachable!()
    }

    fn set_permissions(&self, _: &Location, _: u32) -> Result<()> {
        unreachable!()
    }
}

fn source(scheme: &'static str, gate: &Arc<Gate>, path: &Path) -> FileSource {
    let gate = Arc::clone(gate);
    register(scheme, Arc::new(Far { scheme, gate }));
    let path = format!("{scheme}://host{}", path.display());
    let options = [
        ("path", path.as_str()),
        ("format", "csv"),
        ("csv.disable-quote-character", "true"),
        ("source.split-size", "1mb"),
    ];
    let schema = RowType::new(vec![
        Field::new("n", TypeKind::Integer.nullable()),
        Field::new("s", TypeKind::string().nullable()),
    ]);
    let spec = table("filesystem", &options, schema);
    FileSource::new(FileTable::read(&spec).unwrap(), &[0, 1], &[])
}

/// Counts the calls of the waker.
#[derive(Default)]
struct Woken(Mutex<usize>, Condvar);

impl Woken {
    fn call(&self) {
        *self.0.lock().unwrap() += 1;
        self.1.notify_all();
    }

    /// Waits until somebody has called since it was last waited for.
    fn wait(&self) {
        let calls = self.0.lock().unwrap();
        let patience = Duration::from_secs(60);
        let waited = self
            .1
            .wait_timeout_while(calls, patience, |calls| *calls == 0);
        let (mut calls, outcome) = waited.unwrap();
        assert!(!outcome.timed_out(), "nobody was woken");
        *calls = 0;
    }
}

fn reader(source: &FileSource, woken: &Arc<Woken>) -> Box<dyn SourceReader> {
    let woken = Arc::clone(woken);
    source
        .create_reader(SourceReaderContext {
            operator: context(1, 0, 1),
            waker: Arc::new(move || woken.call()),
            batch_size: 1,
        })
        .unwrap()
}

/// A reader with the first split of a source.
fn begun(source: &FileSource, woken: &Arc<Woken>) -> Box<dyn SourceReader> {
    let mut reader = reader(source, woken);
    let NextSplit::Split(split) = source
        .create_enumerator(1, None)
        .unwrap()
        .next_split(0)
        .unwrap()
    else {
        panic!("a file is a split");
    };
    reader.add_split(split).unwrap();
    reader
}

fn next(reader: &mut dyn SourceReader, woken: &Woken) -> Option<Vec<String>> {
    loop {
        match reader.poll_next().unwrap() {
            SourcePoll::Batch(batch) => return Some(rows(batch.rows())),
            SourcePoll::NeedSplit => return None,
            SourcePoll::Pending(_) => woken.wait(),
        }
    }
}

#[test]
fn a_reader_does_not_wait_for_the_network() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.csv");
    std::fs::write(&path, "1,a\n2,b\n3,c\n").unwrap();
    let gate = Gate::new(true);
    let source = source("farwaiting", &gate, &path);
    let woken = Arc::default();
    gate.set(false);
    let mut live = begun(&source, &woken);
    let whole = live.snapshot().unwrap();
    // Nothing comes, and a barrier could pass.
    assert!(matches!(
        live.poll_next().unwrap(),
        SourcePoll::Pending(None)
    ));
    assert_eq!(live.snapshot().unwrap(), whole);
    gate.set(true);
    assert_eq!(next(live.as_mut(), &woken).unwrap(), ["1|a"]);
    // What is fetched and not yet given out is still to be read.
    let mut restored = reader(&source, &woken);
    for split in live.snapshot().unwrap() {
        restored.add_split(split).unwrap();
    }
    for reader in [live.as_mut(), restored.as_mut()] {
        assert_eq!(next(reader, &woken).unwrap(), ["2|b"]);
        assert_eq!(next(reader, &woken).unwrap(), ["3|c"]);
        assert_eq!(next(reader, &woken), None);
    }
}

#[test]
fn it_reads_the_same_rows_and_restarts_anywhere() {
    let folder = tempfile::tempdir().unwrap();
    let data: Vec<_> = (0..40).map(|n| format!("{n},text {n}\n")).collect();
    let data = data.concat();
    std::fs::write(folder.path().join("a.csv"), &data).unwrap();
    let zstd = std::fs::File::create(folder.path().join("b.csv.zst")).unwrap();
    zstd::stream::copy_encode(data.as_bytes(), zstd, 1).unwrap();
    let source = source("farreading", &Gate::new(true), folder.path());
    let once = (0..40).map(|n| format!("{n}|text {n}"));
    let expected: Vec<_> = once.clone().chain(once).collect();
    assert_eq!(read_all(&source, 7), expected);
    assert_eq!(read_with_restarts(&source, 7), expected);
}

#[test]
fn what_goes_wrong_is_told_by_the_reader() {
    for (name, content, expected) in [
        (
            "bad.csv",
            "1,a\nx,b\n",
            "bad.csv:2: column `n`: `x` is not an INT",
        ),
        (
            "panic.csv",
            "1,a\n",
            "panic.csv: the thread that reads it has failed",
        ),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        std::fs::write(&path, content).unwrap();
        let source = source("farfailing", &Gate::new(true), &path);
        let woken = Arc::default();
        let mut reader = begun(&source, &woken);
        let error = loop {
            match reader.poll_next() {
                Ok(SourcePoll::Pending(_)) => woken.wait(),
                Ok(SourcePoll::Batch(_)) => {}
                Ok(SourcePoll::NeedSplit) => panic!("{name} was read"),
                Err(error) => break error.message,
            }
        };
        assert!(error.contains(expected), "{error}");
    }
}
