//! A file system that is set up by the first call that needs it.

use std::sync::{Arc, Mutex, PoisonError};

use crate::Result;
use crate::file_system::{CreateMode, FileStatus, FileSystem, InputFile, OutputFile};
use crate::location::Location;

type Open = dyn Fn(&Location) -> Result<Arc<dyn FileSystem>> + Send + Sync;

/// Stands for a file system that costs something to set up: threads, a login. A set-up that fails is tried again by the
/// next call; callers meanwhile wait for it, so that it is made once.
pub struct LazyFileSystem {
    open: Box<Open>,
    inner: Mutex<Option<Arc<dyn FileSystem>>>,
}

impl LazyFileSystem {
    /// A file system that `open` sets up, for the location that is asked for first.
    pub fn new(
        open: impl Fn(&Location) -> Result<Arc<dyn FileSystem>> + Send + Sync + 'static,
    ) -> Self {
        LazyFileSystem {
            open: Box::new(open),
            inner: Mutex::new(None),
        }
    }

    fn inner(&self, location: &Location) -> Result<Arc<dyn FileSystem>> {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(inner) = &*inner {
            return Ok(Arc::clone(inner));
        }
        let opened = (self.open)(location)?;
        *inner = Some(Arc::clone(&opened));
        Ok(opened)
    }
}

impl FileSystem for LazyFileSystem {
    fn create(&self, location: &Location, mode: CreateMode) -> Result<Box<dyn OutputFile>> {
        self.inner(location)?.create(location, mode)
    }

    fn open(&self, location: &Location) -> Result<Arc<dyn InputFile>> {
        self.inner(location)?.open(location)
    }

    fn status(&self, location: &Location) -> Result<FileStatus> {
        self.inner(location)?.status(location)
    }

    fn list(&self, location: &Location) -> Result<Vec<FileStatus>> {
        self.inner(location)?.list(location)
    }

    fn create_directory(&self, location: &Location) -> Result<()> {
        self.inner(location)?.create_directory(location)
    }

    fn rename(&self, from: &Location, to: &Location) -> Result<()> {
        self.inner(from)?.rename(from, to)
    }

    fn delete(&self, location: &Location, recursive: bool) -> Result<bool> {
        self.inner(location)?.delete(location, recursive)
    }

    fn set_permissions(&self, location: &Location, mode: u32) -> Result<()> {
        self.inner(location)?.set_permissions(location, mode)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;
    use crate::error::StorageError;
    use crate::local::LocalFileSystem;

    #[test]
    fn is_set_up_once_and_again_after_a_failure() {
        static CALLS: AtomicUsize = AtomicUsize::new(0);
        let lazy = LazyFileSystem::new(|location| match CALLS.fetch_add(1, Ordering::SeqCst) {
            0 => Err(StorageError::NoAccess {
                location: location.clone(),
                detail: "not yet".to_owned(),
                transient: true,
            }),
            _ => Ok(Arc::new(LocalFileSystem)),
        });
        assert_eq!(CALLS.load(Ordering::SeqCst), 0);
        let folder = tempfile::tempdir().unwrap();
        let place = Location::local(folder.path()).join("x");
        let error = lazy.write(&place, b"1", CreateMode::New).unwrap_err();
        assert!(error.is_transient() && error.to_string().contains("not yet"));
        lazy.write(&place, b"1", CreateMode::New).unwrap();
        assert_eq!(&lazy.read(&place).unwrap()[..], b"1");
        assert_eq!(CALLS.load(Ordering::SeqCst), 2);
    }
}
