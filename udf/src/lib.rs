//! Functions of users in WebAssembly.
//!
//! A module is compiled once a process and runs in instances of its own memory: one for each call at a time, kept
//! for the next. It has no imports, so it can reach nothing: no files, no network, no clock, no other process's memory.
//! What it may use of the machine is limited ([`Limits`]): memory by the size it may grow to, work by fuel counted
//! by row, time by a deadline for each batch. Whatever goes wrong inside (a trap, a limit, an answer that is no column)
//! is an error with the function's name, never a crash of the worker.
//!
//! Columns go in and out as Arrow lays them out ([`abi`]); `docs/udf.md` describes the interface for those who write
//! modules. [`declaration`] reads what a module says of its functions, [`scalar`] and [`aggregate`] call them.
//!
//! # Invariants
//! * A module with an import is refused.
//! * Nothing that a module answers is believed: pointers, lengths, offsets, text and NULLs are checked.
//! * Equal arguments give equal results: NaNs are canonical and there is nothing else to see.

pub mod abi;
mod aggregate;
mod code;
mod declaration;
mod error;
mod instance;
mod limits;
mod registry;
mod scalar;

pub use code::Code;
pub use declaration::{Declaration, declarations};
pub use error::UdfError;
pub use limits::Limits;
pub use registry::{digest, functions_of, install, register, registered_in};

#[cfg(test)]
mod tests;
