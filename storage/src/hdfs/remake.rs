//! Files whose first block finds no DataNodes.
//!
//! The NameNode takes a DataNode for alive until it has been silent for ten minutes, and names it for new blocks. Java's client sees
//! which one is dead and asks for another; the library fails, or takes the wrong one for dead and then fails. So what was written of a
//! young file is kept, and if a step fails the file is made anew: the NameNode then names other DataNodes, by chance. After some
//! attempts with fewer replicas, which makes the dead one less likely to be among them; the NameNode makes the missing ones when the
//! file is complete.
//!
//! A file is young until its data was acknowledged: by a sync, or because more was written than can be under way. A dead DataNode
//! at a later block of a large file still fails the write.

use super::guard::Guard;
use crate::location::Location;
use bytes::Bytes;
use hdfs_native::file::FileWriter;
use hdfs_native::{Client, HdfsError, WriteOptions};
use std::time::Duration;
use tokio::sync::OnceCell;

/// How often a file is made anew.
pub(super) const REMAKES: u32 = 16;
/// Attempts with all replicas, and with one less.
const WHOLE: u32 = 4;
const LESS: u32 = 10;
const PAUSE: Duration = Duration::from_millis(200);
/// More bytes than the library has under way unacknowledged (200 packets of 64 KB).
const UNDER_WAY: usize = 16 << 20;

/// What was written of a young file.
#[derive(Default)]
pub(super) struct Young {
    pub(super) pieces: Vec<Bytes>,
    bytes: usize,
}

impl Young {
    /// Keeps a piece; false when the file is not young any more.
    pub(super) fn keep(&mut self, piece: &Bytes) -> bool {
        self.bytes += piece.len();
        self.pieces.push(piece.clone());
        self.bytes <= UNDER_WAY
    }
}

/// What it takes to make a file anew.
pub(super) struct Remake {
    guard: Guard,
    pub(super) location: Location,
    /// It must not take the place of somebody else's file.
    exclusive: bool,
    /// Replicas that the file should have, and when it was made, by the NameNode's clock.
    first: OnceCell<(u32, u64)>,
    made: Option<u64>,
}

impl Remake {
    pub(super) fn new(guard: &Guard, location: &Location, exclusive: bool) -> Self {
        Self {
            guard: guard.clone(),
            location: location.clone(),
            exclusive,
            first: OnceCell::new(),
            made: None,
        }
    }

    fn client(&self) -> Result<Client, HdfsError> {
        self.guard.client_here(self.location.authority())
    }

    async fn look(&self) -> Result<(u32, u64), HdfsError> {
        let status = self.client()?.get_file_info(self.location.path()).await?;
        Ok((status.replication.unwrap_or(1), status.modification_time))
    }

    /// Notes how an exclusive file looks when it has just been made, to know it again.
    pub(super) async fn remember(&self) {
        if self.exclusive
            && let Ok(now) = self.look().await
        {
            // It was empty until now.
            let _ = self.first.set(now);
        }
    }

    /// Fewer replicas than the file should have, in later attempts.
    pub(super) fn replication(&self, attempt: u32) -> Option<u32> {
        let (whole, _) = *self.first.get()?;
        lowered(whole, attempt)
    }

    /// The file anew, if what is there is still what we made: else somebody has taken its place, and it is theirs.
    pub(super) async fn make(&mut self, attempt: u32) -> Result<FileWriter, HdfsError> {
        tokio::time::sleep(PAUSE).await;
        let now = self.look().await?;
        if !self.exclusive {
            let _ = self.first.set(now);
        }
        let known = self.made.or(self.first.get().map(|(_, made)| *made));
        if self.exclusive && known != Some(now.1) {
            let words = "the file was replaced by somebody else while it was written".to_owned();
            return Err(HdfsError::OperationFailed(words));
        }
        let mut options = WriteOptions::default().overwrite(true);
        if let Some(fewer) = self.replication(attempt) {
            options = options.replication(fewer);
        }
        let writer = self.client()?.create(self.location.path(), options).await?;
        self.made = Some(self.look().await?.1);
        Ok(writer)
    }

    /// Gives the complete file the replicas that it should have. That they are missing is no failure of the write.
    pub(super) async fn raise(&self) {
        let Some((whole, _)) = self.first.get() else {
            return;
        };
        let raised = match self.client() {
            Ok(client) => client
                .set_replication(self.location.path(), *whole)
                .await
                .map(drop),
            Err(error) => Err(error),
        };
        if let Err(error) = raised {
            tracing::warn!(location = %self.location, %error, "the file has fewer replicas than it should");
        }
    }
}

fn lowered(whole: u32, attempt: u32) -> Option<u32> {
    let fewer = match attempt {
        0..=WHOLE => return None,
        _ if attempt <= LESS => whole.saturating_sub(1).max(1),
        _ => 1,
    };
    (fewer < whole).then_some(fewer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replicas_go_down_late_and_never_to_none() {
        let of = |whole| {
            (0..=REMAKES)
                .map(|n| lowered(whole, n).unwrap_or(whole))
                .collect::<Vec<_>>()
        };
        assert_eq!(of(3), [3, 3, 3, 3, 3, 2, 2, 2, 2, 2, 2, 1, 1, 1, 1, 1, 1]);
        assert!(of(1).iter().all(|n| *n == 1));
    }

    #[test]
    fn a_file_ages_with_its_bytes() {
        let mut young = Young::default();
        let piece = Bytes::from(vec![0; 1 << 20]);
        assert_eq!((0..20).filter(|_| young.keep(&piece)).count(), 16);
    }
}
