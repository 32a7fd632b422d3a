//! State at rest, encrypted.
//!
//! Every checkpoint has a data key of its own ([`DataKey`]), made by the AM and given to the workers with the
//! trigger, over their mutually authenticated connection. Files are encrypted with keys derived from it
//! ([`stream`], AES-256-GCM in chunks). What is stored beside the state is the data key *wrapped* by a key from
//! a file that only the AM reads ([`KeyRing`]): whoever has the storage but not that file has nothing.
//!
//! A key file has one key a line, `id hex` with 64 hexadecimal digits; empty lines and lines that begin with `#`
//! are skipped. The first key wraps, all of them unwrap. So a key is changed by putting a new one on top and
//! removing the old one when no checkpoint or savepoint needs it any more.

mod file_system;
pub(crate) mod keys;
pub(crate) mod sealed;
pub mod stream;

pub use file_system::EncryptedFileSystem;
pub use keys::{CheckpointKey, DataKey, DataKeys, KeyRing, WrappedKey};
