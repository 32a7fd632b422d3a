//! Keyed state, snapshots, the checkpoint format and the checkpoint protocol.
//!
//! From memory to disk and back: operators keep typed columns by slot in a [`KeyedTable`]
//! ([`backend`], [`hashmap`]), whose keys a [`KeyIndex`] maps to slots, one such table for each window in a
//! [`NamespacedTable`] ([`namespaced`]), or several rows under each key in a [`MapState`] ([`map_state`]), and when each has something to do in
//! [`KeyTimers`] ([`key_timers`]); a barrier freezes them, an
//! I/O thread writes it with a [`SnapshotFileWriter`] ([`snapshot_file`]), one file per worker and
//! checkpoint; the handles it gives travel to the coordinator, which decides with the pure functions of
//! [`protocol`] when a checkpoint is complete and publishes its [`metadata`]. On restore
//! [`redistribute`] deals the handles out to the tasks of the new run, and each operator reads its key
//! groups through a [`RestoredState`].

pub mod backend;
pub mod channel_state;
pub mod encryption;
pub mod error;
pub mod handle;
pub mod hashmap;
pub mod key_index;
pub mod key_timers;
pub mod local_backup;
pub mod map_state;
pub mod metadata;
pub mod namespaced;
mod packed_rows;
pub mod paths;
pub mod protocol;
pub mod redistribute;
pub mod restored;
pub mod rocksdb;
pub mod row_codec;
pub mod snapshot_file;
pub mod table;

pub use backend::{KeyedTable, SlotColumns};
pub use error::StateError;
pub use hashmap::{FrozenTable, HashMapTable};
pub use key_index::KeyIndex;
pub use key_timers::KeyTimers;
pub use local_backup::LocalBackup;
pub use map_state::{MapState, MapStateSpec};
pub use metadata::CheckpointMetadata;
pub use namespaced::NamespacedTable;
pub use restored::RestoredState;
pub use row_codec::{RowBuffer, RowCodec, SortColumn};
pub use snapshot_file::SnapshotFileWriter;
pub use table::Table;
