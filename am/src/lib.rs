//! The JobManager: runs a job from its graph to its end.
//!
//! - [`job_master`] decides what happens next (a pure state machine and the loop around it).
//! - [`checkpoint`] decides when a checkpoint is taken, complete, committed; does its I/O on a thread.
//! - [`source_coordinator`] hands out the work of the sources.
//! - [`restart_strategy`] decides what follows a failure.
//! - [`deployment`] starts workers: in this process or as child processes.
//! - [`job_directory`] knows the jobs of the process.
//! - [`rest`] shows and commands the job over HTTP; [`registry`] lets the command line of this machine find it.
//! - [`yarn`] makes all of it an ApplicationMaster, with workers in containers.
//!
//! Invariants: one thread owns a job's state, and all others send it events; no decision waits for I/O;
//! only what a published checkpoint holds is committed.

pub mod checkpoint;
pub mod deployment;
pub mod endpoint;
pub mod event;
pub mod failure;
pub mod job_directory;
pub mod job_master;
pub mod job_status;
pub mod random;
pub mod registry;
pub mod rest;
pub mod restart_strategy;
pub mod source_coordinator;
#[cfg(test)]
mod testing;
pub mod yarn;
